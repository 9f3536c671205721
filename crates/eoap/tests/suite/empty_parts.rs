//! Keys with empty parts, which S3 allows: read and listed as they are, from the testbed's store. An object
//! of a similar name is never read instead.

use std::path::Path;

use eoap::{Raster, Store};
use eoap_testbed::{Scenario, Testbed};
use object_store::{
    ObjectStoreExt,
    aws::AmazonS3Builder,
    path::{Path as Key, PathPart},
};
use serde_json::json;

const ID: &str = "TESTBEDACCESSKEYID01";
const SECRET: &str = "testbed/secret/that/never/leaves/loopback";
/// Beside the others are objects whose keys differ from theirs in slashes only.
const KEYS: [&str; 6] =
    ["scenes/a.tif", "scenes//a.tif", "scenes//item.json", "scenes///deep/a.tif", "scenes//folder//", "scenes/other/b.tif"];

fn testbed() -> Testbed {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("../eoap-testbed/scenarios/water-bodies");
    Testbed::start(&Scenario::load(&scenario).expect("scenario")).expect("testbed")
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)).expect("file")
}

/// Stores an object for each key, and gives the store to read them from.
async fn store(testbed: &Testbed) -> Store {
    // First, since it chooses the cryptography of the process.
    let store = Store::builder("results").endpoint(testbed.s3_url()).region("us-east-1").credentials(ID, SECRET);
    let store = store.build().expect("store");
    let writer = AmazonS3Builder::new()
        .with_bucket_name("results")
        .with_region("us-east-1")
        .with_endpoint(testbed.s3_url())
        .with_allow_http(true)
        .with_access_key_id(ID)
        .with_secret_access_key(SECRET)
        .build()
        .expect("a store to write to");
    for key in KEYS {
        let bytes = match key {
            "scenes//item.json" => json!({"href": "s3://results/scenes//a.tif"}).to_string().into_bytes(),
            "scenes/a.tif" => file("bits.tif"),
            _ => file("water-1.tif"),
        };
        let path = key.split('/').fold(Key::ROOT, |path, part| path.join(PathPart::parse(part).expect("a part")));
        writer.put(&path, bytes.into()).await.expect("stored");
    }
    store
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_those_of_their_keys() {
    let testbed = testbed();
    let store = store(&testbed).await;
    let item = store.get("s3://results/scenes//item.json").await.expect("item");
    let asset: eoap::stac::Asset = serde_json::from_slice(&item).expect("asset");
    let raster = Raster::open_url(&asset.href, &store).await.expect("raster");
    assert_eq!(raster.name(), "s3://results/scenes//a.tif");
    let (here, there) =
        (raster.read::<u8>().await.expect("pixels"), Raster::open_bytes(file("water-1.tif")).await.expect("file"));
    assert!(here == there.read::<u8>().await.expect("pixels"), "pixels of another object");
    assert_eq!(store.get("scenes/a.tif").await.expect("the other object")[..], file("bits.tif")[..]);
    assert_eq!(store.get("scenes//folder//").await.expect("a key that ends with slashes")[..], file("water-1.tif")[..]);
    for missing in ["s3://results/scenes//other/b.tif", "s3://results/scenes/item.json", "s3://results/scenes///a.tif"] {
        let error = store.get(missing).await.expect_err(missing).to_string();
        assert!(error.contains(missing) && error.contains("there is no such object"), "{error}");
    }
    let error = store.get("s3://results//a.tif").await.expect_err("a slash at the beginning").to_string();
    assert!(error.contains("begins with a slash") && error.contains("Raster::open_http"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn levels_without_a_name_are_listed() {
    let testbed = testbed();
    let store = store(&testbed).await;
    let lines = async |at: &str| {
        let listing = store.list(at).await.expect(at);
        let names = listing.folders.iter().map(|folder| format!("{folder}/"));
        names.chain(listing.entries.iter().map(|entry| entry.key.clone())).collect::<Vec<_>>()
    };
    assert_eq!(lines("s3://results/scenes/").await, ["/", "other/", "scenes/a.tif"]);
    assert_eq!(lines("s3://results/scenes//").await, ["/", "folder/", "scenes//a.tif", "scenes//item.json"]);
    assert_eq!(lines("s3://results/scenes//it").await, ["scenes//item.json"]);
    assert_eq!(lines("s3://results/scenes//folder/").await, ["/"]);
    assert_eq!(lines("scenes///deep/").await, ["scenes///deep/a.tif"]);
    assert!(store.list("s3://results//scenes/").await.expect("a level that is empty").is_empty());
}
