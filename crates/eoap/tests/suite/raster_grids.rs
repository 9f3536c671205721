//! Pixels brought onto other grids, cut out by areas, and as quantities, against what rasterio reads:
//! `data/grids.py` says how.

use std::path::PathBuf;

use eoap::{
    Affine, Crs, Raster, Resampling, Sample, Window,
    ndarray::Array3,
    raster::{PixelGrid, Polygons},
};
use proptest::prelude::*;
use serde_json::Value;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/grids")
}

async fn open(name: &str) -> Raster {
    Raster::open_file(folder().join(name)).await.expect(name)
}

/// The reads of a kind, each with the bytes of what rasterio has.
fn reads(kind: &str) -> Vec<(Value, Vec<u8>)> {
    let text = std::fs::read_to_string(folder().join("grids.json")).expect("reads");
    let bytes = std::fs::read(folder().join("grids.bin")).expect("values");
    let part = |entry: Value| {
        let at = entry["at"].as_u64().expect("place") as usize;
        let length = entry["length"].as_u64().expect("length") as usize;
        (entry, bytes[at..at + length].to_vec())
    };
    let entries = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("an entry"));
    entries.filter(|entry| entry["kind"] == kind).map(part).collect()
}

fn affine(value: &Value) -> Affine {
    let [a, b, c, d, e, f] = serde_json::from_value(value.clone()).expect("six numbers");
    Affine { a, b, c, d, e, f }
}

fn resampling(name: &Value) -> Resampling {
    match name.as_str() {
        Some("nearest") => Resampling::Nearest,
        Some("bilinear") => Resampling::Bilinear,
        Some("cubic") => Resampling::Cubic,
        Some("cubic_spline") => Resampling::CubicSpline,
        Some("lanczos") => Resampling::Lanczos,
        other => panic!("{other:?}"),
    }
}

fn floats<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    bytes.as_chunks::<N>().0.iter().map(|bytes| value(*bytes)).collect()
}

/// What rasterio has, as floats.
fn expected(entry: &Value, bytes: &[u8]) -> Vec<f64> {
    match entry["file"].as_str() {
        _ if entry["kind"] == "quantities" => floats(bytes, f64::from_le_bytes),
        Some("whole.tif") => floats(bytes, |bytes| i16::from_le_bytes(bytes).into()),
        _ => floats(bytes, |bytes| f32::from_le_bytes(bytes).into()),
    }
}

async fn values(read: eoap::Read<f64>) -> (Vec<usize>, Vec<f64>) {
    let array = read.await.expect("values");
    (array.shape().to_vec(), array.into_iter().collect())
}

/// How the values differ from rasterio's: the largest difference, and the share of pixels that are "no data"
/// in one and not in the other.
fn differences(ours: &[f64], theirs: &[f64], nodata: f64) -> (f64, f64) {
    assert_eq!(ours.len(), theirs.len());
    let (mut largest, mut gaps) = (0.0_f64, 0);
    for (a, b) in ours.iter().zip(theirs) {
        match (*a == nodata) == (*b == nodata) {
            true => largest = largest.max((a - b).abs()),
            false => gaps += 1,
        }
    }
    (largest, f64::from(gaps) / ours.len() as f64)
}

/// A place is right to a hundredth of a pixel, and the values change by up to 150 (of 1600) from one pixel to
/// the next. Where the grid's pixels are larger, by how much GDAL widens its kernels depends on the parts
/// that it computes in: 2 % of how much the values differ.
#[tokio::test]
async fn grids_in_any_reference_system_are_as_rasterio_reads_them() {
    let (mut count, mut wrong) = (0, 0);
    let mut report = Vec::new();
    for (entry, bytes) in reads("grid") {
        let raster = open(entry["file"].as_str().expect("file")).await;
        let [width, height]: [u32; 2] = serde_json::from_value(entry["size"].clone()).expect("size");
        let crs: Crs = entry["crs"].as_str().expect("system").parse().expect("EPSG");
        let grid = PixelGrid::new(crs, affine(&entry["transform"]), width, height);
        // Types as they are, because those of whole numbers are rounded.
        let is_whole = entry["file"] == "whole.tif";
        let how = resampling(&entry["resampling"]);
        let ours: Vec<f64> = match is_whole {
            true => on_grid::<i16>(&raster, &grid, how).await.iter().map(|value| f64::from(*value)).collect(),
            false => on_grid::<f32>(&raster, &grid, how).await.iter().map(|value| f64::from(*value)).collect(),
        };
        let theirs = expected(&entry, &bytes);
        let nodata = if is_whole { -9999.0 } else { 0.0 };
        let (largest, gaps) = differences(&ours, &theirs, nodata);
        let same = ours.iter().zip(&theirs).filter(|(a, b)| a == b).count() as f64 / ours.len() as f64;
        report.push(format!("{} in {} {:?}: {largest} {gaps:.4} {same:.3}", entry["file"], entry["crs"], how));
        let most = match (how, is_whole) {
            (Resampling::Nearest, true) => 200.0,
            (Resampling::Nearest, false) => 2.0,
            (_, true) => 32.0,
            (_, false) => 0.15,
        };
        wrong += usize::from(largest > most || gaps > 0.003 || (how == Resampling::Nearest && same < 0.97));
        count += 1;
    }
    println!("{}", report.join("\n"));
    assert_eq!(wrong, 0);
    assert_eq!(count, 25);
}

