//! Compares every pixel and every value of the profile with rasterio, on files that GDAL wrote: the few in
//! `data/corpus`, or those in the folder that `EOAP_CORPUS` names. `just raster-corpus` makes thousands.
//! `corpus/make.py` documents their content.

use std::{collections::BTreeMap, fmt::Debug, path::PathBuf};

use eoap::{DataType, Raster, Resampling, Sample, Window};
use serde_json::Value;

/// Differences beyond this many to a file are only counted.
const SHOWN: usize = 3;

#[derive(serde::Deserialize)]
struct Entry {
    file: String,
    profile: String,
    bounds: Vec<f64>,
    tags: BTreeMap<String, String>,
    descriptions: Vec<Option<String>>,
    overviews: Vec<(u32, u32)>,
    xy: (f64, f64),
    index: (i64, i64),
    footprint: Option<Vec<(f64, f64)>>,
    refused: Option<String>,
    reads: Vec<Value>,
}

#[tokio::test]
async fn everything_is_as_rasterio_reads_it() {
    let folder = std::env::var_os("EOAP_CORPUS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/corpus"), PathBuf::from);
    let manifest = std::fs::read_to_string(folder.join("manifest.jsonl")).expect("a manifest");
    let expected = std::fs::read(folder.join("expected.bin")).expect("expected values");
    let (mut files, mut reads, mut wrong, mut refused) = (0, 0, Vec::new(), 0);
    for line in manifest.lines() {
        let entry: Entry = serde_json::from_str(line).expect("an entry");
        files += 1;
        let raster = match Raster::open_file(folder.join(&entry.file)).await {
            Ok(raster) => raster,
            Err(error) => {
                refused += 1;
                if !entry.refused.as_ref().is_some_and(|reason| error.to_string().contains(reason)) {
                    wrong.push(error.to_string());
                }
                continue;
            }
        };
        let mut differences = compare_header(&raster, &entry).await;
        for read in &entry.reads {
            reads += 1;
            let (at, length) = (read["at"].as_u64().expect("place") as usize, read["length"].as_u64().expect("length") as usize);
            if let Err(difference) = compare_read(&raster, read, &expected[at..at + length]).await {
                differences.push(difference);
            }
        }
        let rest = differences.len().saturating_sub(SHOWN);
        wrong.extend(differences.into_iter().take(SHOWN).map(|difference| format!("{}: {difference}", entry.file)));
        if rest > 0 {
            wrong.push(format!("{}: and {rest} more", entry.file));
        }
    }
    println!(
        "{files} files with {reads} reads compared with rasterio; {refused} refused as they should be; {} differences",
        wrong.len()
    );
    assert!(files >= 20 && reads >= 200, "the corpus is not whole");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Definitions of systems against GDAL's: names change with the editions of the registry, and the one that we
/// have is older.
#[test]
fn systems_are_defined_as_in_gdal() {
    let Some(folder) = std::env::var_os("EOAP_CORPUS").map(PathBuf::from) else { return };
    let text = std::fs::read_to_string(folder.join("systems.txt")).expect("systems");
    let (mut known, mut same, mut all) = (0, 0, 0);
    for line in text.lines() {
        let (code, wkt) = line.split_once(' ').expect("code and definition");
        let ours = eoap::Crs::from_epsg(code.parse().expect("code")).wkt;
        all += 1;
        known += usize::from(ours.is_some());
        same += usize::from(ours.as_deref() == Some(wkt));
    }
    println!("{all} systems of the registry with two axes: {known} are known, {same} of them in GDAL's very words");
    assert!(same >= 4700, "{same}");
}

