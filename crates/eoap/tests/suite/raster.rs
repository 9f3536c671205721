//! The GeoTIFF reader against GDAL: `data/expected.json` holds what rasterio and rio-stac say about the files
//! next to it.

use std::path::PathBuf;

use eoap::{
    DataType, Error, Raster, Window,
    ndarray::{Array2, Array3},
    raster::Preview,
};
use serde_json::Value;

const EXPECTED: &str = include_str!("../data/expected.json");

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

async fn open(name: &str) -> Raster {
    Raster::open_file(file(name)).await.expect(name)
}

/// Files that are refused, when opened or when their pixels are asked for, and what the message must say.
const REFUSED: [(&str, &str); 1] = [("complex.tif", "its values have 64 bits and sample format 6 (complex numbers")];

#[tokio::test]
async fn profile_and_statistics_are_those_of_gdal() {
    let expected: serde_json::Map<String, Value> = serde_json::from_str(EXPECTED).expect("JSON");
    let mut count = 0;
    for (name, expected) in &expected {
        let refused = REFUSED.iter().find(|(refused, _)| refused == name);
        if refused.is_some() {
            continue;
        }
        let raster = open(name).await;
        assert_eq!(raster.profile().to_string(), expected["profile"].as_str().expect("text"), "{name}");
        for size in if name == "jpeg.tif" { &[][..] } else { &[1024, 64, 33] } {
            let statistics = raster.statistics(*size).await.expect(name);
            let statistics = serde_json::to_value(&statistics).expect("JSON");
            let mut expected = expected[&size.to_string()].clone();
            correct_rio_stac(&mut expected);
            assert_eq!(statistics, expected, "{name} at {size}");
            count += 1;
        }
    }
    assert_eq!(count, 63);
}

/// rio-stac 0.12 counts a single pixel where a band has no mask at all, instead of all of them.
fn correct_rio_stac(bands: &mut Value) {
    for band in bands.as_array_mut().expect("bands") {
        let counted: u64 = band["histogram"]["buckets"].as_array().expect("buckets").iter().filter_map(Value::as_u64).sum();
        let percent = band["statistics"]["valid_percent"].as_f64().expect("number");
        if counted > 1 && percent < 0.1 {
            band["statistics"]["valid_percent"] = 100.0.into();
        }
    }
}

#[tokio::test]
async fn refusals_are_clear() {
    for (name, reason) in REFUSED {
        let error = match Raster::open_file(file(name)).await {
            Ok(raster) => raster.statistics(64).await.map(drop).expect_err(name),
            Err(error) => error,
        };
        assert!(matches!(error, Error::Raster { .. }));
        let text = error.to_string();
        assert!(text.contains(name) && text.contains(reason), "{text}");
    }
    for (bytes, reason) in
        [(&b""[..], "not a TIFF file"), (b"<html>no raster", "not a TIFF file"), (b"II*\0\x08\0\0\0", "the file ends too early")]
    {
        let text = Raster::open_bytes(bytes).await.expect_err("no GeoTIFF").to_string();
        assert!(text.contains(reason), "{text}");
    }
    let text = Raster::open_file("/nowhere/x.tif").await.expect_err("no file").to_string();
    assert!(text.contains("/nowhere/x.tif") && text.contains("No such file"), "{text}");
}

#[tokio::test]
async fn documented_figures() {
    for (name, pixels, percent) in [("water-1.tif", 481_086, 60.46467784749034), ("water-2.tif", 34_314, 12.31976677389706)] {
        let raster = open(name).await;
        let statistics = raster.statistics(1024).await.expect("statistics");
        let band = &statistics[0];
        assert_eq!((band.valid_pixels, band.valid_percent), (pixels, percent));
        assert_eq!((band.mean, band.stddev, band.data_type), (Some(1.0), Some(0.0), DataType::UInt8));
        assert_eq!(band.histogram.buckets, [0, 0, 0, 0, 0, pixels, 0, 0, 0, 0]);
        let preview = raster.preview(512).await.expect("preview");
        assert_eq!(preview.width().max(preview.height()), 512);
        assert!(preview.png().starts_with(b"\x89PNG"));
    }
    let text = open("water-1.tif").await.statistics(1024).await.expect("statistics").to_string();
    assert!(text.contains("481086 of 795648") && text.contains("60.46467784749034"), "{text}");
}

