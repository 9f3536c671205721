//! Somebody watches: the page and its data, chosen ports, every request noted, and servers that do not care
//! what they are called.

use std::net::TcpListener;
use std::time::Duration;

use eoap_testbed::{Answerer, Clock, Error, Ports, Scenario, Testbed};
use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{JOB, World, folder, inputs};

/// GET of a path of the page, straight, as a browser does it: headers and body.
async fn look(world: &World, method: &str, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(world.proxy()).await.unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", world.proxy());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

async fn state(world: &World) -> Value {
    serde_json::from_str(&look(world, "GET", "/state.json").await.1).unwrap()
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let world = World::new();
    let (head, page) = look(&world, "GET", "/").await;
    assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("content-security-policy: default-src 'self'"), "{head}");
    assert!(!page.contains("http://") && !page.contains("https://"), "{page}");
    let files: Vec<&str> = page.split('"').filter(|text| text.contains('.') && !text.contains([' ', '>'])).collect();
    assert_eq!(files, ["icon.svg", "page.css", "page.js", "state.json"], "files that the page names");
    for file in files {
        assert!(look(&world, "GET", &format!("/{file}")).await.0.starts_with("HTTP/1.1 200 "), "{file}");
    }
    let (head, _) = look(&world, "POST", "/state.json").await;
    assert!(head.starts_with("HTTP/1.1 405 ") && head.contains("allow: GET, HEAD"), "{head}");
}

#[tokio::test]
async fn a_client_of_the_proxy_may_ask_for_the_page_too() {
    let world = World::new();
    let url = format!("{}state.json", world.testbed.page_url());
    assert_eq!(world.send(Method::GET, &url, &[], "").await.json()["scenario"], "water-bodies");
    assert_eq!(world.testbed.refused_hosts(), Vec::<String>::new());
}

