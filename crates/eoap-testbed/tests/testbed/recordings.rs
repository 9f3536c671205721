//! A deployment is recorded and played back without it. The deployment is another testbed here.

use std::collections::BTreeMap;
use std::path::Path;

use eoap_testbed::{Clock, Error, Live, LiveStore, Recorder, Recording, Scenario, Testbed};
use http::Method;
use serde_json::{Value, json};

use crate::client::{ASYNC, Client, JOB, ROOT as LINKS, S3, folder, inputs};

/// What notebooks call the server that is recorded; its own links call it something else.
const ROOT: &str = "http://cluster.example/ogc";

/// The replacement of the first id that the server made.
const FIRST: &str = "00000001-0000-4000-8000-000000000000";

/// A testbed in the role of a live deployment, and what is known about it.
fn deployment() -> (Testbed, Live) {
    let testbed = Testbed::start(&Scenario::load(&folder()).unwrap()).unwrap();
    let environment = testbed.environment();
    let setting = |name: &str| environment[name].clone();
    let store = LiveStore::new(testbed.s3_url(), setting("AWS_REGION")).with_credentials(
        setting("AWS_ACCESS_KEY_ID"),
        setting("AWS_SECRET_ACCESS_KEY"),
        None,
    );
    let live = Live::new(ROOT, &testbed.ogc_url()).unwrap().and(LINKS, &testbed.ogc_url());
    (testbed, live.unwrap().with_store(store))
}

/// The run of a notebook: a job from its creation to its objects. Gives everything that it learned.
async fn run(testbed: &Testbed) -> Vec<String> {
    let client = Client(testbed);
    let mut learned = Vec::new();
    let authorised = [ASYNC, ("authorization", "Bearer token-of-somebody"), ("content-type", "application/json")];
    let body = json!({"inputs": inputs()}).to_string();
    let created = client.send(Method::POST, &format!("{ROOT}/processes/water-bodies/execution"), &authorised, body).await;
    assert_eq!(created.status, 201, "{}", created.text());
    let location = created.header("location").to_owned();
    learned.extend([location.clone(), created.text().to_owned()]);
    loop {
        let status = client.send(Method::GET, &location, &[], "").await;
        assert_eq!(status.status, 200, "{}", status.text());
        learned.push(status.json()["status"].to_string());
        if status.json()["status"] != "running" {
            break;
        }
    }
    let results = client.send(Method::GET, &format!("{location}/results"), &[], "").await.json();
    let href = results["stac_catalog"]["value"]["features"][0]["assets"]["data"]["href"].as_str().unwrap().to_owned();
    let key = href.strip_prefix("s3://results/").unwrap();
    let (parent, _) = key.rsplit_once('/').unwrap();
    let s3 = testbed.environment()["AWS_ENDPOINT_URL"].clone();
    let listing = client.s3(Method::GET, &format!("{s3}/results?delimiter=%2F&list-type=2&prefix={parent}/"), &[], b"").await;
    assert_eq!(listing.status, 200, "{}", listing.text());
    learned.push(listing.text().to_owned());
    let part = client.s3(Method::GET, &format!("{s3}/results/{key}"), &[("range", "bytes=0-3")], b"").await;
    assert_eq!((part.status, &part.body[..]), (206, &b"II*\0"[..]));
    learned.push(href);
    learned
}

/// Records one run.
async fn record(secret: Option<&str>) -> Recording {
    let (deployment, live) = deployment();
    let recorder = Recorder::start(&live).unwrap();
    run(recorder.testbed()).await;
    assert_eq!(recorder.testbed().refused_hosts(), Vec::<String>::new());
    let mut recording = Recording::new(&live);
    if let Some(secret) = secret {
        recording.add_secret(secret);
    }
    recording.add_secret("Pre-execution hook");
    recording.add("lab", recorder.session());
    drop(deployment);
    recording
}