async fn compare_header(raster: &Raster, entry: &Entry) -> Vec<String> {
    let mut differences = Vec::new();
    let mut check = |what: &str, ours: String, theirs: String| {
        if ours != theirs {
            differences.push(format!("{what} is\n  {ours}\nand rasterio has\n  {theirs}"));
        }
    };
    check("the profile", raster.profile().to_string(), entry.profile.clone());
    check("bounds", format!("{:?}", raster.bounds().to_array()), format!("{:?}", entry.bounds));
    // rasterio multiplies with fused additions, so that the last digit may differ.
    let (ours, theirs) = (raster.transform().xy(7, 11), entry.xy);
    let is_near = |a: f64, b: f64| (a - b).abs() <= b.abs() * 1e-15 + 1e-9;
    check("xy", format!("near: {}", is_near(ours.0, theirs.0) && is_near(ours.1, theirs.1)), "near: true".to_owned());
    check("index", format!("{:?}", raster.transform().index(entry.xy.0, entry.xy.1)), format!("{:?}", Some(entry.index)));
    check("overviews", format!("{:?}", raster.overviews().await.expect("overviews")), format!("{:?}", entry.overviews));
    let mut tags = raster.tags().clone();
    tags.extend(entry.tags.get("AREA_OR_POINT").map(|value| ("AREA_OR_POINT".to_owned(), value.clone())));
    tags.retain(|name, _| !name.starts_with("TIFFTAG_"));
    let mut theirs = entry.tags.clone();
    theirs.retain(|name, _| !name.starts_with("TIFFTAG_"));
    check("tags", format!("{tags:?}"), format!("{theirs:?}"));
    let descriptions: Vec<_> = (1..=entry.descriptions.len()).map(|band| raster.description(band)).collect();
    check(
        "descriptions",
        format!("{descriptions:?}"),
        format!("{:?}", entry.descriptions.iter().map(Option::as_deref).collect::<Vec<_>>()),
    );
    if let Some(footprint) = &entry.footprint {
        match raster.footprint().map(|geometry| serde_json::to_value(geometry).expect("JSON")) {
            Ok(ours) => {
                let ours: Vec<(f64, f64)> = serde_json::from_value(ours["coordinates"][0].clone()).expect("a ring");
                let near = |a: f64, b: f64| (a - b).abs() < 1e-7;
                if !ours.iter().zip(footprint).all(|(a, b)| near(a.0, b.0) && near(a.1, b.1)) {
                    differences.push(format!("footprint is {ours:?} and rasterio has {footprint:?}"));
                }
            }
            Err(error) => differences.push(format!("footprint: {error}")),
        }
    }
    differences
}

async fn compare_read(raster: &Raster, read: &Value, expected: &[u8]) -> Result<(), String> {
    if let Some(band) = read["mask"].as_u64() {
        let mut ask = raster.read_mask().band(band as usize);
        if let Some((rows, columns)) = pair(&read["shape"]) {
            ask = ask.shape(rows, columns);
        }
        let ours: Vec<u8> =
            ask.await.map_err(|error| error.to_string())?.iter().map(|valid| if *valid { 255 } else { 0 }).collect();
        return same(read, &ours, expected);
    }
    if raster.profile().compress.as_deref() == Some("jpeg") {
        return compare_jpeg(raster, read, expected).await;
    }
    match raster.profile().dtype {
        DataType::UInt8 => compare::<u8>(raster, read, expected, |bytes| bytes[0]).await,
        DataType::Int8 => compare::<i8>(raster, read, expected, |bytes| bytes[0] as i8).await,
        DataType::UInt16 => compare(raster, read, expected, |bytes| u16::from_le_bytes(bytes.try_into().expect("2"))).await,
        DataType::Int16 => compare(raster, read, expected, |bytes| i16::from_le_bytes(bytes.try_into().expect("2"))).await,
        DataType::UInt32 => compare(raster, read, expected, |bytes| u32::from_le_bytes(bytes.try_into().expect("4"))).await,
        DataType::Int32 => compare(raster, read, expected, |bytes| i32::from_le_bytes(bytes.try_into().expect("4"))).await,
        DataType::UInt64 => compare(raster, read, expected, |bytes| u64::from_le_bytes(bytes.try_into().expect("8"))).await,
        DataType::Int64 => compare(raster, read, expected, |bytes| i64::from_le_bytes(bytes.try_into().expect("8"))).await,
        DataType::Float32 => compare(raster, read, expected, |bytes| f32::from_le_bytes(bytes.try_into().expect("4"))).await,
        _ => compare(raster, read, expected, |bytes| f64::from_le_bytes(bytes.try_into().expect("8"))).await,
    }
}