#[tokio::test]
async fn the_state_tells_jobs_requests_and_objects_and_moves_nothing_on() {
    let world = World::new();
    world.execute("water-bodies", &inputs()).await;
    let told = state(&world).await;
    assert_eq!(told["jobs"][0]["status"], "accepted");
    assert_eq!(told["jobs"][0]["progress"], Value::Null);
    world.get(&format!("/jobs/{JOB}")).await;
    world.get(&format!("/jobs/{JOB}")).await;
    world.send(Method::GET, "http://example.com/x", &[], "").await;
    for _ in 0..3 {
        let told = state(&world).await;
        let job = &told["jobs"][0];
        assert_eq!((&job["id"], &job["process"], &job["namespace"]), (&json!(JOB), &json!("water-bodies"), &json!("acme")));
        assert_eq!((&job["status"], &job["progress"]), (&json!("running"), &json!(15)));
        assert_eq!(job["message"], "processing environment created, preparing execution");
        assert_eq!(
            job["history"],
            json!([
                {"time": "2025-08-20T13:41:43Z", "message": "Pre-execution hook"},
                {"time": "2025-08-20T13:41:50Z", "message": "processing environment created, preparing execution"},
            ])
        );
        assert_eq!(told["requests"]["total"], 4);
        let latest = told["requests"]["latest"].as_array().unwrap();
        let lines: Vec<String> =
            latest.iter().map(|one| format!("{} {} {}{}", one["status"], one["by"], one["host"], one["path"])).collect();
        let expected = [
            r#"502 "refused" "example.com""/x""#.to_owned(),
            format!(r#"200 "ogc" "zoo-project-dru-service""/acme/ogc-api/jobs/{JOB}""#),
            format!(r#"200 "ogc" "zoo-project-dru-service""/acme/ogc-api/jobs/{JOB}""#),
            r#"201 "ogc" "zoo-project-dru-service""/acme/ogc-api/processes/water-bodies/execution""#.to_owned(),
        ];
        assert_eq!(lines, expected);
        assert_eq!(told["refused-hosts"], json!(["example.com"]));
        let processes: Vec<&Value> = told["processes"].as_array().unwrap().iter().map(|process| &process["id"]).collect();
        assert_eq!(processes, ["echo", "water-bodies"]);
        let objects = told["buckets"][0]["objects"].as_array().unwrap();
        assert_eq!((&told["buckets"][0]["name"], objects.len()), (&json!("results"), 6));
        assert!(objects.iter().any(|object| object["key"].as_str().unwrap().ends_with("otsu.tif") && object["bytes"] == 406_547));
    }
    // Ten statuses in all: watching has used none of them up.
    assert_eq!(world.follow(JOB).await.len(), 8);
    assert_eq!((&state(&world).await["jobs"][0]["progress"]), &json!(100));
}

#[tokio::test]
async fn a_job_that_fails_keeps_the_progress_that_it_had() {
    let world = World::new();
    let mut inputs = inputs();
    inputs["aoi"] = json!("0,0,0,0");
    world.execute("water-bodies", &inputs).await;
    world.follow(JOB).await;
    let job = &state(&world).await["jobs"][0];
    assert_eq!((&job["status"], &job["progress"]), (&json!("failed"), &json!(23)));
    assert_eq!(job["message"], "The area of interest does not overlap the item.");
}

#[tokio::test]
async fn nothing_shown_is_a_credential() {
    let world = World::new();
    let presigned = format!("{}/results/a.tif?X-Amz-Signature=0123abcd&X-Amz-Credential=somebody", world.testbed.s3_url());
    world.send(Method::GET, &presigned, &[], "").await;
    let told = state(&world).await.to_string();
    for secret in world.testbed.secrets().iter().map(String::as_str).chain(["0123abcd", "somebody"]) {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
}

#[tokio::test]
async fn who_listens_is_sent_the_state_when_it_changes() {
    let world = World::new();
    let mut stream = TcpStream::connect(world.proxy()).await.unwrap();
    stream.write_all(b"GET /events HTTP/1.1\r\nHost: me\r\n\r\n").await.unwrap();
    let mut heard = String::new();
    let mut hear = async |until: &str| {
        let mut buffer = [0; 65536];
        while !heard.contains(until) {
            let length = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut buffer)).await.unwrap().unwrap();
            heard.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
    };
    hear("text/event-stream").await;
    hear("data: {\"scenario\":\"water-bodies\"").await;
    world.execute("water-bodies", &inputs()).await;
    hear("\"status\":\"accepted\"").await;
    world.get(&format!("/jobs/{JOB}")).await;
    hear("Pre-execution hook").await;
}

#[tokio::test]
async fn by_the_clock_a_job_that_nobody_asks_for_is_seen_to_move() {
    let scenario = Scenario::load(&folder()).unwrap().with_clock(Clock::Real { speed: 400.0 });
    let world = World { testbed: Testbed::start(&scenario).unwrap() };
    assert_eq!(world.testbed.environment()["EOAP_POLL_INTERVAL"], "1s");
    world.execute("water-bodies", &inputs()).await;
    assert_eq!(state(&world).await["clock"], json!({"moved-by": "real", "speed": 400.0}));
    tokio::time::timeout(Duration::from_secs(20), async {
        while state(&world).await["jobs"][0]["status"] != "successful" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn every_request_is_told_to_who_listens() {
    let world = World::new();
    let requests = world.testbed.requests();
    world.get("/processes").await;
    let url = format!("{}/results?list-type=2", world.testbed.s3_url());
    world.s3(Method::GET, &url, &[], b"").await;
    world.send(Method::GET, "http://example.com/", &[], "").await;
    let told: Vec<_> = requests.try_iter().map(|one| (one.number, one.by, one.status, one.bytes > 0)).collect();
    assert_eq!(told, [(1, Answerer::Ogc, 200, true), (2, Answerer::S3, 200, true), (3, Answerer::Refused, 502, true)]);
}

#[tokio::test]
async fn the_servers_own_ports_answer_by_any_name() {
    let world = World::new();
    let port = |url: String| url.rsplit(':').next().unwrap().split('/').next().unwrap().to_owned();
    let (ogc, s3) = (port(world.testbed.ogc_url()), port(world.testbed.s3_url()));
    // Straight to the port, with a foreign name in the header.
    let mut stream = TcpStream::connect(format!("127.0.0.1:{ogc}")).await.unwrap();
    stream
        .write_all(b"GET /acme/ogc-api/processes HTTP/1.1\r\nHost: cluster.example\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    // As localhost, also through the proxy; with the bucket in the path and in the name.
    let by_name = world.send(Method::GET, &format!("http://localhost:{ogc}/acme/ogc-api/processes"), &[], "").await;
    assert_eq!(by_name.status, 200);
    let in_path = world.s3(Method::GET, &format!("http://localhost:{s3}/results?list-type=2"), &[], b"").await;
    assert_eq!(in_path.status, 200);
    let in_name = world.s3(Method::GET, &format!("http://results.localhost:{s3}/?list-type=2"), &[], b"").await;
    assert!(in_name.text().contains("otsu.tif"), "{}", in_name.text());
    assert_eq!(world.testbed.refused_hosts(), Vec::<String>::new());
}

#[test]
fn ports_are_those_that_were_asked_for() {
    let scenario = Scenario::load(&folder()).unwrap();
    let free: Vec<TcpListener> = (0..3).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let [proxy, ogc, s3] = [0, 1, 2].map(|index: usize| free[index].local_addr().unwrap().port());
    let ports = Ports { proxy, ogc, s3 };
    let taken = Testbed::start_on(&scenario, ports).err().unwrap();
    assert!(matches!(&taken, Error::Listen { server: "the proxy", port, .. } if *port == proxy), "{taken}");
    assert!(taken.to_string().starts_with(&format!("cannot listen on 127.0.0.1:{proxy} for the proxy: ")), "{taken}");
    drop(free);
    // Again and again: a port that has just been used is free.
    for _ in 0..2 {
        let testbed = Testbed::start_on(&scenario, ports).unwrap();
        assert_eq!(testbed.proxy_url(), format!("http://127.0.0.1:{proxy}"));
        assert_eq!(testbed.ogc_url(), format!("http://127.0.0.1:{ogc}/acme/ogc-api"));
        assert_eq!(testbed.s3_url(), format!("http://127.0.0.1:{s3}"));
    }
}