/// Many integers of 64 bits are the same float; the smallest, the largest and "no data" are not taken for
/// others.
#[tokio::test]
async fn integers_of_64_bits_are_not_rounded() {
    let values = [u64::MAX, u64::MAX - 1, 9_007_199_254_740_993, u64::MAX];
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut bytes).expect("encoder");
    let mut image = encoder.new_image::<tiff::encoder::colortype::Gray64>(2, 2).expect("image");
    image.encoder().write_tag(tiff::tags::Tag::GdalNodata, "18446744073709551615").expect("tag");
    image.write_data(&values).expect("pixels");
    let raster = Raster::open_bytes(bytes.into_inner()).await.expect("raster");
    let statistics = raster.statistics(0).await.expect("statistics");
    let json = serde_json::to_value(&statistics[0]).expect("JSON");
    assert_eq!(json["statistics"]["minimum"], 9_007_199_254_740_993_u64);
    assert_eq!(json["statistics"]["maximum"], u64::MAX - 1);
    assert_eq!((statistics[0].valid_pixels, statistics[0].valid_percent), (2, 50.0));
    let text = statistics.to_string();
    assert!(text.contains("9007199254740993") && text.contains("18446744073709551614"), "{text}");
}

/// The item that the tutorial documents, and the file that has its figures.
#[tokio::test]
async fn a_file_says_what_its_item_says() {
    let results: Value = serde_json::from_str(include_str!("../data/results.json")).expect("JSON");
    let items: eoap::ItemCollection = serde_json::from_value(results["stac_catalog"]["value"].clone()).expect("items");
    let mut item = items[0].clone();
    // Another test wants digits in this file that are not those of the page.
    let ring = [
        [-121.39922829056682, 39.83396419450036],
        [-120.76118304700903, 39.82340258564599],
        [-120.73977187420928, 40.47213091315636],
        [-121.38391140352763, 40.482936393990066],
        [-121.39922829056682, 39.83396419450036],
    ];
    let bbox = serde_json::json!([-121.39922829056682, 39.82340258564599, -120.73977187420928, 40.482936393990066]);
    item.bbox = Some(serde_json::from_value(bbox).expect("bounding box"));
    item.geometry =
        Some(serde_json::from_value(serde_json::json!({"type": "Polygon", "coordinates": [ring]})).expect("geometry"));
    let raster = open("water-1.tif").await;
    let report = raster.check_asset(&item, "data").await.expect("report");
    assert!(report.agrees() && report.findings.len() >= 12, "{report}");
    assert!(report.to_string().contains("says what its item says"), "{report}");
    item.properties.additional_fields.insert("proj:shape".into(), serde_json::json!([1, 2]));
    let bands = item.assets["data"].additional_fields.get_mut("raster:bands").expect("bands");
    bands[0]["statistics"]["valid_percent"] = 50.0.into();
    let report = raster.check_asset(&item, "data").await.expect("report");
    let members: Vec<&str> = report.differences().map(|finding| finding.member.as_str()).collect();
    assert_eq!(members, ["proj:shape", "raster:bands[0].statistics"]);
    assert!(report.to_string().contains("NO") && report.to_string().contains("differs from its item in 2 of"), "{report}");
    let text = eoap::check_asset(&items[0], "nothing").await.expect_err("no asset").to_string();
    assert!(text.contains("it has data"), "{text}");
}

#[tokio::test]
async fn items_of_stac_1_1_are_compared_and_silence_is_no_agreement() {
    let items = eoap::Results::from_json(include_str!("../data/results.json")).expect("results");
    let items = items.item_collection("stac_catalog").expect("items");
    let raster = open("water-1.tif").await;
    let old = serde_json::to_value(&items[0]).expect("JSON");
    let band = old["assets"]["data"]["raster:bands"][0].clone();
    let asset = serde_json::json!({
        "href": "water-1.tif",
        "data_type": band["data_type"],
        "raster:sampling": band["sampling"],
        "bands": [{"name": "water", "nodata": band["nodata"], "statistics": band["statistics"], "raster:histogram": band["histogram"]}]
    });
    let item = |asset: &serde_json::Value| -> eoap::stac::Item {
        let item = serde_json::json!({
            "type": "Feature", "stac_version": "1.1.0", "id": "A", "geometry": null, "properties": {"datetime": null}, "links": [],
            "assets": {"data": asset}
        });
        let items: eoap::ItemCollection =
            serde_json::from_value(serde_json::json!({"type": "FeatureCollection", "features": [item]})).expect("items");
        items[0].clone()
    };
    let report = raster.check_asset(&item(&asset), "data").await.expect("report");
    assert!(report.agrees(), "{report}");
    let members: Vec<&str> = report.findings.iter().map(|finding| finding.member.as_str()).collect();
    for member in ["bands, number of", "bands[0].data_type", "bands[0].nodata", "bands[0].statistics", "bands[0].histogram"] {
        assert!(members.contains(&member), "{member} is not in {members:?}");
    }
    let mut wrong = asset.clone();
    wrong["data_type"] = "float32".into();
    wrong["bands"][0]["nodata"] = "nan".into();
    let report = raster.check_asset(&item(&wrong), "data").await.expect("report");
    let members: Vec<&str> = report.differences().map(|finding| finding.member.as_str()).collect();
    assert_eq!(members, ["bands[0].data_type", "bands[0].nodata"]);

    let report = raster.check_asset(&item(&serde_json::json!({"href": "x"})), "data").await.expect("report");
    assert!(!report.agrees() && report.findings.is_empty() && report.to_string().contains("nothing is stated"), "{report}");
}