/// Every file below a folder, by its path in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(folder).unwrap().display().to_string(), std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[tokio::test]
async fn a_recorded_run_is_played_back_without_the_deployment() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("recorded");
    let extent = record(None).await.write(&folder).unwrap();
    assert_eq!(
        (extent.exchanges, extent.objects),
        (12, 2),
        "a job's creation, ten statuses, results; the objects of an item's folder"
    );

    let replay = Testbed::start(&Scenario::load(&folder).unwrap().for_session("lab")).unwrap();
    let learned = run(&replay).await;
    assert_eq!(learned[0], format!("{LINKS}/jobs/{FIRST}"));
    assert!(learned[1].contains(FIRST) && !learned[1].contains(JOB), "{}", learned[1]);
    assert_eq!(learned.iter().filter(|status| *status == "\"running\"").count(), 9);
    assert!(learned.last().unwrap().starts_with(&format!("s3://results/{FIRST}/")));
    assert_eq!(replay.refused_hosts(), Vec::<String>::new());
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1, "nothing half-written is left");
}

#[tokio::test]
async fn a_recording_holds_no_secret_and_is_the_same_every_time() {
    let place = tempfile::tempdir().unwrap();
    let (one, other) = (place.path().join("one/recorded"), place.path().join("other/recorded"));
    // Word for word in an answer.
    let secret = "processing environment";
    record(Some(secret)).await.write(&one).unwrap();
    record(Some(secret)).await.write(&other).unwrap();
    let (one, other) = (files(&one), files(&other));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (name, content) in &one {
        assert!(content == &other[name], "{name} is another in a second recording");
        let text = String::from_utf8_lossy(content);
        for word in [secret, "Pre-execution hook", "token-of-somebody", "uthorization", JOB, "127.0.0.1"] {
            assert!(!text.contains(word), "{word} in {name}: {text}");
        }
    }
    let created = &one["exchanges/lab/001-post-processes-water-bodies-execution.json"];
    let created: Value = serde_json::from_slice(created).unwrap();
    assert_eq!(created["request"]["url"], format!("{ROOT}/processes/water-bodies/execution"));
    assert_eq!(created["request"]["body"]["json"]["inputs"]["epsg"], "EPSG:4326");
    assert_eq!(created["response"]["status"], 201);
    assert!(
        one.keys().any(|name| name.starts_with(&format!("s3/results/{FIRST}/")) && name.ends_with("otsu.tif")),
        "{:?}",
        one.keys()
    );
}

#[tokio::test]
async fn what_was_not_recorded_is_refused_with_what_is_nearest() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("recorded");
    record(None).await.write(&folder).unwrap();
    let replay = Testbed::start(&Scenario::load(&folder).unwrap()).unwrap();
    let client = Client(&replay);
    let reply = client.send(Method::GET, &format!("{LINKS}/jobs/{FIRST}/results?f=html"), &[], "").await;
    assert_eq!(reply.status, 501);
    let expected = format!(
        "GET {LINKS}/jobs/{FIRST}/results?f=html was not recorded; nearest is GET {LINKS}/jobs/{FIRST}/results \
         (exchanges/lab/012-get-jobs-{FIRST}-results.json): another query"
    );
    assert_eq!(reply.text(), format!("testbed: {expected}; record it with `nbsnap record`\n"));
    assert_eq!(replay.refused_hosts(), [expected]);
    // A client that asks a finished job again sees it finished; one that would run it again does something
    // else.
    let body = json!({"inputs": inputs()}).to_string();
    let execute =
        async || client.send(Method::POST, &format!("{ROOT}/processes/water-bodies/execution"), &[], body.clone()).await;
    assert_eq!(execute().await.status, 201);
    assert_eq!(execute().await.status, 501);
}

