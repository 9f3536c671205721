//! A process is deployed, replaced and undeployed.

use http::Method;
use serde_json::{Value, json};

use crate::client::{ROOT, Reply, World};
use crate::scenarios::copy;

const PACKAGE: &str = include_str!("../../scenarios/water-bodies/processes/water-bodies/package.cwl");
const HREF: &str =
    "https://github.com/eoap/mastering-app-package/releases/download/1.0.0/app-water-bodies-cloud-native.1.0.0.cwl";
const PART_2: &str = "http://www.opengis.net/def/exceptions/ogcapi-processes-2/1.0";

/// A package with one workflow that has this id and label.
fn small(id: &str, label: &str) -> String {
    format!("cwlVersion: v1.2\nclass: Workflow\nid: {id}\nlabel: {label}\ninputs: {{n: int}}\noutputs: {{n: int}}\nsteps: {{}}\n")
}

async fn deploy(world: &World, path: &str, media_type: &str, body: impl Into<String>) -> Reply {
    let method = if path.contains("/processes/") { Method::PUT } else { Method::POST };
    world.send(method, &format!("{ROOT}{path}"), &[("content-type", media_type)], body.into()).await
}

#[track_caller]
fn refused(reply: &Reply, status: u16, title: &str, detail: &str) -> String {
    let document = reply.json();
    assert_eq!((reply.status, &document["title"]), (status, &json!(title)), "{document}");
    assert!(document["detail"].as_str().unwrap().contains(detail), "{document}");
    document["type"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_first_lab_goes_as_documented() {
    let world = World::new();
    assert_eq!(world.delete("/processes/water-bodies").await.status, 204);
    let gone = world.delete("/processes/water-bodies").await;
    refused(&gone, 404, "NoSuchProcess", "water-bodies");
    assert_eq!(world.get("/processes").await.json()["numberTotal"], 1);

    // In the recorded run, the server cannot reach the file.
    let unit = json!({"executionUnit": {"href": HREF, "type": "application/cwl"}});
    let failed = deploy(&world, "/processes?w=water-bodies", "application/ogcapppkg+json", unit.to_string()).await;
    assert_eq!(failed.status, 500);
    assert_eq!(failed.json(), json!({"title": "NoApplicableCode", "type": "NoApplicableCode", "detail": "file not found"}));

    let created = deploy(&world, "/processes?w=water-bodies", "application/cwl+yaml", PACKAGE).await;
    assert_eq!((created.status, created.header("location")), (201, &*format!("{ROOT}/processes/water-bodies")));
    assert_eq!(created.header("content-type"), "application/json;charset=UTF-8");
    assert_eq!(created.header("x-also-also-also-powered-by"), "dru.securityOut");
    let summary = created.json();
    assert_eq!(
        summary.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["id", "title", "description", "mutable", "version", "metadata", "outputTransmission", "jobControlOptions", "links"]
    );
    assert_eq!(summary["links"][0]["rel"], "http://www.opengis.net/def/rel/ogc/1.0/execute");
    assert_eq!(summary["links"][0]["href"], format!("{ROOT}/processes/water-bodies/execution"));
    assert_eq!(summary["metadata"][1]["value"]["s.name"], "Jane Doe");

    let again = deploy(&world, "/processes?w=water-bodies", "application/cwl", PACKAGE).await;
    let kind = refused(&again, 409, "DuplicatedProcess", "A service with the same identifier is already deployed");
    assert_eq!((kind, again.header("location")), (format!("{PART_2}/duplicated-process"), created.header("location")));
    assert_eq!(world.get("/processes").await.json()["numberTotal"], 2);
}

#[tokio::test]
async fn a_deployed_process_with_a_folder_runs_with_its_timeline() {
    let world = World::new();
    world.delete("/processes/water-bodies").await;
    deploy(&world, "/processes", "application/cwl", PACKAGE).await;
    let job = world.execute("water-bodies", &crate::client::inputs()).await.json()["jobID"].as_str().unwrap().to_owned();
    assert_eq!(world.follow(&job).await.len(), 10);
    let results = world.get(&format!("/jobs/{job}/results")).await.json();
    assert_eq!(results["stac_catalog"]["value"]["features"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_deployed_process_without_a_folder_fails_and_says_what_to_add() {
    let world = World::new();
    let created = deploy(&world, "/processes", "application/cwl+yaml", small("mine", "Mine")).await;
    assert_eq!((created.status, &created.json()["version"]), (201, &json!("unknown")));
    let job = world.execute("mine", &json!({"n": 1})).await;
    assert_eq!(job.status, 201);
    let id = job.json()["jobID"].as_str().unwrap().to_owned();
    let last = world.follow(&id).await.pop().unwrap();
    assert_eq!(last["status"], "failed");
    assert!(last["message"].as_str().unwrap().contains("add a folder processes/mine with process.toml"), "{last}");
    refused(&world.get(&format!("/jobs/{id}/results")).await, 500, "NoApplicableCode", "failed to execute");
    let without = world.execute("mine", &json!({})).await.json()["jobID"].as_str().unwrap().to_owned();
    let last = world.follow(&without).await.pop().unwrap();
    assert!(last["message"].as_str().unwrap().contains("The <n> argument was not specified"), "{last}");
}

#[tokio::test]
async fn a_package_may_be_sent_in_many_ways() {
    let scenario =
        copy("scenario.toml", "[s3]", "[[package]]\nhref = \"https://example.com/apps/b.cwl\"\nfile = \"b.cwl\"\n\n[s3]");
    std::fs::write(scenario.path().join("b.cwl"), small("b", "B")).unwrap();
    let world = World::of(scenario.path());
    let as_json = json!({"cwlVersion": "v1.0", "$graph": [
        {"class": "CommandLineTool", "id": "tool"},
        {"class": "Workflow", "id": "#first", "inputs": [], "outputs": []},
        {"class": "Workflow", "id": "second", "inputs": {}, "outputs": {}},
    ]});
    let link = json!({"href": "https://example.com/apps/b.cwl", "type": "application/cwl"});
    let inline = json!({"value": small("c", "C"), "mediaType": "application/cwl"});
    let structured = json!({"value": as_json, "mediaType": "application/cwl+json"});
    let package = "application/ogcapppkg+json";
    for (query, media_type, body, id) in [
        ("", "application/cwl", as_json.to_string(), "first"),
        ("?w=second", "application/cwl", as_json.to_string(), "second"),
        ("", package, json!({"executionUnit": link}).to_string(), "b"),
        ("", "application/json", json!({"executionUnit": inline}).to_string(), "c"),
        ("", package, json!({"executionUnit": [structured], "processDescription": {"process": {"id": "d"}}}).to_string(), "d"),
    ] {
        let created = deploy(&world, &format!("/processes{query}"), media_type, body).await;
        assert_eq!((created.status, created.header("location")), (201, &*format!("{ROOT}/processes/{id}")), "{}", created.text());
        let description = world.get(&format!("/processes/{id}")).await.json();
        assert_eq!((&description["id"], &description["mutable"]), (&json!(id), &json!(true)));
        assert_eq!(description["links"][0]["href"], format!("{ROOT}/processes/{id}/execution"));
    }
}

#[tokio::test]
async fn what_cannot_be_deployed_is_refused() {
    let world = World::new();
    for media_type in ["application/cwl+json", "application/cwl; charset=utf-8", "text/plain", ""] {
        let reply = deploy(&world, "/processes", media_type, small("mine", "Mine")).await;
        let kind = refused(&reply, 415, "UnsupportedMediaType", media_type);
        assert_eq!(kind, format!("{PART_2}/unsupported-media-type"));
    }
    let package = "application/ogcapppkg+json";
    for (query, media_type, body, why) in [
        ("?w=other", "application/cwl", small("mine", "Mine"), "Workflow 'other' not found"),
        ("", "application/cwl", "cwlVersion: v1.0\nclass: CommandLineTool\n".to_owned(), "No Workflow found"),
        ("", "application/cwl", small("my;process", "Mine"), "\";\""),
        ("", "application/cwl+yaml", "a: [".to_owned(), "line 1"),
        ("", package, "{}".to_owned(), "executionUnit"),
        ("", package, "{".to_owned(), "EOF"),
    ] {
        let reply = deploy(&world, &format!("/processes{query}"), media_type, body).await;
        let why = if why.starts_with("No ") { "no Workflow found" } else { why };
        let kind = refused(&reply, 400, "WorkflowNotFound", why);
        assert_eq!(kind, format!("{PART_2}/workflow-not-found"));
    }
    let taken = deploy(&world, "/processes", "application/cwl", small("echo", "Echo")).await;
    refused(&taken, 409, "DuplicatedProcess", "already deployed");
    assert_eq!(world.get("/processes").await.json()["numberTotal"], 2);
}

#[tokio::test]
async fn a_process_is_replaced_under_its_own_id() {
    let world = World::new();
    deploy(&world, "/processes", "application/cwl", small("mine", "Old")).await;
    let replaced = deploy(&world, "/processes/mine", "application/cwl", small("mine", "New")).await;
    assert_eq!((replaced.status, replaced.text()), (204, ""));
    assert_eq!(replaced.header("location"), format!("{ROOT}/processes/mine"));
    assert_eq!(world.get("/processes/mine").await.json()["title"], "New");

    let other = deploy(&world, "/processes/mine", "application/cwl", small("other", "Other")).await;
    refused(&other, 404, "NoSuchProcess", "The process failed to be updated.");
    refused(&deploy(&world, "/processes/nope", "application/cwl", small("nope", "No")).await, 404, "NoSuchProcess", "nope");
    let built_in = deploy(&world, "/processes/echo", "application/cwl", small("echo", "Echo")).await;
    assert_eq!(refused(&built_in, 403, "ImmutableProcess", "echo"), format!("{PART_2}/immutable-process"));
    refused(&deploy(&world, "/processes/mine", "text/plain", "x").await, 415, "UnsupportedMediaType", "text/plain");
    assert_eq!(world.get("/processes/mine").await.json()["title"], "New");
}

#[tokio::test]
async fn built_in_processes_stay() {
    let world = World::new();
    refused(&world.delete("/processes/echo").await, 403, "ImmutableProcess", "echo");
    refused(&world.delete("/processes/nope").await, 404, "NoSuchProcess", "nope");
    assert_eq!(world.get("/processes/echo").await.status, 200);
}

#[tokio::test]
async fn a_job_outlives_its_process() {
    let world = World::new();
    let job = world.execute("water-bodies", &crate::client::inputs()).await.json()["jobID"].clone();
    world.delete("/processes/water-bodies").await;
    assert_eq!(world.execute("water-bodies", &Value::Null).await.status, 404);
    assert_eq!(world.follow(job.as_str().unwrap()).await.len(), 10);
}