/// Columns, rows and colours of a PNG.
fn decoded(bytes: &[u8]) -> (u32, u32, Vec<[u8; 4]>) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::ALPHA | png::Transformations::EXPAND);
    let mut reader = decoder.read_info().expect("PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("size")];
    let info = reader.next_frame(&mut pixels).expect("pixels");
    assert_eq!(info.color_type, png::ColorType::Rgba);
    (info.width, info.height, pixels.as_chunks::<4>().0.to_vec())
}

#[tokio::test]
async fn windows_and_arrays_have_pictures() {
    let raster = open("water-1.tif").await;
    let window = raster.read::<u8>().band(1).window(Window::new(100, 200, 60, 40)).await.expect("pixels");
    let (width, height, pixels) = decoded(Preview::of_band(&window, Some(0)).expect("picture").png());
    assert_eq!((width, height), (60, 40));
    let shown: Vec<bool> = pixels.iter().map(|pixel| pixel[3] != 0).collect();
    assert_eq!(shown, window.iter().map(|value| *value != 0).collect::<Vec<_>>());

    let colours = Array3::from_shape_fn((3, 2, 2), |(band, row, column)| (band * 100 + row * 10 + column) as u8);
    let (.., pixels) = decoded(Preview::of_bands(&colours, None).expect("picture").png());
    assert_eq!(pixels, [[0, 100, 200, 255], [1, 101, 201, 255], [10, 110, 210, 255], [11, 111, 211, 255]]);

    let gaps = Array2::from_shape_vec((1, 3), vec![1.0_f64, f64::NAN, 2.0]).expect("shape");
    let picture = Preview::of_band(&gaps, None).expect("picture");
    assert!(
        picture.to_string().contains("an array (3 × 1, float64)") && picture.to_string().contains("66.7 % shown"),
        "{picture}"
    );
    let error = Preview::of_band(&Array2::<u8>::zeros((0, 3)), None).expect_err("no pixels").to_string();
    assert!(error.contains("no picture"), "{error}");
}

#[tokio::test]
async fn previews_of_every_kind() {
    for (name, manner) in [
        ("water-2.tif", "1 is blue"),
        ("palette.tif", "colours of the file"),
        ("rgb-mask.tif", "red, green, blue, 49.8 % shown"),
        ("rgba.tif", "red, green, blue, 49.8 % shown"),
        ("float32-pixel-tiles.tif", "dark is low"),
        ("bits.tif", "1 is blue"),
    ] {
        let text = open(name).await.preview(200).await.expect(name).to_string();
        assert!(text.contains(name) && text.contains(manner), "{text}");
    }
}

/// Every file cut short anywhere, and with damaged bytes, is an error or a result, and never a panic or a
/// hang.
#[tokio::test]
async fn damaged_files_do_no_harm() {
    let expected: serde_json::Map<String, Value> = serde_json::from_str(EXPECTED).expect("JSON");
    for name in expected.keys() {
        let bytes = std::fs::read(file(name)).expect(name);
        let mut seed = 7_u64;
        for round in 0..60 {
            let mut damaged = bytes.clone();
            if round % 2 == 0 {
                damaged.truncate(bytes.len() * round / 60);
            }
            for _ in 0..8 {
                seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                // Half of the damage hits the directory, which lies at the beginning of these files.
                let reach = if seed & 1 == 0 { 600 } else { damaged.len() }.min(damaged.len());
                if reach > 0 {
                    damaged[(seed >> 33) as usize % reach] = (seed >> 20) as u8;
                }
            }
            if let Ok(raster) = Raster::open_bytes(damaged).await {
                let _ = raster.profile().to_string();
                let _ = raster.statistics(16).await;
                let _ = raster.preview(16).await;
            }
        }
    }
}
