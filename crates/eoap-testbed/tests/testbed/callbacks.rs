//! Subscribers get updates about their jobs.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::client::{ASYNC, JOB, ROOT, World, inputs};

/// What has been POSTed, with the path.
type Notices = Arc<Mutex<Vec<(String, Value)>>>;

/// Listens on loopback and writes down what comes; answers only when all of it is there.
async fn listen() -> (String, Notices) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let notices = Notices::default();
    let written = Arc::clone(&notices);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            let (head, body) = loop {
                let mut part = [0; 4096];
                let length = stream.read(&mut part).await.unwrap();
                request.extend_from_slice(&part[..length]);
                let text = String::from_utf8(request.clone()).unwrap();
                if let Some((head, body)) = text.split_once("\r\n\r\n")
                    && let Ok(body) = serde_json::from_str::<Value>(body)
                {
                    break (head.to_owned(), body);
                }
            };
            assert!(head.starts_with("POST ") && head.to_lowercase().contains("content-type: application/json"), "{head}");
            written.lock().unwrap().push((head.split(' ').nth(1).unwrap().to_owned(), body));
            stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await.unwrap();
        }
    });
    (url, notices)
}

async fn subscribe(world: &World, inputs: &Value, base: &str) -> u16 {
    let subscriber = json!({"inProgressUri": format!("{base}/on-its-way"), "successUri": format!("{base}/done"), "failedUri": format!("{base}/failed")});
    let body = json!({"inputs": inputs, "subscriber": subscriber}).to_string();
    world.send(Method::POST, &format!("{ROOT}/processes/water-bodies/execution"), &[ASYNC], body).await.status
}

/// Waits until the last notice is one of the end.
async fn all(notices: &Notices) -> Vec<(String, Value)> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let seen = notices.lock().unwrap().clone();
        if seen.last().is_some_and(|(path, _)| path != "/on-its-way") {
            return seen;
        }
        assert!(Instant::now() < deadline, "no end: {seen:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_subscriber_is_told_of_every_update_and_gets_the_results() {
    let world = World::new();
    let (url, notices) = listen().await;
    assert_eq!(subscribe(&world, &inputs(), &url).await, 201);
    let seen = all(&notices).await;
    assert_eq!(seen.len(), 11, "created, nine times running, results");
    assert_eq!(seen[0].1.get("processID"), None);
    assert_eq!((&seen[0].1["jobID"], seen[0].1.get("created")), (&json!(JOB), None));
    assert_eq!((&seen[3].1["status"], &seen[3].1["progress"]), (&json!("running"), &json!(23)));
    assert_eq!(seen[3].1["processID"], "water-bodies");
    let (path, results) = &seen[10];
    assert_eq!((path.as_str(), results), ("/done", &world.get(&format!("/jobs/{JOB}/results")).await.json()));
    assert_eq!(world.testbed.refused_hosts(), Vec::<String>::new());
}

#[tokio::test]
async fn a_subscriber_is_told_of_a_failure() {
    let world = World::new();
    let (url, notices) = listen().await;
    let mut empty = inputs();
    empty["aoi"] = json!("0,0,0,0");
    subscribe(&world, &empty, &url).await;
    let seen = all(&notices).await;
    let (path, exception) = seen.last().unwrap();
    assert_eq!((path.as_str(), &exception["title"]), ("/failed", &json!("NoApplicableCode")));
    assert!(exception["detail"].as_str().unwrap().contains("does not overlap the item"), "{exception}");
}

#[tokio::test]
async fn foreign_subscribers_are_not_called_but_named() {
    let world = World::new();
    assert_eq!(subscribe(&world, &inputs(), "http://example.com:8000").await, 201);
    let deadline = Instant::now() + Duration::from_secs(10);
    while world.get(&format!("/jobs/{JOB}")).await.json()["status"] != "successful" || world.testbed.refused_hosts().is_empty() {
        assert!(Instant::now() < deadline);
    }
    assert_eq!(world.testbed.refused_hosts(), ["example.com:8000"]);
}
