//! Store and raster against a server that answers as S3 does: ranges, listings, errors.

use eoap::{Error, Raster, Store};
use serde_json::json;
use tiff::encoder::{TiffEncoder, colortype::Gray8};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path, query_param},
};

use crate::object::Object;

fn store(server: &MockServer) -> Store {
    Store::builder("results").endpoint(server.uri()).region("us-east-1").credentials("test", "hush").build().expect("store")
}

async fn serve(server: &MockServer, at: &str, bytes: Vec<u8>) {
    Mock::given(method("GET")).and(path(at)).respond_with(Object(bytes)).mount(server).await;
}

/// 1.2 MB in strips of one row, with the directory at the end.
fn large() -> Vec<u8> {
    let pixels: Vec<u8> = (0..1200 * 1000_u32).map(|index| (index / 1200 % 251) as u8).collect();
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).expect("encoder");
    let mut image = encoder.new_image::<Gray8>(1200, 1000).expect("image");
    image.rows_per_strip(1).expect("strips");
    image.write_data(&pixels).expect("pixels");
    bytes.into_inner()
}

#[tokio::test]
async fn only_what_is_needed_is_fetched() {
    let server = MockServer::start().await;
    serve(&server, "/results/job/large.tif", large()).await;
    let raster = Raster::open_url("s3://results/job/large.tif", &store(&server)).await.expect("raster");
    assert_eq!((raster.profile().width, raster.profile().height), (1200, 1000));
    assert!(raster.file_size() > 1_200_000);
    let opened = raster.bytes_fetched();
    assert!(opened < 80_000, "opening fetched {opened} bytes");

    let preview = raster.preview(10).await.expect("preview");
    assert_eq!((preview.width(), preview.height()), (10, 9));
    let previewed = raster.bytes_fetched();
    assert!(previewed - opened < 9 * 1200 + 9 * 16384, "the preview fetched {} bytes", previewed - opened);
    // Data that was fetched is not fetched again.
    raster.preview(10).await.expect("preview");
    assert_eq!(raster.bytes_fetched(), previewed);

    let band = &raster.statistics(0).await.expect("statistics")[0];
    assert_eq!((band.minimum, band.maximum, band.pixels), (Some(0.0), Some(250.0), 1_200_000));
    assert!(raster.bytes_fetched() <= raster.file_size() + 40_000);
}

#[tokio::test]
async fn header_of_a_small_file_needs_one_request() {
    let server = MockServer::start().await;
    let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/water-1.tif")).expect("file");
    serve(&server, "/results/job/otsu.tif", bytes.clone()).await;
    let raster = Raster::open_url("job/otsu.tif", &store(&server)).await.expect("raster");
    assert_eq!(raster.name(), "s3://results/job/otsu.tif");
    assert_eq!(server.received_requests().await.expect("recorded").len(), 1);
    assert_eq!(raster.statistics(1024).await.expect("statistics")[0].valid_percent, 60.46467784749034);
    assert_eq!(store(&server).get("job/otsu.tif").await.expect("bytes")[..], bytes[..]);
}

#[tokio::test]
async fn http_servers_with_and_without_ranges() {
    let server = MockServer::start().await;
    serve(&server, "/large.tif", large()).await;
    let raster = Raster::open_http(format!("{}/large.tif", server.uri())).await.expect("raster");
    assert!(raster.bytes_fetched() < 80_000);
    Mock::given(path("/whole.tif")).respond_with(ResponseTemplate::new(200).set_body_bytes(large())).mount(&server).await;
    let asset: eoap::stac::Asset = serde_json::from_value(json!({"href": format!("{}/whole.tif", server.uri())})).expect("asset");
    Raster::open(&asset).await.expect("raster").preview(10).await.expect("preview");
    let error = Raster::open_http(format!("{}/missing.tif", server.uri())).await.expect_err("404");
    assert_eq!(error.http_status(), Some(404));
}

#[tokio::test]
async fn listing_reads_like_aws() {
    let server = MockServer::start().await;
    let body = r#"<?xml version="1.0"?><ListBucketResult><Name>results</Name><Prefix>job/item/</Prefix><IsTruncated>false</IsTruncated>
        <Contents><Key>job/item/</Key><LastModified>2025-08-20T13:42:57.000Z</LastModified><ETag>"0"</ETag><Size>0</Size></Contents>
        <Contents><Key>job/item/otsu.tif</Key><LastModified>2025-08-20T13:42:57.000Z</LastModified><ETag>"1"</ETag><Size>406547</Size></Contents>
        <Contents><Key>job/item/LC08.json</Key><LastModified>2025-08-20T13:42:57.000Z</LastModified><ETag>"2"</ETag><Size>3447</Size></Contents>
        <CommonPrefixes><Prefix>job/item/logs/</Prefix></CommonPrefixes></ListBucketResult>"#;
    Mock::given(method("GET"))
        .and(path("/results"))
        .and(query_param("prefix", "job/item/"))
        .and(query_param("delimiter", "/"))
        .respond_with(ResponseTemplate::new(200).set_body_string(body))
        .mount(&server)
        .await;
    let listing = store(&server).list("s3://results/job/item/").await.expect("listing");
    assert_eq!(
        listing.to_string(),
        "                           PRE logs/\n2025-08-20 13:42:57       3447 LC08.json\n2025-08-20 13:42:57     406547 otsu.tif"
    );
    let begun = store(&server).list("job/item/ot").await.expect("listing");
    assert_eq!(begun.to_string(), "2025-08-20 13:42:57     406547 otsu.tif");
}

