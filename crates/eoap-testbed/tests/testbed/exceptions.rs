//! Every exception, with status, title, type and detail.

use http::Method;
use serde_json::{Value, json};

use crate::client::{ASYNC, JOB, ROOT, Reply, World, inputs};

const PREFIX: &str = "http://www.opengis.net/def/rel/ogc/1.0/exception";

#[track_caller]
fn is_exception(reply: &Reply, status: u16, title: &str, kind: &str, detail: &str) {
    assert_eq!(reply.status, status, "{}", reply.text());
    let document = reply.json();
    assert_eq!(document.as_object().unwrap().keys().collect::<Vec<_>>(), ["title", "type", "detail"]);
    assert_eq!((&document["title"], &document["type"]), (&json!(title), &json!(kind)));
    assert!(document["detail"].as_str().unwrap().contains(detail), "{document}");
    assert_eq!(reply.header("content-type"), "application/json;charset=UTF-8");
    assert_eq!(reply.header("x-powered-by"), "ZOO-Project-DRU");
    assert_eq!(reply.header("x-also-also-also-powered-by"), "");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let world = World::new();
    let process = format!("{PREFIX}/no-such-process");
    let job = format!("{PREFIX}/no-such-job");
    let reply = world.get("/processes/nope").await;
    is_exception(&reply, 404, "NoSuchProcess", &process, "Unable to parse the ZCFG file: nope.zcfg (No message provided)");
    let reply = world.execute("nope", &json!({})).await;
    is_exception(&reply, 404, "NoSuchProcess", &process, "The value for <identifier> seems to be wrong (nope).");
    for path in [format!("/jobs/{JOB}"), format!("/jobs/{JOB}/results")] {
        is_exception(&world.get(&path).await, 404, "NoSuchJob", &job, "The JobID from the request does not match");
    }
    for path in ["/nope", "/processes/water-bodies/nope", "/jobs/a/b/c", "/../ogc-api/nope"] {
        is_exception(&world.get(path).await, 400, "BadRequest", "BadRequest", "The resource is not available");
    }
    let elsewhere = world.send(Method::GET, "http://zoo-project-dru-service/", &[], "").await;
    is_exception(&elsewhere, 400, "BadRequest", "BadRequest", "The resource is not available");
}

#[tokio::test]
async fn a_wrong_method_is_refused() {
    let world = World::new();
    for (method, path) in [(Method::POST, "/jobs"), (Method::DELETE, "/processes"), (Method::PUT, "/conformance")] {
        let reply = world.send(method, &format!("{ROOT}{path}"), &[], "").await;
        is_exception(&reply, 405, "InvalidMethod", "InvalidMethod", "method");
    }
    // The address of an execution is taken for that of a process.
    let reply = world.get("/processes/water-bodies/execution").await;
    let kind = format!("{PREFIX}/no-such-process");
    is_exception(&reply, 404, "NoSuchProcess", &kind, "Unable to parse the ZCFG file: water-bodies/execution.zcfg");
    let reply = world.send(Method::PATCH, &format!("{ROOT}/processes"), &[], "{}").await;
    is_exception(&reply, 500, "InternalError", "InternalError", "Something went wrong");
    let reply = world.send(Method::OPTIONS, &format!("{ROOT}/processes"), &[], "").await;
    assert_eq!((reply.status, reply.text()), (200, "CORS is enabled.\n"));
}

#[tokio::test]
async fn results_of_a_running_job_are_not_ready() {
    let world = World::new();
    world.execute("water-bodies", &inputs()).await;
    for _ in 0..9 {
        let reply = world.get(&format!("/jobs/{JOB}/results")).await;
        is_exception(&reply, 404, "ResultNotReady", &format!("{PREFIX}/result-not-ready"), "The job is still running.");
        world.get(&format!("/jobs/{JOB}")).await;
    }
    assert_eq!(world.get(&format!("/jobs/{JOB}/results")).await.status, 404, "nine times running");
    world.get(&format!("/jobs/{JOB}")).await;
    assert_eq!(world.get(&format!("/jobs/{JOB}/results")).await.status, 200);
}

