//! Items on disk: downloaded, saved, loaded, opened again.

use std::{
    future::IntoFuture,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use eoap::{Download, Error, ItemCollection, Raster, Results};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use crate::object::Object;

/// A folder of a test's own, empty at first.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("downloads").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("folder");
    folder
}

/// Everything in a folder, at any depth.
fn files(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("folder") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                folders.push(path)
            } else {
                files.push(path.file_name().expect("name").to_string_lossy().into_owned())
            }
        }
    }
    files.sort();
    files
}

fn asset(href: &str) -> eoap::stac::Asset {
    serde_json::from_value(json!({"href": href})).expect("asset")
}

fn items() -> ItemCollection {
    Results::from_json(include_str!("../data/results.json")).expect("results").item_collection("stac_catalog").expect("items")
}

#[test]
fn items_are_saved_and_loaded_without_loss() {
    let path = folder("save").join("new/items.json");
    let document = json!({
        "type": "FeatureCollection", "numberMatched": 2, "context": {"returned": 1}, "links": [{"href": "x", "rel": "self", "odd": [1.0]}],
        "features": [{"type": "Feature", "stac_version": "1.0.0", "stac_extensions": ["https://e/x.json"], "id": "ä/..\"<",
            "geometry": {"type": "Polygon", "coordinates": [[[170.1, -20.000000001, 3.0], [1e-7, 0.1, 3.0], [5.0, 1e300, 3.0], [170.1, -20.000000001, 3.0]]]},
            "bbox": [170.1, -20.0, -170.0, 10.0],
            "properties": {"datetime": "2023-12-08T18:45:23.598169Z", "proj:transform": [30.0, 0.0, 0.1], "big": 9007199254740993_u64, "n": null, "f": 1.0},
            "links": [], "assets": {"data": {"href": "s3://b/k", "raster:bands": [{"nodata": 0.0, "statistics": {"mean": 1.0, "minimum": 1}}]}},
            "collection": "c", "foreign": {"deep": [true]}}]
    });
    let items: ItemCollection = serde_json::from_value(document.clone()).expect("items");
    items.save(&path).expect("saved");
    let loaded = ItemCollection::load(&path).expect("loaded");
    assert_eq!(loaded, items);
    let sorted = |value: &Value| eoap::json::to_sorted_string(value).expect("JSON");
    assert_eq!(sorted(&serde_json::to_value(&loaded).expect("JSON")), sorted(&document));
    // Again over what is there, and the same bytes.
    let first = std::fs::read(&path).expect("file");
    loaded.save(&path).expect("saved");
    assert_eq!(std::fs::read(&path).expect("file"), first);
    assert_eq!(files(path.parent().expect("folder")), ["items.json"]);
}

