//! Rasters on Google Cloud and on Azure, against servers on loopback that answer as these do: paths, ranges,
//! versions, listings, signatures and errors.
//!
//! The environment is not touched: everything is set with the builder, so that nobody's settings are in the
//! way.

use eoap::{Error, Raster, Store, storage::StoreBuilder};
use wiremock::{
    Mock, MockServer, Request, Respond, ResponseTemplate,
    matchers::{header_exists, method, path, query_param},
};

/// The account and the key of Azure's own emulator, which everybody knows.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// Google's interface takes keys as one part of a path.
const GOOGLE_OBJECT: &str = "/results/job%2Fotsu%2Etif";

/// A blob as both stores serve it, in ranges.
struct Blob(Vec<u8>);

impl Respond for Blob {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let range = request.headers.get("range").and_then(|range| range.to_str().ok()?.strip_prefix("bytes=")?.split_once('-'));
        let (start, end) = range.expect("rasters are read in ranges");
        let start: usize = start.parse().expect("start");
        let end = end.parse().unwrap_or(usize::MAX).min(self.0.len() - 1);
        ResponseTemplate::new(206)
            .insert_header("ETag", "\"0x8DB1\"")
            .insert_header("Last-Modified", "Wed, 20 Aug 2025 13:42:57 GMT")
            .insert_header("Content-Range", format!("bytes {start}-{end}/{}", self.0.len()))
            .set_body_bytes(self.0[start..=end].to_vec())
    }
}

fn file() -> Vec<u8> {
    std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/water-1.tif")).expect("file")
}

async fn serve(server: &MockServer, at: &str) {
    Mock::given(method("GET")).and(path(at)).respond_with(Blob(file())).mount(server).await;
}

/// The pixels of the file, as they are read from disk.
async fn assert_same_pixels(raster: &Raster) {
    let local = Raster::open_bytes(file()).await.expect("the file itself");
    assert_eq!(raster.profile(), local.profile());
    let (found, expected) = (raster.read::<u8>().await.expect("pixels"), local.read::<u8>().await.expect("pixels"));
    assert!(found == expected, "other pixels than those of the file");
}

async fn requests(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.expect("recorded requests")
}

fn google(server: &MockServer) -> StoreBuilder {
    Store::builder("gs://results").endpoint(server.uri())
}

fn azure(server: &MockServer) -> StoreBuilder {
    Store::builder("az://results").endpoint(format!("{}/{ACCOUNT}", server.uri()))
}

#[tokio::test]
async fn public_bucket_of_google_is_read_unsigned() {
    let server = MockServer::start().await;
    serve(&server, GOOGLE_OBJECT).await;
    let store = google(&server).anonymous().build().expect("store");
    let raster = Raster::open_url("gs://results/job/otsu.tif", &store).await.expect("raster");
    assert_same_pixels(&raster).await;
    let requests = requests(&server).await;
    assert!(requests.iter().all(|request| !request.headers.contains_key("authorization")));
    // Parts of different objects are not joined.
    let later = &requests[1..];
    assert!(!later.is_empty() && later.iter().all(|request| request.headers["if-match"] == "\"0x8DB1\""));
}

#[tokio::test]
async fn token_is_sent_to_google() {
    let server = MockServer::start().await;
    serve(&server, GOOGLE_OBJECT).await;
    let store = google(&server).session_token("ya29.hush").build().expect("store");
    assert_same_pixels(&Raster::open_url("job/otsu.tif", &store).await.expect("raster")).await;
    assert!(requests(&server).await.iter().all(|request| request.headers["authorization"] == "Bearer ya29.hush"));
    assert!(!format!("{store:?}").contains("hush"));
}

#[tokio::test]
async fn public_container_of_azure_is_read_unsigned() {
    let server = MockServer::start().await;
    serve(&server, "/devstoreaccount1/results/job/otsu.tif").await;
    let store = azure(&server).anonymous().build().expect("store");
    let raster = Raster::open_url("az://results/job/otsu.tif", &store).await.expect("raster");
    assert_same_pixels(&raster).await;
    assert!(requests(&server).await.iter().all(|request| !request.headers.contains_key("authorization")));
}

#[tokio::test]
async fn requests_to_azure_are_signed_with_the_accounts_key() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/devstoreaccount1/results/job/otsu.tif"))
        .and(header_exists("x-ms-version"))
        .respond_with(Blob(file()))
        .mount(&server)
        .await;
    let store = azure(&server).credentials(ACCOUNT, KEY).build().expect("store");
    assert_same_pixels(&Raster::open_url("abfs://results/job/otsu.tif", &store).await.expect("raster")).await;
    for request in requests(&server).await {
        let authorization = request.headers["authorization"].to_str().expect("text");
        assert!(authorization.starts_with("SharedKey devstoreaccount1:"), "{authorization}");
    }
}