#[tokio::test]
async fn what_a_client_writes_reaches_the_live_store_and_is_not_recorded() {
    let (deployment, live) = deployment();
    let recorder = Recorder::start(&live).unwrap();
    let client = Client(recorder.testbed());
    let endpoint = recorder.testbed().environment()["AWS_ENDPOINT_URL"].clone();
    assert_eq!(client.s3(Method::PUT, &format!("{endpoint}/results/mine.txt"), &[], b"mine").await.status, 200);
    assert_eq!(client.s3(Method::GET, &format!("{endpoint}/results/mine.txt"), &[], b"").await.text(), "mine");
    assert_eq!(client.s3(Method::GET, &format!("{endpoint}/results/nothing.txt"), &[], b"").await.status, 404);
    assert_eq!(client.s3(Method::GET, &format!("{endpoint}/nowhere/nothing.txt"), &[], b"").await.status, 404);
    assert_eq!(Client(&deployment).s3(Method::GET, &format!("{S3}/results/mine.txt"), &[], b"").await.text(), "mine");
    assert_eq!(client.s3(Method::DELETE, &format!("{endpoint}/results/mine.txt"), &[], b"").await.status, 204);
    assert_eq!(Client(&deployment).s3(Method::GET, &format!("{S3}/results/mine.txt"), &[], b"").await.status, 404);
    let mut recording = Recording::new(&live);
    recording.add("lab", recorder.session());
    let place = tempfile::tempdir().unwrap();
    let extent = recording.write(&place.path().join("recorded")).unwrap();
    assert_eq!((extent.exchanges, extent.objects), (0, 0));
}

#[tokio::test]
async fn a_dead_deployment_and_a_foreign_host_are_told() {
    let (deployment, live) = deployment();
    let recorder = Recorder::start(&live).unwrap();
    drop(deployment);
    let client = Client(recorder.testbed());
    let dead = client.send(Method::GET, ROOT, &[], "").await;
    assert!(dead.status == 502 && dead.text().contains("the server behind \"cluster.example\" failed"), "{}", dead.text());
    assert!(dead.text().contains("onnection refused"), "{}", dead.text());
    assert_eq!(client.send(Method::GET, "http://elsewhere.example/", &[], "").await.status, 502);
    assert_eq!(recorder.testbed().refused_hosts(), ["elsewhere.example"]);
    let environment = recorder.testbed().environment();
    assert_eq!(environment["EOAP_POLL_INTERVAL"], "1s");
}

#[tokio::test]
async fn only_a_recording_is_replaced() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("recorded");
    let recording = record(None).await;
    recording.write(&folder).unwrap();
    std::fs::write(folder.join("exchanges/lab/000-old.json"), "{}").unwrap();
    recording.write(&folder).unwrap();
    assert!(!folder.join("exchanges/lab/000-old.json").exists());
    let own = place.path().join("own");
    std::fs::create_dir(&own).unwrap();
    std::fs::write(own.join("precious.txt"), "mine").unwrap();
    let refused = recording.write(&own).unwrap_err();
    assert!(
        matches!(&refused, Error::Recording { .. }) && refused.to_string().contains("something else than a recording"),
        "{refused}"
    );
    assert_eq!(std::fs::read(own.join("precious.txt")).unwrap(), b"mine");
}

#[test]
fn what_is_wrong_with_a_recording_is_told() {
    let place = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        std::fs::create_dir_all(place.path().join(path).parent().unwrap()).unwrap();
        std::fs::write(place.path().join(path), text).unwrap();
    };
    let load = || Scenario::load(place.path()).map(|scenario| scenario.with_clock(Clock::Poll));
    write(
        "scenario.toml",
        "name = \"r\"\n[server]\npersonality = \"recorded\"\nroot = \"http://a\"\n[s3]\nendpoint = \"http://s3\"\nregion = \"r\"\n\
         access-key-id = \"k\"\nsecret-access-key = \"s\"\nmodified = \"2025-01-01T00:00:00Z\"\n",
    );
    assert!(load().unwrap_err().to_string().contains("nothing is recorded there"));
    let cases = [
        ("{\"request\": 1}", "001.json:1: "),
        (
            r#"{"request": {"method": "GET", "url": "/p"}, "response": {"status": 200}}"#,
            "request.url: \"/p\" has to start with http://",
        ),
        (r#"{"request": {"method": "GET", "url": "http://a/"}, "response": {"status": 7}}"#, "response.status: 7 is no status"),
        (
            r#"{"request": {"method": "GET", "url": "http://a/"}, "response": {"status": 200, "body": {"base64": "?"}}}"#,
            "response.body: this is not base64",
        ),
        (
            r#"{"request": {"method": "GET", "url": "http://a/"}, "response": {"status": 200, "headers": [["a b", "c"]]}}"#,
            "response.headers: a b: c is no header",
        ),
    ];
    for (text, message) in cases {
        write("exchanges/lab/001.json", text);
        let error = load().unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}
