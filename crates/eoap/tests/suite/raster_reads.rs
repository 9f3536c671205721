//! Reading parts of rasters: types, windows, bounds in any reference system, shapes, masks; over HTTP in few
//! requests. That the values are those of rasterio is shown by `raster_corpus`.

use eoap::{Affine, Bounds, Crs, Error, Raster, Resampling, Window};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, path},
};

use crate::object::Object;

fn data(name: &str) -> std::path::PathBuf {
    std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(data(name)).expect(name)
}

async fn open(name: &str) -> Raster {
    Raster::open_bytes(bytes(name)).await.expect(name)
}

#[tokio::test]
async fn bands_windows_and_types() {
    let raster = open("int16-planar-strips.tif").await;
    let all = raster.read::<i16>().await.expect("all");
    assert_eq!(all.dim(), (3, 70, 90));
    let two = raster.read::<f64>().bands([3, 1]).await.expect("two bands");
    assert_eq!((two[[0, 69, 89]], two[[1, 5, 7]]), (all[[2, 69, 89]].into(), all[[0, 5, 7]].into()));
    let part = raster.read::<i32>().band(2).window(Window::new(80, 60, 30, 30)).await.expect("a part");
    assert_eq!((part.dim(), part[[9, 9]]), ((10, 10), all[[1, 69, 89]].into()));
    let small = raster.read::<i16>().band(2).shape(7, 9).await.expect("a smaller one");
    assert_eq!((small.dim(), small[[0, 0]]), ((7, 9), all[[1, 5, 5]]));
    let mean = raster.read::<f64>().band(1).shape(1, 1).resampling(Resampling::Average).await.expect("a mean");
    let expected = all.index_axis(eoap::ndarray::Axis(0), 0).iter().map(|value| f64::from(*value)).sum::<f64>() / 6300.0;
    assert!((mean[[0, 0]] - expected).abs() < 1e-9);
}

#[tokio::test]
async fn places_in_any_reference_system() {
    let raster = open("water-1.tif").await;
    assert_eq!(raster.transform(), Affine { a: 30.0, b: 0.0, c: 636975.0, d: 0.0, e: -30.0, f: 4482615.0 });
    let window = Window::new(500, 600, 100, 80);
    let own = window.bounds(raster.transform());
    assert_eq!(raster.read::<u8>().bounds(own).resolved_window().expect("window"), window);
    let utm = Crs::from_epsg(32610);
    let elsewhere = utm.transform_bounds(&Crs::wgs84(), own).expect("bounds");
    let read = raster.read::<u8>().band(1).bounds_in(elsewhere, Crs::wgs84());
    let found = read.resolved_window().expect("window");
    // A rectangle in degrees holds a little more than the one in metres.
    assert!(found.column <= 500 && found.row <= 600 && found.width >= 100 && found.height >= 80 && found.width < 110, "{found}");
    let part = read.await.expect("part");
    assert_eq!(part.dim(), (found.height as usize, found.width as usize));
    let far =
        raster.read::<u8>().bounds_in(Bounds::new(10.0, 50.0, 11.0, 51.0), Crs::wgs84()).await.expect_err("far away").to_string();
    assert!(far.contains("outside of it"), "{far}");
    let nowhere =
        open("no-georeference.tif").await.read::<u8>().bounds_in(elsewhere, Crs::wgs84()).await.expect_err("nowhere").to_string();
    assert!(nowhere.contains("has no reference system"), "{nowhere}");
}

#[tokio::test]
async fn what_cannot_be_read_is_said_with_advice() {
    let raster = open("float32-pixel-tiles.tif").await;
    let text = |result: eoap::Result<eoap::ndarray::Array3<u8>>| result.expect_err("refused").to_string();
    assert!(text(raster.read::<u8>().await).contains("read them as `f32` or `f64`"));
    let raster = open("rgba.tif").await;
    assert!(text(raster.read::<u8>().bands([1, 5]).await).contains("there is no band 5; its bands are numbered from 1 to 4"));
    assert!(text(raster.read::<u8>().bands([0]).await).contains("no band 0"));
    assert!(text(raster.read::<u8>().shape(0, 5).await).contains("holds no pixel"));
    assert!(text(raster.read::<u8>().window(Window::new(90, 0, 1, 1)).await).contains("outside of it: it has 90 × 70 pixels"));
    assert!(text(raster.read::<u8>().max_bytes(100).await).contains("are 25200 bytes, and at most 100"));
    let palette = open("palette.tif").await;
    assert!(text(palette.read::<u8>().shape(7, 9).resampling(Resampling::Average).await).contains("numbers of colours"));
}