#[tokio::test]
async fn errors_name_object_and_advice_but_no_secret() {
    let server = MockServer::start().await;
    let missing = r#"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"#;
    Mock::given(path("/results/none.tif")).respond_with(ResponseTemplate::new(404).set_body_string(missing)).mount(&server).await;
    let denied = r#"<Error><Code>SignatureDoesNotMatch</Code></Error>"#;
    Mock::given(path("/results/secret.tif"))
        .respond_with(ResponseTemplate::new(403).set_body_string(denied))
        .mount(&server)
        .await;
    let store = store(&server);
    for (key, parts) in [
        ("none.tif", ["s3://results/none.tif", "store.list(folder)"]),
        ("secret.tif", ["SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY"]),
    ] {
        let error = Raster::open_url(key, &store).await.expect_err("an error");
        assert!(matches!(error, Error::Store { .. }));
        let text = error.to_string();
        assert!(parts.iter().all(|part| text.contains(part)) && text.contains(&server.uri()), "{text}");
        assert!(!text.contains("hush"));
    }
}

#[tokio::test]
async fn a_missing_bucket_is_no_missing_object() {
    let server = MockServer::start().await;
    let missing = "<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>";
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(404).set_body_string(missing)).mount(&server).await;
    let store = store(&server);
    let errors = [
        ("s3://results/x.tif", Raster::open_url("x.tif", &store).await.expect_err("an error")),
        ("s3://results/x.tif", store.get("x.tif").await.expect_err("an error")),
        ("s3://results/job/", store.list("job/").await.expect_err("an error")),
        ("s3://results//", store.list("/").await.expect_err("an error")),
    ];
    for (address, error) in errors {
        let text = error.to_string();
        let expected = format!(
            "{address} cannot be read: there is no bucket \"results\" (endpoint {}); check its name, and that this is the store which has it",
            server.uri()
        );
        assert_eq!(text, expected);
    }
}

#[tokio::test]
async fn who_does_not_listen_is_named_with_advice() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("port");
    let endpoint = format!("http://{}", listener.local_addr().expect("address"));
    drop(listener);
    let store =
        Store::builder("results").endpoint(&endpoint).region("us-east-1").credentials("test", "hush").build().expect("store");
    for error in [
        Raster::open_url("x.tif", &store).await.expect_err("an error"),
        store.list("job/").await.expect_err("an error"),
        store.list("/job/").await.expect_err("an error"),
    ] {
        let text = error.to_string();
        assert!(text.contains(&format!("cannot be read: no connection to {endpoint}: ")), "{text}");
        assert!(text.ends_with("; check that the address is right and the server is up"), "{text}");
        assert!(!text.contains("retries"), "{text}");
    }
}

#[tokio::test]
async fn relative_addresses_are_refused_with_advice() {
    let asset: eoap::stac::Asset = serde_json::from_value(json!({"href": "./otsu.tif"})).expect("asset");
    let text = Raster::open(&asset).await.expect_err("relative").to_string();
    assert!(text.contains("./otsu.tif") && text.contains("make it absolute"), "{text}");
}

#[cfg(not(any(feature = "gcp", feature = "azure")))]
#[tokio::test]
async fn stores_of_others_name_the_feature_that_they_take() {
    for (address, feature) in [("gs://results/x.tif", "gcp"), ("az://results/x.tif", "azure")] {
        let asset = serde_json::from_value(json!({"href": address})).expect("asset");
        for error in [Store::for_url(address).expect_err(address), Raster::open(&asset).await.expect_err(address)] {
            assert!(error.to_string().contains(&format!("features = [{feature:?}]")), "{error}");
            assert!(matches!(error, Error::Store { .. }), "{error}");
        }
    }
}

#[tokio::test]
async fn who_pays_is_said_with_each_request() {
    let server = MockServer::start().await;
    let settings = Store::builder("results").endpoint(server.uri()).region("us-east-1").credentials("test", "hush");
    for (store, payer) in [(settings.clone(), None), (settings.requester_pays(), Some("requester"))] {
        server.reset().await;
        let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/bits.tif")).expect("file");
        serve(&server, "/results/bits.tif", bytes).await;
        Raster::open_url("bits.tif", &store.build().expect("store")).await.expect("raster");
        let requests = server.received_requests().await.expect("recorded requests");
        let said = requests[0].headers.get("x-amz-request-payer").map(|value| value.to_str().expect("text"));
        assert_eq!(said, payer);
    }
}