#[tokio::test]
async fn inputs_are_checked_against_the_description() {
    let world = World::new();
    let without = |name: &str| {
        let mut all = inputs();
        all.as_object_mut().unwrap().shift_remove(name);
        all
    };
    let with = |name: &str, value: Value| {
        let mut all = inputs();
        all[name] = value;
        all
    };
    // A job is there before anything is looked at, and fails then.
    for (wrong, why) in [
        (without("aoi"), "The <aoi> argument was not specified in DataInputs"),
        (without("stac_items"), "The <stac_items> argument was not specified in DataInputs"),
        (with("aoi", json!([-121.399, 39.834, -120.74, 40.472])), "aoi: [-121.399,39.834,-120.74,40.472] is not of type string"),
        (with("aoi", json!(12)), "four numbers, and not 1: 12"),
        (with("epsg", json!(4326)), "Invalid projection: 4326"),
        (with("bands", json!(["green", 8])), "Common band name 8 not found in the assets"),
        (with("stac_items", json!({"value": false})), "Could not read uri false"),
        (with("bands", json!("green")), "one of two bands, and not of 1"),
    ] {
        let created = world.execute("water-bodies", &wrong).await;
        assert_eq!(created.status, 201);
        let last = world.follow(created.json()["jobID"].as_str().unwrap()).await.pop().unwrap();
        let message = last["message"].as_str().unwrap();
        assert!(last["status"] == "failed" && message.contains(why), "{message}");
    }
    for inputs in [without("epsg"), with("unknown", json!(1))] {
        let created = world.execute("water-bodies", &inputs).await;
        let last = world.follow(created.json()["jobID"].as_str().unwrap()).await.pop().unwrap();
        assert_eq!(last["status"], "successful");
    }
    let reply = world.execute("water-bodies", &with("epsg", Value::Null)).await;
    assert_eq!((reply.status, &reply.json()["title"]), (500, &json!("NoApplicableCode")));
    assert_eq!(reply.header("content-type"), "application/json;encoding=utf-8", "the kernel dies of it");
}

#[tokio::test]
async fn a_body_has_to_be_json() {
    let world = World::new();
    let url = format!("{ROOT}/processes/water-bodies/execution");
    for (body, status, title, detail) in [
        ("", 400, "BadRequest", "The request body is empty"),
        ("{\"inputs\":", 405, "InvalidMethod", "This API does not support the method."),
        ("null", 400, "InvalidParameterValue", "cannot parse your POST data: None"),
        ("{\"inputs\": 1}", 400, "BadRequest", "JSON"),
    ] {
        let reply = world.send(Method::POST, &url, &[ASYNC], body).await;
        is_exception(&reply, status, title, title, detail);
    }
}

#[tokio::test]
async fn a_deployed_process_does_not_run_synchronously() {
    let world = World::new();
    let url = format!("{ROOT}/processes/water-bodies/execution");
    let body = json!({"inputs": inputs()}).to_string();
    for headers in [[].as_slice(), &[("prefer", "return=representation")]] {
        let reply = world.send(Method::POST, &url, headers, body.clone()).await;
        is_exception(&reply, 500, "None", "None", "The synchronous mode is not allowed for mutable services.");
    }
}

#[tokio::test]
async fn a_wrong_limit_is_an_empty_page() {
    let world = World::new();
    for query in ["limit=many", "limit=0", "limit=-1"] {
        let reply = world.get(&format!("/processes?{query}")).await;
        assert_eq!((reply.status, &reply.json()["processes"]), (200, &json!([])), "{query}");
    }
    assert_eq!(world.get("/processes?skip=-1").await.json()["processes"].as_array().unwrap().len(), 2);
}