#[tokio::test]
async fn masks_of_every_kind() {
    for (name, valid) in [("rgb-mask.tif", 3135), ("rgba.tif", 3135), ("no-georeference.tif", 6300), ("bits.tif", 2071)] {
        let mask = open(name).await.read_mask().await.expect(name);
        let count = mask.iter().filter(|valid| **valid).count();
        assert!(mask.dim() == (70, 90) && count.abs_diff(valid) < 20, "{name}: {count}");
    }
}

#[tokio::test]
async fn few_requests_over_http() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(Object(bytes("water-1.tif"))).mount(&server).await;
    let raster = Raster::open_http(format!("{}/a.tif", server.uri())).await.expect("raster");
    let _ = raster.profile();
    assert_eq!((raster.requests(), raster.bytes_fetched()), (1, 16 << 10));
    let first = raster.read::<u8>().await.expect("pixels");
    let requests = raster.requests();
    assert!(requests <= 3, "{requests}");
    assert_eq!(raster.read::<u8>().await.expect("pixels"), first);
    assert_eq!(raster.requests(), requests, "what was fetched is kept");
}

/// Overviews and masks beside a file take a request each, and so are looked for only where that is asked for.
#[tokio::test]
async fn files_beside_a_raster_count_when_they_are_asked_for() {
    let server = MockServer::start().await;
    for name in ["overviews-beside.tif", "overviews-beside.tif.ovr", "mask-beside.tif", "mask-beside.tif.msk"] {
        let object = Object(bytes(&format!("corpus/{name}")));
        Mock::given(path(format!("/{name}"))).respond_with(object).mount(&server).await;
    }
    let open = async |name: &str| Raster::open_http(format!("{}/{name}", server.uri())).await.expect("raster");
    let raster = open("overviews-beside.tif").await;
    assert_eq!((raster.overviews().await.expect("none"), raster.requests()), (vec![], 1));
    let raster = raster.with_side_files();
    assert_eq!(raster.overviews().await.expect("two"), [(23, 18), (9, 7)]);
    assert_eq!(raster.requests(), 2, "the file that is not there is not counted");
    let small = raster.read::<u8>().band(1).shape(7, 9).await.expect("pixels");
    let local = Raster::open_file(data("corpus/overviews-beside.tif")).await.expect("raster");
    assert_eq!(local.read::<u8>().band(1).shape(7, 9).await.expect("pixels"), small);
    let valid = async |raster: Raster| raster.read_mask().await.expect("mask").iter().filter(|valid| **valid).count();
    let (all, some) = (valid(open("mask-beside.tif").await).await, valid(open("mask-beside.tif").await.with_side_files()).await);
    assert!(all == 35 * 45 && (100..all - 100).contains(&some), "{some} of {all}");
    let signed = open("mask-beside.tif?signature=x").await.with_side_files();
    assert_eq!(valid(signed).await, all, "a signature is for one file");
}

/// Servers of files often hand out addresses elsewhere that are valid for some time.
#[tokio::test]
async fn redirects_are_followed_with_ranges_and_without_saying_from_where() {
    let (front, back) = (MockServer::start().await, MockServer::start().await);
    let elsewhere = format!("{}/store/a.tif?signature=secret", back.uri());
    Mock::given(path("/a.tif")).respond_with(ResponseTemplate::new(302).insert_header("Location", elsewhere)).mount(&front).await;
    Mock::given(path("/round.tif"))
        .respond_with(ResponseTemplate::new(302).insert_header("Location", "/round.tif?token=secret"))
        .mount(&front)
        .await;
    Mock::given(path("/store/a.tif")).respond_with(Object(bytes("water-1.tif"))).mount(&back).await;
    let raster = Raster::open_http(format!("{}/a.tif?token=secret", front.uri())).await.expect("raster");
    assert_eq!(raster.bytes_fetched(), 16 << 10, "a part, not the whole");
    raster.read::<u8>().await.expect("pixels");
    let asked = back.received_requests().await.expect("recorded");
    assert!(asked.iter().all(|request| request.headers.contains_key("range") && !request.headers.contains_key("referer")));
    let error = Raster::open_http(format!("{}/round.tif?token=secret", front.uri())).await.expect_err("a circle").to_string();
    assert!(error.contains("too many redirects") && !error.contains("secret"), "{error}");
}

