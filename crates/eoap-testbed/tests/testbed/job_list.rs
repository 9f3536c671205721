//! The job list: filters and pages.

use serde_json::{Value, json};

use crate::client::{JOB, ROOT, SECOND_JOB, World, inputs};

const ECHO_JOB: &str = "1f3b5c20-7dca-11f0-9c41-2a20aea25780";

/// Two jobs of water-bodies, of which the first has succeeded, and one of echo, which runs.
async fn world() -> World {
    let world = World::new();
    world.execute("water-bodies", &inputs()).await;
    world.execute("water-bodies", &inputs()).await;
    world.execute("echo", &json!({"a": "hello", "b": {}, "c": {"bbox": [0, 0, 1, 1]}})).await;
    world.follow(JOB).await;
    world
}

fn ids(list: &Value) -> Vec<&str> {
    list["jobs"].as_array().unwrap().iter().map(|job| job["jobID"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn jobs_are_filtered() {
    let world = world().await;
    for (query, expected) in [
        ("", [JOB, SECOND_JOB, ECHO_JOB].as_slice()),
        ("?processID=water-bodies", &[JOB, SECOND_JOB]),
        ("?processID=water-bodies,echo", &[JOB, SECOND_JOB, ECHO_JOB]),
        ("?processID=nope", &[]),
        ("?status=successful", &[JOB]),
        ("?status=running,failed", &[SECOND_JOB, ECHO_JOB]),
        ("?type=process", &[JOB, SECOND_JOB, ECHO_JOB]),
        ("?type=unknown", &[]),
        // The documented job was created at 13:41:42.566, the second ten minutes later, the one of echo
        // before both.
        ("?datetime=2025-08-20T13:41:42.566Z", &[JOB]),
        ("?datetime=2025-08-20T13:45:00Z/..", &[SECOND_JOB]),
        ("?datetime=../2025-08-20T13:45:00Z", &[JOB, ECHO_JOB]),
        ("?datetime=2025-08-20T13:40:00Z/2025-08-20T15:45:00%2B02:00", &[JOB]),
        ("?datetime=2025-08-21/..", &[]),
        // The documented job took 82 seconds.
        ("?minDuration=80", &[JOB]),
        ("?maxDuration=80", &[SECOND_JOB, ECHO_JOB]),
        ("?minDuration=80&maxDuration=81", &[]),
        ("?minDuration=80,900", &[JOB]),
        ("?status=running&processID=echo", &[ECHO_JOB]),
        ("?status=done", &[]),
    ] {
        let list = world.get(&format!("/jobs{query}")).await.json();
        assert_eq!((ids(&list), &list["numberTotal"]), (expected.to_vec(), &json!(expected.len())), "{query}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_a_server_error() {
    let world = world().await;
    for query in ["datetime=yesterday", "datetime=../..", "minDuration=long", "maxDuration=-1", "maxDuration=1,x"] {
        let reply = world.get(&format!("/jobs?{query}")).await;
        assert_eq!((reply.status, &reply.json()["title"]), (500, &json!("InvalidQueryParameterValue")), "{query}");
    }
}

#[tokio::test]
async fn pages_keep_the_filters() {
    let world = world().await;
    let mut path = "/jobs?status=running,successful&datetime=2025-08-20/..&limit=1".to_owned();
    let mut seen = Vec::new();
    loop {
        let list = world.get(&path).await.json();
        assert_eq!(list["numberTotal"], 3);
        seen.extend(ids(&list).into_iter().map(str::to_owned));
        let links = list["links"].as_array().unwrap();
        let rels: Vec<&str> = links.iter().map(|link| link["rel"].as_str().unwrap()).collect();
        assert_eq!(rels.contains(&"prev"), seen.len() > 1);
        let Some(next) = links.iter().find(|link| link["rel"] == "next") else { break };
        let href = next["href"].as_str().unwrap();
        assert!(href.contains("status=running,successful&datetime=2025-08-20/.."), "{href}");
        path = href.strip_prefix(ROOT).unwrap().to_owned();
    }
    assert_eq!(seen, [JOB, SECOND_JOB, ECHO_JOB]);
}
