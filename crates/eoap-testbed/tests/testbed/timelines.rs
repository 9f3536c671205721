//! Timelines by the clock, and statuses that a client seldom meets.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::{JOB, World, inputs};
use crate::scenarios::copy;

#[tokio::test]
async fn by_the_clock_a_job_moves_on_by_itself() {
    // The documented run takes 82 seconds: here a tenth of one.
    let scenario = copy("scenario.toml", "[server]", "[jobs]\nclock = \"real\"\nspeed = 800\n\n[server]");
    let world = World::of(scenario.path());
    world.execute("water-bodies", &inputs()).await;
    // Nobody asks for its status, which would move it on by poll.
    let deadline = Instant::now() + Duration::from_secs(20);
    while world.get(&format!("/jobs/{JOB}/results")).await.status != 200 {
        assert!(Instant::now() < deadline, "the job never ends");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(world.get("/jobs?status=successful").await.json()["numberTotal"], 1);
}

#[tokio::test]
async fn by_the_clock_asking_often_changes_nothing() {
    let scenario = copy("scenario.toml", "[server]", "[jobs]\nclock = \"real\"\nspeed = 0.01\n\n[server]");
    let world = World::of(scenario.path());
    world.execute("water-bodies", &inputs()).await;
    for _ in 0..20 {
        assert_eq!(world.get(&format!("/jobs/{JOB}")).await.json()["progress"], 0);
    }
}

#[tokio::test]
async fn a_status_may_have_its_own_time() {
    let from = "updated = \"2025-08-20T13:41:43.104Z\"";
    let scenario = copy("processes/water-bodies/process.toml", from, &format!("{from}\nafter = \"0s\""));
    let path = scenario.path().join("scenario.toml");
    let text = std::fs::read_to_string(&path).unwrap().replace("[server]", "[jobs]\nclock = \"real\"\nspeed = 0.01\n\n[server]");
    std::fs::write(path, text).unwrap();
    let world = World::of(scenario.path());
    world.execute("water-bodies", &inputs()).await;
    assert_eq!(world.get(&format!("/jobs/{JOB}")).await.json()["message"], "Pre-execution hook");
}

#[tokio::test]
async fn a_job_may_be_paused_and_of_an_unknown_type() {
    let first = "[[status]]\nstatus = \"running\"\nprogress = 3";
    let scenario = copy("processes/water-bodies/process.toml", first, &first.replace("running", "paused"));
    let path = scenario.path().join("processes/water-bodies/process.toml");
    let text = std::fs::read_to_string(&path).unwrap().replace("accepted =", "type = \"unknown\"\naccepted =");
    std::fs::write(path, text).unwrap();
    let world = World::of(scenario.path());
    world.execute("water-bodies", &inputs()).await;
    let status = world.get(&format!("/jobs/{JOB}")).await.json();
    assert_eq!((&status["status"], &status["type"]), (&json!("paused"), &json!("unknown")));
    assert_eq!(world.get("/jobs?status=paused&type=unknown").await.json()["numberTotal"], 1);
    assert_eq!(world.get("/jobs?type=process").await.json()["numberTotal"], 0);
}
