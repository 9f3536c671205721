//! Rasters of rarer kinds: fax, WebP, colours of inks and of differences, ground control points, cameras,
//! texts and recorded statistics, against what rasterio says of them (`data/kinds.py`).

use std::{collections::BTreeMap, path::PathBuf};

use eoap::{Crs, Raster, Resampling};
use serde::Deserialize;
use sha2::{Digest, Sha256};

#[derive(Deserialize)]
struct Expected {
    sha256: String,
    compress: Option<String>,
    points: Vec<[f64; 5]>,
    points_crs: Option<u32>,
    tags: BTreeMap<String, String>,
    statistics: [Option<String>; 5],
    seen: Option<Seen>,
}

#[derive(Deserialize)]
struct Seen {
    place: [f64; 3],
    pixel: [f64; 2],
    bias: f64,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/kinds")
}

#[tokio::test]
async fn rarer_kinds_are_read_as_rasterio_reads_them() {
    let text = std::fs::read_to_string(folder().join("kinds.json")).expect("expectations");
    let expected: BTreeMap<String, Expected> = serde_json::from_str(&text).expect("JSON");
    assert_eq!(expected.len(), 17);
    for (name, expected) in expected {
        let raster = Raster::open_file(folder().join(&name)).await.expect(&name);
        let pixels = raster.read::<u8>().await.expect(&name);
        let digest = Sha256::digest(pixels.as_slice().expect("in order"));
        assert_eq!(digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), expected.sha256, "{name}");
        assert_eq!(raster.profile().compress, expected.compress, "{name}");
        let points: Vec<_> =
            raster.ground_control_points().iter().map(|point| [point.row, point.column, point.x, point.y, point.z]).collect();
        assert_eq!(points, expected.points, "{name}");
        if !points.is_empty() {
            assert_eq!(raster.ground_control_crs().and_then(|crs| crs.epsg), expected.points_crs, "{name}");
            assert_eq!(raster.crs(), None, "{name}");
        }
        assert_eq!(raster.tags(), &expected.tags, "{name}");
        let number = |at: usize| expected.statistics[at].as_ref().map(|text| text.parse::<f64>().expect("a number"));
        match raster.recorded_statistics(1).await.expect("statistics") {
            None => assert_eq!(number(0), None, "{name}"),
            Some(found) => {
                assert_eq!((Some(found.minimum), Some(found.maximum)), (number(0), number(1)), "{name}");
                assert_eq!((Some(found.mean), Some(found.standard_deviation)), (number(2), number(3)), "{name}");
                assert_eq!(found.valid_percent, number(4), "{name}");
            }
        }
        match (raster.rational_polynomials(), expected.seen) {
            (None, None) => {}
            (Some(camera), Some(Seen { place: [longitude, latitude, height], pixel, bias })) => {
                let (column, row) = camera.pixel(longitude, latitude, height);
                // GDAL counts from the corner of the first pixel, a camera from its middle.
                assert!(
                    (column + 0.5 - pixel[0]).abs() < 1e-9 && (row + 0.5 - pixel[1]).abs() < 1e-9,
                    "{column} {row} {pixel:?}"
                );
                assert_eq!(camera.error_bias, bias);
            }
            (found, _) => panic!("{name}: {found:?}"),
        }
    }
}

#[tokio::test]
async fn recorded_statistics_beside_a_file_are_looked_for_where_that_is_allowed() {
    let bytes = std::fs::read(folder().join("recorded.tif")).expect("file");
    let alone = Raster::open_bytes(bytes).await.expect("raster");
    assert_eq!(alone.recorded_statistics(1).await.expect("nothing"), None);
    assert_eq!(alone.with_side_files().recorded_statistics(1).await.expect("nothing"), None);
    let raster = Raster::open_file(folder().join("recorded.tif")).await.expect("raster");
    let (recorded, computed) =
        (raster.recorded_statistics(1).await.expect("recorded"), raster.statistics(0).await.expect("computed"));
    let recorded = recorded.expect("statistics");
    assert!((recorded.mean - computed[0].mean.expect("mean")).abs() < 1e-9);
    assert_eq!(raster.recorded_statistics(2).await.expect("no such band"), None);
}

#[tokio::test]
async fn a_raster_without_a_transformation_has_no_place_on_a_grid() {
    let raster = Raster::open_file(folder().join("points.tif")).await.expect("raster");
    let grid = eoap::raster::PixelGrid::of_bounds(eoap::Bounds::new(-121.0, 39.9, -120.9, 40.0), Crs::wgs84(), 0.01);
    let error = raster.read::<u8>().on_grid(grid).resampling(Resampling::Bilinear).await.expect_err("nowhere").to_string();
    assert!(error.contains("no reference system"), "{error}");
}

#[tokio::test]
async fn colours_that_are_not_converted_are_refused_by_their_name() {
    for (name, words) in [
        ("cmyk-apart.tif", "four inks (CMYK) in bands that lie apart"),
        ("cmyk-and-more.tif", "four inks (CMYK) with a further band"),
        ("lab.tif", "CIE L*a*b*"),
        ("ycbcr-2x4.tif", "(YCbCr) for 2 × 4 pixels at once"),
    ] {
        let error = Raster::open_file(folder().join("refused").join(name)).await.expect_err(name).to_string();
        assert!(error.contains(words) && error.contains("gdal_translate"), "{error}");
    }
}
