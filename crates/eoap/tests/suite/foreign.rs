//! Files as others write them: reference systems of all kinds, odd georeferences, spellings of "no data", and
//! what is broken or hostile.
//!
//! `expected.json` has rasterio 1.4's result with GDAL 3.10 for each file. Differences are in a table, with
//! reasons. An entry of the table that does not differ any more is an error, too.

use std::{collections::BTreeMap, fmt::Debug, path::PathBuf};

use eoap::{DataType, Raster, Sample};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

const EDITION: &str = "the registry's edition is an older one";
const GRIDS: &str = "no grids and other shifts of old datums: PROJ's places are up to 20 m away";
const UNKNOWN: &str = "its projection or its code is not known here: a refusal";
const HEIGHTS: &str = "heights are left out; places are the same";
const FAR: &str = "places that are on no map: GDAL says infinity or passes degrees on, here they are refused";

const REPAIR: &str = "GDAL mends wrong lengths of strips; here they are refused";
const CODE: &str = "GDAL looks for a code that the definition may be of, and leaves out one that it does not know";
const MERIDIAN: &str = "codes and last digits of meridians";
const ESRI: &str = "the file's own words, not yet in GDAL's";
const BESIDE: &str = "what is only in `.aux.xml` beside the file, or in GDAL's own tags";

/// File, member, and why it is not as GDAL has it.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("3411.tif", "wkt", EDITION),
    ("3976.tif", "wkt", EDITION),
    ("4979.tif", "epsg", HEIGHTS),
    ("4979.tif", "wkt", HEIGHTS),
    ("bng-27700.tif", "wkt", EDITION),
    ("bytecount-long.tif", "pixels", REPAIR),
    ("bytecount-short.tif", "pixels", REPAIR),
    ("cassini-soldner.tif", "place", GRIDS),
    ("cea.tif", "epsg", CODE),
    ("crs-citation-only.tif", "wkt", "GDAL leaves a mark of the file's in the name"),
    ("crs-deprecated-3785.tif", "epsg", EDITION),
    ("crs-deprecated-3785.tif", "wkt", EDITION),
    ("crs-esri-54009.tif", "wkt", "no code of the registry: the words ESRI:54009 are kept, and nothing is made of them"),
    ("crs-gcs-4267.tif", "place", FAR),
    ("crs-gcs-4267.tif", "wkt", MERIDIAN),
    ("crs-gcs-grad.tif", "place", FAR),
    ("crs-gcs-grad.tif", "wkt", MERIDIAN),
    ("crs-geocentric-4978.tif", "wkt", MERIDIAN),
    ("crs-geographic3d-4979.tif", "wkt", EDITION),
    ("crs-method-07-merc.tif", "place", FAR),
    ("crs-method-25-vandg.tif", "place", UNKNOWN),
    ("crs-method-26-nzmg.tif", "place", UNKNOWN),
    ("crs-polyconic-22.tif", "place", GRIDS),
    ("crs-proj-esri-code-102001.tif", "epsg", CODE),
    ("crs-proj-esri-code-102001.tif", "wkt", UNKNOWN),
    ("crs-unknown-code.tif", "epsg", CODE),
    ("crs-unknown-code.tif", "wkt", UNKNOWN),
    (
        "deflate-bomb-small-strip.tif",
        "pixels",
        "its strip holds a thousand times what it takes: the first of it counts here, other parts in GDAL",
    ),
    ("ease2n-6931.tif", "wkt", EDITION),
    ("eckert4.tif", "place", UNKNOWN),
    ("eckert4.tif", "wkt", ESRI),
    ("ed50-23032.tif", "place", GRIDS),
    ("egm2008-9518.tif", "epsg", HEIGHTS),
    ("egm2008-9518.tif", "wkt", HEIGHTS),
    ("equalearth-8857.tif", "wkt", UNKNOWN),
    ("float24.tif", "open", "floats of 24 bits are refused"),
    ("geo-nan-scale-area.tif", "place", FAR),
    ("geo-nan-scale-point.tif", "place", FAR),
    ("hawaii-albers-esri102007.tif", "place", GRIDS),
    ("huge-sparse-2e31.tif", "open", "strips of 4 GB are refused"),
    ("int4-signed.tif", "open", "signed numbers of 4 bits are refused"),
    ("krovak-5514.tif", "place", GRIDS),
    ("krovak-5514.tif", "wkt", EDITION),
    ("laborde.tif", "place", GRIDS),
    ("laborde.tif", "wkt", MERIDIAN),
    ("nad27-26711.tif", "place", GRIDS),
    ("ps-nsidc-3412.tif", "wkt", EDITION),
    ("pulkovo-28405.tif", "place", GRIDS),
    ("rgf93v2b-9794.tif", "place", UNKNOWN),
    ("rgf93v2b-9794.tif", "wkt", UNKNOWN),
    ("rhealpix.tif", "place", BESIDE),
    ("rhealpix.tif", "wkt", BESIDE),
    ("rotpole.tif", "place", BESIDE),
    ("rotpole.tif", "wkt", BESIDE),
    ("utm+navd88.tif", "epsg", HEIGHTS),
    ("utm+navd88.tif", "wkt", HEIGHTS),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/foreign")
}