#[test]
fn what_is_no_collection_is_refused_with_the_name_of_the_file() {
    let folder = folder("refused");
    let path = folder.join("items.json");
    std::fs::write(&path, r#"{"type": "Feature", "id": "one"}"#).expect("file");
    let error = ItemCollection::load(&path).expect_err("no collection").to_string();
    assert!(error.contains("items.json") && error.contains("it is a Feature, not a FeatureCollection"), "{error}");
    std::fs::write(&path, "{").expect("file");
    assert!(ItemCollection::load(&path).expect_err("no JSON").to_string().contains("items.json"));
    assert!(matches!(ItemCollection::load(folder.join("none.json")), Err(Error::File { .. })));
    // A folder cannot be replaced by a file, and nothing is left of the attempt.
    let error = items().save(&folder).expect_err("a folder").to_string();
    assert!(error.contains("there is a folder of this name"), "{error}");
    assert_eq!(files(&folder), ["items.json"]);
}

#[tokio::test]
async fn items_are_taken_home_and_opened_there() {
    let server = MockServer::start().await;
    let water = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/water-1.tif")).expect("file");
    Mock::given(wiremock::matchers::any()).respond_with(Object(water.clone())).mount(&server).await;
    let mut items = items();
    for item in &mut items.items {
        let asset = item.assets.get_mut("data").expect("asset");
        asset.href = format!("{}/{}/otsu.tif?signature=a/b", server.uri(), item.id);
        let thumbnail = asset.clone();
        item.assets.insert("overview".to_owned(), thumbnail.clone());
        item.assets.insert("never".to_owned(), eoap::stac::Asset { href: "relative.tif".to_owned(), ..thumbnail });
    }
    let folder = folder("home");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = seen.clone();
    let download = items.download(&folder).assets(["data", "overview"]);
    let local =
        download.on_progress(move |progress| record.lock().expect("lock").push(progress.clone())).await.expect("downloaded");

    assert_eq!(files(&folder), ["otsu.tif", "otsu.tif", "overview-otsu.tif", "overview-otsu.tif"]);
    let data = &local[0].assets["data"];
    assert_eq!(Path::new(&data.href), folder.join("LC08_L2SP_044032_20231208_02_T1/otsu.tif"));
    assert_eq!(std::fs::read(&data.href).expect("file"), water);
    assert_eq!(local[0].assets["never"].href, "relative.tif");
    // All but the addresses is as it was.
    assert_eq!((&local[1].properties, &local[1].geometry), (&items[1].properties, &items[1].geometry));
    {
        let seen = seen.lock().expect("lock");
        let done: Vec<(usize, usize)> =
            seen.iter().filter(|progress| progress.is_done).map(|progress| (progress.file, progress.files)).collect();
        assert_eq!(done, [(1, 4), (2, 4), (3, 4), (4, 4)]);
        assert!(seen.iter().all(|progress| progress.received <= water.len() as u64 && progress.size == Some(water.len() as u64)));
    }

    local.save(folder.join("items.json")).expect("saved");
    drop(server);
    let again = ItemCollection::load(folder.join("items.json")).expect("loaded");
    let raster = Raster::open(&again[0].assets["data"]).await.expect("raster");
    assert_eq!(raster.statistics(1024).await.expect("statistics")[0].valid_percent, 60.46467784749034);
}

#[tokio::test]
async fn objects_of_s3_come_with_the_settings_of_their_asset() {
    let server = MockServer::start().await;
    Mock::given(path("/results/job/otsu.tif")).respond_with(Object(b"mask".to_vec())).mount(&server).await;
    let folder = folder("s3");
    // The environment of tests has no credentials; without them an endpoint is refused before anything is
    // asked.
    let asset: eoap::stac::Asset = serde_json::from_value(
        json!({"href": "s3://results/job/otsu.tif", "storage:endpoint": server.uri(), "storage:region": "us-east-1"}),
    )
    .expect("asset");
    let outcome = Download::of(&asset).folder(&folder).await;
    match std::env::var("AWS_ACCESS_KEY_ID") {
        Ok(_) => assert_eq!(std::fs::read(outcome.expect("path")).expect("file"), b"mask"),
        Err(_) => assert!(outcome.expect_err("no credentials").to_string().contains("there are no credentials")),
    }
    assert!(files(&folder).iter().all(|name| name == "otsu.tif"));
}

#[tokio::test]
async fn what_fails_leaves_nothing_and_keeps_what_was_there() {
    let server = MockServer::start().await;
    Mock::given(path("/gone.tif")).respond_with(ResponseTemplate::new(404).set_body_string("gone")).mount(&server).await;
    let folder = folder("failure");
    std::fs::write(folder.join("gone.tif"), "old").expect("file");
    let error = Download::of(&asset(&format!("{}/gone.tif?sig=hush", server.uri()))).folder(&folder).await.expect_err("404");
    assert!(error.http_status() == Some(404) && !error.to_string().contains("hush"), "{error}");
    assert_eq!(
        (files(&folder), std::fs::read(folder.join("gone.tif")).expect("file")),
        (vec!["gone.tif".to_owned()], b"old".to_vec())
    );
    for (href, reason) in [("s3://b/folder/", "no name of a file"), ("a/b.tif", "relative"), ("/nowhere/b.tif", "No such file")] {
        let error = Download::of(&asset(href)).folder(&folder).await.expect_err(href).to_string();
        assert!(error.contains(reason), "{error}");
    }
    let error = Download::of(&asset("/x/y.tif")).folder(&folder).name("../y.tif").await.expect_err("a path").to_string();
    assert!(error.contains("without slashes"), "{error}");
    assert_eq!(files(&folder), ["gone.tif"]);
}

/// Serves `body` but breaks off after `pieces[n]` bytes of the n-th answer; with ranges if `ranges` is set.
/// Gives the address and the heads of the requests.
async fn breaking(body: Vec<u8>, pieces: Vec<usize>, ranges: bool) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listener");
    let address = format!("http://{}/data.bin", listener.local_addr().expect("address"));
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = heads.clone();
    tokio::spawn(async move {
        for piece in pieces {
            let (mut socket, _) = listener.accept().await.expect("connection");
            let (mut head, mut buffer) = (String::new(), [0; 1024]);
            while !head.contains("\r\n\r\n") {
                let count = socket.read(&mut buffer).await.expect("request");
                head.push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
            let range = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("range: bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
            seen.lock().expect("lock").push(head);
            let start = range.filter(|_| ranges).unwrap_or(0);
            let status = if start > 0 { "206 Partial Content" } else { "200 OK" };
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nETag: \"1\"\r\nConnection: close\r\n\r\n",
                body.len() - start
            );
            socket.write_all(answer.as_bytes()).await.expect("head");
            let _ = socket.write_all(&body[start..(start + piece).min(body.len())]).await;
            let _ = socket.shutdown().await;
        }
    });
    (address, heads)
}

#[tokio::test]
async fn what_breaks_off_goes_on_where_it_was() {
    let body: Vec<u8> = (0..100_000_u32).map(|index| (index % 251) as u8).collect();
    let folder = folder("broken");
    let (address, heads) = breaking(body.clone(), vec![30_000, 40_000, 100_000], true).await;
    let path = Download::of(&asset(&address)).folder(&folder).await.expect("downloaded");
    assert_eq!(std::fs::read(path).expect("file"), body);
    let heads = heads.lock().expect("lock").clone();
    assert!(heads.len() == 3 && heads[1].contains("range: bytes=") && heads[1].contains("if-range: \"1\""), "{heads:?}");

    // A server without ranges sends it all again.
    let (address, _) = breaking(body.clone(), vec![30_000, 100_000], false).await;
    let path = Download::of(&asset(&address)).folder(&folder).name("again.bin").await.expect("downloaded");
    assert_eq!(std::fs::read(path).expect("file"), body);

    // One that never gets to the end is given up, and nothing is left.
    let (address, heads) = breaking(body, vec![1000; 9], true).await;
    let error = Download::of(&asset(&address)).folder(&folder).name("never.bin").await.expect_err("broken");
    assert!(matches!(error, Error::Connection { .. }), "{error}");
    assert_eq!(heads.lock().expect("lock").len(), 4);
    assert_eq!(files(&folder), ["again.bin", "data.bin"]);
}

#[tokio::test]
async fn a_download_that_is_stopped_leaves_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listener");
    let address = format!("http://{}/slow.bin", listener.local_addr().expect("address"));
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("connection");
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf").await;
        std::future::pending::<()>().await;
    });
    let folder = folder("stopped");
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let download = Download::of(&asset(&address)).folder(&folder).on_progress(move |progress| {
        let _ = sender.send(progress.received);
    });
    let task = tokio::spawn(download.into_future());
    assert_eq!(receiver.recv().await, Some(4));
    // The part is there, and has another name.
    assert!(files(&folder).iter().all(|name| name.ends_with(".part")) && files(&folder).len() == 1);
    task.abort();
    assert!(task.await.expect_err("stopped").is_cancelled());
    assert_eq!(files(&folder), Vec::<String>::new());
    server.abort();
}