/// JPEG allows decoders some difference: 2 in stored values, and in the mean of colours whose chroma has
/// half the size. `zune-jpeg` interpolates chroma, and GDAL's library does not.
async fn compare_jpeg(raster: &Raster, read: &Value, expected: &[u8]) -> Result<(), String> {
    let ours = ask::<u8>(raster, read).await?;
    let differences: Vec<f64> = ours.iter().zip(expected).map(|(a, b)| f64::from(a.abs_diff(*b))).collect();
    let mean = differences.iter().sum::<f64>() / differences.len() as f64;
    let largest = differences.iter().copied().fold(0.0, f64::max);
    let is_near = if raster.profile().photometric.is_some() { mean <= 2.0 } else { largest <= 2.0 };
    if is_near && ours.len() == expected.len() {
        Ok(())
    } else {
        Err(format!("{read}: JPEG differs by up to {largest}, {mean} in the mean"))
    }
}

async fn compare<T: Sample>(raster: &Raster, read: &Value, expected: &[u8], value: impl Fn(&[u8]) -> T) -> Result<(), String> {
    let ours = ask::<T>(raster, read).await?;
    let expected: Vec<T> = expected.chunks_exact(size_of::<T>()).map(value).collect();
    same(read, &ours, &expected)
}

/// Reads what an entry of the manifest says.
async fn ask<T: Sample>(raster: &Raster, read: &Value) -> Result<Vec<T>, String> {
    let mut ask = raster.read::<T>();
    if let Some(bands) = read["bands"].as_array() {
        ask = ask.bands(bands.iter().filter_map(Value::as_u64).map(|band| band as usize));
    }
    if let Some(window) = read["window"].as_array() {
        let number = |index: usize| window[index].as_u64().expect("number") as u32;
        ask = ask.window(Window::new(number(0), number(1), number(2), number(3)));
    }
    if let Some((rows, columns)) = pair(&read["shape"]) {
        ask = ask.shape(rows, columns);
    }
    ask = ask.resampling(match read["resampling"].as_str() {
        None | Some("nearest") => Resampling::Nearest,
        Some("average") => Resampling::Average,
        Some("bilinear") => Resampling::Bilinear,
        Some("cubic") => Resampling::Cubic,
        Some("cubic_spline") => Resampling::CubicSpline,
        Some("lanczos") => Resampling::Lanczos,
        Some(other) => return Err(format!("{other} is not known")),
    });
    Ok(ask.await.map_err(|error| format!("{read}: {error}"))?.into_iter().collect())
}

fn same<T: PartialEq + Debug>(read: &Value, ours: &[T], expected: &[T]) -> Result<(), String> {
    if ours.len() != expected.len() {
        return Err(format!("{read} has {} values instead of {}", ours.len(), expected.len()));
    }
    // Not-a-number is like itself here.
    let different = |(_, (a, b)): &(usize, (&T, &T))| a != b && !(format!("{a:?}") == "NaN" && format!("{b:?}") == "NaN");
    let mut differences = ours.iter().zip(expected).enumerate().filter(different);
    let Some((at, (a, b))) = differences.next() else { return Ok(()) };
    Err(format!("{read}: value {at} is {a:?} instead of {b:?}, and {} more of {}", differences.count(), ours.len()))
}

fn pair(value: &Value) -> Option<(u32, u32)> {
    serde_json::from_value(value.clone()).ok()
}
