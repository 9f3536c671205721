//! Settings of Google Cloud and Azure from the environment, as their own tools and GDAL read them. One test
//! in a process of its own, because the environment belongs to all of it.

use eoap::{Raster, Store};
use serde_json::json;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::path};

struct Blob(Vec<u8>);

impl Respond for Blob {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        // The file is smaller than what is read first.
        ResponseTemplate::new(206)
            .insert_header("ETag", "\"1\"")
            .insert_header("Last-Modified", "Wed, 20 Aug 2025 13:42:57 GMT")
            .insert_header("Content-Range", format!("bytes 0-{}/{}", self.0.len() - 1, self.0.len()))
            .set_body_bytes(self.0.clone())
    }
}

fn set(name: &str, value: &str) {
    // SAFETY: the test is alone in its process, and no other thread reads the environment meanwhile.
    unsafe { std::env::set_var(name, value) };
}

fn unset(name: &str) {
    // SAFETY: as above.
    unsafe { std::env::remove_var(name) };
}

async fn authorization(server: &MockServer, address: &str) -> Option<String> {
    server.reset().await;
    let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/bits.tif")).expect("file");
    for at in ["/results/bits%2Etif", "/me/results/bits.tif"] {
        Mock::given(path(at)).respond_with(Blob(file.clone())).mount(server).await;
    }
    let asset = serde_json::from_value(json!({"href": address})).expect("asset");
    let raster = Raster::open(&asset).await.expect(address);
    let local = Raster::open_bytes(file).await.expect("the file itself");
    assert_eq!(raster.profile(), local.profile());
    let requests = server.received_requests().await.expect("recorded requests");
    let header = requests[0].headers.get("authorization")?;
    Some(header.to_str().expect("text").to_owned())
}

#[tokio::test]
async fn settings_are_those_of_the_environment() {
    let names: Vec<_> = std::env::vars().map(|(name, _)| name).collect();
    for name in names.iter().filter(|name| ["GOOGLE_", "AZURE_", "GS_", "GCE_"].iter().any(|prefix| name.starts_with(prefix))) {
        unset(name);
    }
    // Nobody's login.
    set("HOME", env!("CARGO_MANIFEST_DIR"));
    for (address, variable) in
        [("gs://results/bits.tif", "GOOGLE_APPLICATION_CREDENTIALS"), ("az://results/bits.tif", "AZURE_STORAGE_ACCOUNT_NAME")]
    {
        let error = Store::for_url(address).expect_err("no settings").to_string();
        assert!(error.contains(variable), "{error}");
    }

    let server = MockServer::start().await;
    set("GOOGLE_BASE_URL", &server.uri());
    set("GOOGLE_BEARER_TOKEN", "hush");
    assert_eq!(authorization(&server, "gs://results/bits.tif").await.as_deref(), Some("Bearer hush"));
    set("GS_NO_SIGN_REQUEST", "YES");
    assert_eq!(authorization(&server, "gs://results/bits.tif").await, None);
    for name in ["GOOGLE_BASE_URL", "GOOGLE_BEARER_TOKEN", "GS_NO_SIGN_REQUEST"] {
        unset(name);
    }
    // An emulator, as Google's own libraries read it.
    set("STORAGE_EMULATOR_HOST", server.uri().trim_start_matches("http://"));
    assert_eq!(authorization(&server, "gs://results/bits.tif").await, None);

    let endpoint = format!("{}/me", server.uri());
    set("AZURE_STORAGE_CONNECTION_STRING", &format!("AccountName=me;AccountKey=aHVzaA==;BlobEndpoint={endpoint}"));
    let signed = authorization(&server, "az://results/bits.tif").await.expect("it is signed");
    assert!(signed.starts_with("SharedKey me:"), "{signed}");
    set("AZURE_NO_SIGN_REQUEST", "YES");
    assert_eq!(authorization(&server, "az://results/bits.tif").await, None);
    for name in ["AZURE_STORAGE_CONNECTION_STRING", "AZURE_NO_SIGN_REQUEST"] {
        unset(name);
    }
    // As the command line of Azure has them.
    set("AZURE_STORAGE_ACCOUNT", "me");
    set("AZURE_STORAGE_KEY", "aHVzaA==");
    set("AZURE_STORAGE_ENDPOINT", &endpoint);
    let signed = authorization(&server, "az://results/bits.tif").await.expect("it is signed");
    assert!(signed.starts_with("SharedKey me:"), "{signed}");
}