async fn on_grid<T: Sample>(raster: &Raster, grid: &PixelGrid, how: Resampling) -> Array3<T> {
    raster.read::<T>().on_grid(grid.clone()).resampling(how).await.expect("values")
}

#[tokio::test]
async fn areas_are_cut_out_as_rasterio_cuts_them() {
    let reads = reads("inside");
    assert_eq!(reads.len(), 8);
    for (entry, bytes) in reads {
        let raster = open(entry["file"].as_str().expect("file")).await;
        let geometry = serde_json::from_value(entry["geometry"].clone()).expect("geometry");
        let area = Polygons::of_geometry(&geometry).expect("area");
        let area = if entry["touched"] == true { area.all_touched() } else { area };
        let read = raster.read::<f64>().inside(area.clone());
        let (found, theirs) = (read.resolved_transform().expect("transform"), affine(&entry["transform"]));
        assert!((found.c - theirs.c).abs() < 1e-6 && (found.f - theirs.f).abs() < 1e-6, "{found} {theirs}");
        let (shape, ours) = values(read).await;
        assert_eq!(serde_json::json!(shape), entry["shape"]);
        let theirs = expected(&entry, &bytes);
        let other: Vec<_> = (0..ours.len()).filter(|at| ours[*at] != theirs[*at]).collect();
        assert!(other.is_empty(), "{entry}: pixels {other:?} of {shape:?} differ");
        let inside = raster.read_mask().inside(area).await.expect("mask");
        assert!(inside.iter().any(|inside| *inside) && inside.iter().any(|inside| !inside));
    }
}

#[tokio::test]
async fn quantities_are_scaled_and_gaps_are_not_numbers() {
    for (entry, bytes) in reads("quantities") {
        let raster = open(entry["file"].as_str().expect("file")).await;
        let (_, ours) = values(raster.read::<f64>().quantities()).await;
        let theirs = expected(&entry, &bytes);
        assert!(ours.iter().zip(&theirs).all(|(a, b)| a == b || (a.is_nan() && b.is_nan())));
        assert_eq!(entry["file"] == "whole.tif", ours.iter().any(|value| value.is_nan()));
    }
    let raster = open("whole.tif").await;
    let area = Polygons::rectangle(raster.bounds_wgs84().expect("bounds"), Crs::wgs84());
    let inside = raster.read::<f64>().band(1).inside(area).quantities().await.expect("values");
    assert!((inside[[1, 30]] - (raster.read::<f64>().band(1).await.expect("values")[[1, 30]] * 0.001 - 0.2)).abs() < 1e-12);
}

#[tokio::test]
async fn one_raster_comes_onto_the_grid_of_another() {
    let raster = open("whole.tif").await;
    let own = PixelGrid::of(&raster).expect("grid");
    for how in [Resampling::Nearest, Resampling::Bilinear, Resampling::Cubic] {
        assert_eq!(on_grid::<i16>(&raster, &own, how).await, raster.read::<i16>().await.expect("pixels"), "{how:?}");
    }
    let valid = raster.read_mask().on_grid(own).await.expect("mask");
    assert_eq!(valid, raster.read_mask().await.expect("mask"));
    let far = PixelGrid::of_bounds(eoap::Bounds::new(100.0, 10.0, 101.0, 11.0), Crs::wgs84(), 0.1);
    assert!(on_grid::<i16>(&raster, &far, Resampling::Bilinear).await.iter().all(|value| *value == -9999));
    let error = raster.read::<i16>().on_grid(far).resampling(Resampling::Average).await.expect_err("no averages").to_string();
    assert!(error.contains("averages are not computed on a grid"), "{error}");
    let nowhere =
        Raster::open_bytes(std::fs::read(folder().join("../no-georeference.tif")).expect("file")).await.expect("raster");
    let area = Polygons::ring([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)], Crs::wgs84());
    let error = nowhere.read::<u8>().inside(area).await.expect_err("no place").to_string();
    assert!(error.contains("no reference system"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A grid that is a window of the raster gives the window's pixels, by every kernel that meets pixels in
    /// their middles.
    #[test]
    fn windows_are_grids(column in 0_u32..24, row in 0_u32..22, width in 1_u32..20, height in 1_u32..10) {
        eoap::blocking::run(async {
            let raster = open("float.tif").await;
            let window = Window::new(column, row, width, height);
            let transform = raster.transform().part((column.into(), row.into()), (1.0, 1.0));
            let grid = PixelGrid::new(raster.crs().expect("system"), transform, width, height);
            let plain = raster.read::<f32>().window(window).await.expect("window");
            for how in [Resampling::Nearest, Resampling::Bilinear, Resampling::Cubic] {
                let found = on_grid::<f32>(&raster, &grid, how).await;
                assert!(found.iter().zip(&plain).all(|(a, b)| (a - b).abs() < 1e-4), "{how:?}");
            }
        });
    }
}