#[tokio::test]
async fn a_server_without_ranges_is_named() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_bytes(bytes("overviews.tif"))).mount(&server).await;
    let raster = Raster::open_http(format!("{}/a.tif", server.uri())).await.expect("a file that fits into memory");
    raster.read::<u8>().await.expect("pixels");
    assert_eq!(server.received_requests().await.expect("recorded").len(), 1, "what came whole is kept");
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_bytes(vec![0; 65 << 20])).mount(&server).await;
    let error = Raster::open_http(format!("{}/a.tif", server.uri())).await.expect_err("no ranges");
    assert!(
        matches!(&error, Error::Raster { reason, .. } if reason.contains("ignores `Range`") && reason.contains("open_file")),
        "{error}"
    );
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_bytes(bytes("bits.tif"))).mount(&server).await;
    // A file that is smaller than the first part comes whole in any case.
    let raster = Raster::open_http(format!("{}/a.tif", server.uri())).await.expect("a small file");
    assert_eq!(raster.read::<u8>().await.expect("pixels").dim(), (1, 70, 90));
}

/// As rasterio's `sample`, on a file with several tiles and bands.
#[tokio::test]
async fn places_have_the_values_of_the_pixels_that_they_lie_in() {
    let raster = Raster::open_file(data("rgb-mask.tif")).await.expect("raster");
    let all = raster.read::<u8>().await.expect("pixels");
    let (height, width) = (raster.height(), raster.width());
    let pixels: Vec<(u32, u32)> =
        (0..height).step_by(7).flat_map(|row| (0..width).step_by(11).map(move |column| (row, column))).collect();
    let transform = raster.transform();
    let places: Vec<(f64, f64)> =
        pixels.iter().rev().map(|(row, column)| transform.apply(f64::from(*column) + 0.25, f64::from(*row) + 0.75)).collect();
    let outside = transform.apply(-0.5, 1.0);
    let values = raster.sample::<u8>(places.iter().copied().chain([outside])).await.expect("values");
    assert_eq!(values.len(), pixels.len() + 1);
    assert_eq!(values.last(), Some(&None));
    for ((row, column), values) in pixels.iter().rev().zip(&values) {
        let expected: Vec<u8> = (0..all.dim().0).map(|band| all[[band, *row as usize, *column as usize]]).collect();
        assert_eq!(values.as_ref(), Some(&expected), "row {row}, column {column}");
    }
    if let Some(crs) = raster.crs().filter(|crs| crs.proj.is_some()) {
        let degrees = crs.transform(&eoap::Crs::wgs84(), &places[..3]).expect("places");
        let again = raster.sample::<u8>(degrees).places_in(eoap::Crs::wgs84()).await.expect("values");
        assert_eq!(again, values[..3]);
    }
    assert!(raster.sample::<u8>([]).await.expect("nothing").is_empty());
}

#[tokio::test]
async fn what_is_read_says_where_it_lies() {
    let raster = Raster::open_file(data("water-1.tif")).await.expect("raster");
    let whole = raster.read::<u8>();
    assert_eq!(whole.resolved_transform().expect("transform"), raster.transform());
    let window = Window::new(10, 20, 30, 40);
    let part = raster.read::<u8>().window(window).shape(20, 10);
    let (own, found) = (raster.transform(), part.resolved_transform().expect("transform"));
    assert_eq!((found.a, found.e), (own.a * 3.0, own.e * 2.0));
    assert_eq!((found.c, found.f), own.apply(10.0, 20.0));
    assert_eq!(found.apply(10.0, 20.0), own.apply(40.0, 60.0));
}