#[tokio::test]
async fn signature_of_azure_is_sent_and_never_shown() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/devstoreaccount1/results/job/otsu.tif"))
        .and(query_param("sig", "hush"))
        .respond_with(Blob(file()))
        .mount(&server)
        .await;
    let refusal = "<?xml version=\"1.0\"?><Error><Code>AuthenticationFailed</Code></Error>";
    Mock::given(path("/devstoreaccount1/results/secret.tif"))
        .respond_with(ResponseTemplate::new(403).set_body_string(refusal))
        .mount(&server)
        .await;
    let store = azure(&server).session_token("sv=2024-11-04&sig=hush").build().expect("store");
    assert_same_pixels(&Raster::open_url("job/otsu.tif", &store).await.expect("raster")).await;
    let error = Raster::open_url("secret.tif", &store).await.expect_err("it is refused");
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("hush"), "{shown}");
    assert!(error.to_string().contains("az://results/secret.tif") && error.to_string().contains("AZURE_STORAGE_"), "{error}");
}

#[tokio::test]
async fn folders_of_azure_are_listed() {
    let server = MockServer::start().await;
    let listing = "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ContainerName=\"results\"><Prefix>job/</Prefix><Blobs>\
                   <Blob><Name>job/otsu.tif</Name><Properties><Last-Modified>Wed, 20 Aug 2025 13:42:57 GMT</Last-Modified>\
                   <Content-Length>406547</Content-Length><Content-Type>image/tiff</Content-Type><Etag>0x8DB1</Etag></Properties></Blob>\
                   <BlobPrefix><Name>job/parts/</Name></BlobPrefix></Blobs><NextMarker/></EnumerationResults>";
    Mock::given(path("/devstoreaccount1/results"))
        .and(query_param("comp", "list"))
        .and(query_param("prefix", "job/"))
        .respond_with(ResponseTemplate::new(200).set_body_string(listing))
        .mount(&server)
        .await;
    let listing = azure(&server).anonymous().build().expect("store").list("az://results/job/").await.expect("listing");
    assert_eq!(listing.to_string(), "                           PRE parts/\n2025-08-20 13:42:57     406547 otsu.tif");
}

#[tokio::test]
async fn folders_of_google_are_listed() {
    let server = MockServer::start().await;
    let listing = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>job/otsu.tif</Key>\
                   <LastModified>2025-08-20T13:42:57.000Z</LastModified><Size>406547</Size></Contents></ListBucketResult>";
    Mock::given(path("/results"))
        .and(query_param("prefix", "job/"))
        .respond_with(ResponseTemplate::new(200).set_body_string(listing))
        .mount(&server)
        .await;
    let listing = google(&server).anonymous().build().expect("store").list("gs://results/job/").await.expect("listing");
    assert_eq!(listing.to_string(), "2025-08-20 13:42:57     406547 otsu.tif");
}

#[tokio::test]
async fn what_is_missing_is_said_with_its_address() {
    let server = MockServer::start().await;
    for store in [google(&server).anonymous(), azure(&server).anonymous()] {
        let store = store.build().expect("store");
        let error = Raster::open_url("job/nothing.tif", &store).await.expect_err("there is nothing").to_string();
        assert!(error.contains("://results/job/nothing.tif") && error.contains("there is no such object"), "{error}");
    }
}

#[test]
fn addresses_of_others_and_wrong_settings_are_refused() {
    let store = Store::builder("gs://results").endpoint("http://127.0.0.1:1").anonymous().build().expect("store");
    let error = eoap::blocking::run(store.get("s3://results/x.tif")).expect_err("another kind of store").to_string();
    assert!(error.contains("Store::for_url"), "{error}");
    let error = Store::builder("gs://results").credentials("id", "hush").build().expect_err("no pairs of keys").to_string();
    assert!(error.contains("GOOGLE_APPLICATION_CREDENTIALS") && !error.contains("hush"), "{error}");
    for (bucket, endpoint) in [("gs://results", "localhost:9000"), ("az://results", "http://me:hush@h")] {
        let error = Store::builder(bucket).endpoint(endpoint).anonymous().build().expect_err("no address").to_string();
        assert!(error.contains("http://localhost:9000") && !error.contains("hush"), "{error}");
    }
    let error = Store::builder("gs://results").requester_pays().anonymous().build().expect_err("of S3").to_string();
    assert!(error.contains("requester"), "{error}");
    let Err(Error::Url { reason, .. }) = Store::builder("https://results").build() else { panic!("it is no bucket") };
    assert!(reason.contains("s3://bucket/folder/file.tif"), "{reason}");
}
