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
    for (method, path) in [
        (Method::POST, "/jobs"),
        (Method::DELETE, "/processes"),
        (Method::GET, "/processes/water-bodies/execution"),
        (Method::PUT, "/conformance"),
    ] {
        let reply = world.send(method, &format!("{ROOT}{path}"), &[], "").await;
        is_exception(&reply, 405, "InvalidMethod", "InvalidMethod", "method");
    }
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
    for name in ["aoi", "stac_items"] {
        let reply = world.execute("water-bodies", &without(name)).await;
        is_exception(&reply, 400, "MissingParameterValue", "MissingParameterValue", &format!("The <{name}> argument"));
    }
    for (name, value) in [
        ("aoi", json!([-121.399, 39.834, -120.74, 40.472])),
        ("aoi", json!(12)),
        ("epsg", json!(4326)),
        ("bands", json!(["green", 8])),
        ("stac_items", json!({"value": false})),
    ] {
        let reply = world.execute("water-bodies", &with(name, value)).await;
        is_exception(&reply, 400, "InvalidParameterValue", "InvalidParameterValue", &format!("<{name}>"));
    }
    let accepted =
        [without("epsg"), without("bands"), with("epsg", Value::Null), with("unknown", json!(1)), with("bands", json!("green"))];
    for (number, inputs) in accepted.iter().enumerate() {
        assert_eq!(world.execute("water-bodies", inputs).await.status, 201, "{number}");
    }
}

#[tokio::test]
async fn a_body_has_to_be_json() {
    let world = World::new();
    let url = format!("{ROOT}/processes/water-bodies/execution");
    for body in ["", "{\"inputs\":", "[]", "{\"inputs\": 1}"] {
        let reply = world.send(Method::POST, &url, &[ASYNC], body).await;
        is_exception(&reply, 400, "BadRequest", "BadRequest", "JSON");
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
async fn a_wrong_limit_is_a_server_error() {
    let world = World::new();
    for query in ["limit=many", "limit=0", "skip=-1"] {
        let reply = world.get(&format!("/processes?{query}")).await;
        let kind = format!("{PREFIX}/invalid-query-parameter-value");
        is_exception(&reply, 500, "InvalidQueryParameterValue", &kind, query.split('=').next().unwrap());
    }
}