#[tokio::test]
async fn files_of_others_are_read_as_gdal_reads_them() {
    let expected = std::fs::read_to_string(folder().join("expected.json")).expect("expectations");
    let expected: Map<String, Value> = serde_json::from_str(&expected).expect("JSON");
    let mut found = BTreeMap::new();
    for (name, expected) in &expected {
        for (member, difference) in differences(name, expected).await {
            found.insert((name.as_str(), member), difference);
        }
    }
    let known: Vec<_> = DIFFERENCES.iter().map(|(name, member, _)| (*name, *member)).collect();
    let new: Vec<String> = found
        .iter()
        .filter(|(place, _)| !known.contains(place))
        .map(|((name, member), difference)| format!("{name} {member}: {difference}"))
        .collect();
    let gone: Vec<_> = known.iter().filter(|place| !found.contains_key(*place)).collect();
    assert!(expected.len() > 250 && new.is_empty() && gone.is_empty(), "{}\nno longer: {gone:?}", new.join("\n"));
}

async fn differences(name: &str, expected: &Value) -> Vec<(&'static str, String)> {
    let raster = match Raster::open_file(folder().join(name)).await {
        Ok(raster) => raster,
        Err(_) if expected.get("error").is_some() => return Vec::new(),
        Err(error) => return vec![("open", error.to_string())],
    };
    let pixels = read(&raster).await;
    if let Some(error) = expected.get("error") {
        return pixels.map_or_else(|_| Vec::new(), |_| vec![("error", format!("it is read, and GDAL says {error}"))]);
    }
    let profile = raster.profile();
    let mut differences = Vec::new();
    let mut compare = |member: &'static str, here: Value, there: &Value| {
        if !same(&here, there) {
            differences.push((member, format!("{here}, and GDAL has {there}")));
        }
    };
    compare(
        "size",
        json!([profile.width, profile.height, profile.count]),
        &json!([expected["width"], expected["height"], expected["count"]]),
    );
    compare("dtype", json!(profile.dtype.to_string()), &expected["dtypes"][0]);
    compare("nodata", json!(profile.nodata.map(eoap::json::python_float)), &expected["nodata"]);
    let affine = profile.transform;
    compare("transform", json!([affine.a, affine.b, affine.c, affine.d, affine.e, affine.f]), &expected["transform"]);
    compare("bounds", json!(raster.bounds().to_array()), &expected["bounds"]);
    let crs = raster.crs();
    compare("epsg", json!(crs.as_ref().and_then(|crs| crs.epsg)), &expected["epsg"]);
    compare("wkt", json!(crs.and_then(|crs| crs.wkt)), &expected["wkt"]);
    let place = raster.bounds_wgs84().ok().map(|bounds| bounds.to_array());
    compare("place", json!(place), expected.get("bounds_wgs84").unwrap_or(&Value::Null));
    let overviews = raster.overviews().await.expect("overviews").len();
    compare("overviews", json!(overviews), &json!(expected["overviews"].as_array().map_or(0, Vec::len)));
    if let Some(digest) = expected.get("sha256") {
        match pixels {
            Ok(pixels) => compare("pixels", json!(pixels), digest),
            Err(error) => differences.push(("pixels", error.to_string())),
        }
        let mut valid = Vec::new();
        for band in 1..=usize::from(profile.count).min(8) {
            let mask = raster.read_mask().band(band).await;
            valid.push(mask.map_or(Value::Null, |mask| json!(mask.iter().filter(|valid| **valid).count())));
        }
        if !same(&json!(valid), &expected["valid"]) {
            differences.push(("valid", format!("{valid:?}, and GDAL has {}", expected["valid"])));
        }
    }
    differences
}

/// Numbers within what a coordinate means anything.
fn same(here: &Value, there: &Value) -> bool {
    match (here, there) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().expect("number"), b.as_f64().expect("number"));
            (a - b).abs() <= 1e-7_f64.max(b.abs() * 1e-11)
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        _ => here == there,
    }
}

/// The digest of all pixels, as little-endian bytes.
async fn read(raster: &Raster) -> eoap::Result<String> {
    match raster.profile().dtype {
        DataType::UInt8 => digest(raster, u8::to_le_bytes).await,
        DataType::Int8 => digest(raster, i8::to_le_bytes).await,
        DataType::UInt16 => digest(raster, u16::to_le_bytes).await,
        DataType::Int16 => digest(raster, i16::to_le_bytes).await,
        DataType::UInt32 => digest(raster, u32::to_le_bytes).await,
        DataType::Int32 => digest(raster, i32::to_le_bytes).await,
        DataType::UInt64 => digest(raster, u64::to_le_bytes).await,
        DataType::Int64 => digest(raster, i64::to_le_bytes).await,
        DataType::Float32 => digest(raster, f32::to_le_bytes).await,
        DataType::Float64 => digest(raster, f64::to_le_bytes).await,
        other => panic!("{other}"),
    }
}

async fn digest<T: Sample + Debug, const N: usize>(raster: &Raster, bytes: fn(T) -> [u8; N]) -> eoap::Result<String> {
    let mut digest = Sha256::new();
    for value in &raster.read::<T>().await? {
        digest.update(bytes(*value));
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
