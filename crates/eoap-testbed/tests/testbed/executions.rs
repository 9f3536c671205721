//! Executions other than the documented one: later jobs, other inputs, failures, dismissal, synchronous mode.

use http::Method;
use serde_json::{Value, json};

use crate::client::{ASYNC, FIRST_ITEM, JOB, ROOT, S3, SECOND_ITEM, SECOND_JOB, World, inputs};

#[tokio::test]
async fn a_second_job_has_its_own_id_dates_results_and_objects() {
    let world = World::new();
    world.execute("water-bodies", &inputs()).await;
    let second = world.execute("water-bodies", &inputs()).await;
    assert_eq!(second.header("location"), format!("{ROOT}/jobs/{SECOND_JOB}"));
    assert_eq!(second.json()["created"], "2025-08-20T13:51:42.566Z");

    let key = format!("{S3}/results/{SECOND_JOB}/{SECOND_JOB}/{FIRST_ITEM}");
    assert_eq!(world.s3(Method::GET, &format!("{key}/otsu.tif"), &[], b"").await.status, 404);
    assert_eq!(world.follow(SECOND_JOB).await.len(), 10, "the first job is not moved on by the second");
    assert_eq!(world.follow(JOB).await.len(), 10);

    let results = world.get(&format!("/jobs/{SECOND_JOB}/results")).await;
    assert!(results.text().contains(SECOND_JOB) && !results.text().contains(JOB));
    let raster = world.s3(Method::HEAD, &format!("{key}/otsu.tif"), &[], b"").await;
    assert_eq!(raster.header("content-length"), "406547");
    assert_eq!(raster.header("last-modified"), "Wed, 20 Aug 2025 13:52:57 GMT");
    let item = world.s3(Method::GET, &format!("{key}/{FIRST_ITEM}.json"), &[], b"").await;
    assert!(item.text().contains(SECOND_JOB) && !item.text().contains(JOB));
    assert_eq!(item.body.len(), 3447);
}

#[tokio::test]
async fn results_hold_the_items_that_were_asked_for() {
    let world = World::new();
    let mut wanted = inputs();
    wanted["stac_items"] = json!([wanted["stac_items"][1]]);
    world.execute("water-bodies", &wanted).await;
    world.follow(JOB).await;
    let collection = world.get(&format!("/jobs/{JOB}/results")).await.json();
    let features = collection["stac_catalog"]["value"]["features"].as_array().unwrap();
    assert_eq!(features.iter().map(|item| item["id"].as_str().unwrap()).collect::<Vec<_>>(), [SECOND_ITEM]);
}

#[tokio::test]
async fn a_job_fails_where_the_scenario_says_so() {
    let world = World::new();
    let mut empty = inputs();
    empty["aoi"] = json!("0,0,0,0");
    world.execute("water-bodies", &empty).await;
    let documents = world.follow(JOB).await;
    let last = &documents[4];
    assert_eq!((documents.len(), &last["status"]), (5, &json!("failed")));
    assert_eq!(
        last["message"],
        "Unable to run the Service. The message returned back by the Service was the following: \
         The area of interest does not overlap the item."
    );
    assert_eq!(last["links"].as_array().unwrap().len(), 1);
    assert_eq!(last.get("progress"), None);
    assert!(last["finished"].is_string());
    let results = world.get(&format!("/jobs/{JOB}/results")).await;
    assert_eq!((results.status, &results.json()["title"]), (500, &json!("NoApplicableCode")));
}

#[tokio::test]
async fn an_item_that_is_nowhere_makes_a_job_fail_and_is_named() {
    let world = World::new();
    let mut other = inputs();
    other["stac_items"] = json!("https://example.com/items/S2B_10TFK_20210713_0_L2A");
    world.execute("water-bodies", &other).await;
    let documents = world.follow(JOB).await;
    assert_eq!(documents.len(), 5);
    assert!(documents[4]["message"].as_str().unwrap().contains("S2B_10TFK_20210713_0_L2A"));
}

#[tokio::test]
async fn a_dismissed_job_is_gone() {
    let world = World::new();
    world.execute("water-bodies", &inputs()).await;
    world.get(&format!("/jobs/{JOB}")).await;
    let url = format!("{ROOT}/jobs/{JOB}");
    let dismissed = world.send(Method::DELETE, &url, &[], "").await;
    assert_eq!(dismissed.status, 200);
    let document = dismissed.json();
    assert_eq!((&document["status"], &document["jobID"]), (&json!("dismissed"), &json!(JOB)));
    assert_eq!(document["message"], "ZOO-Kernel successfully dismissed your service!");
    assert_eq!(document["links"][0]["rel"], "parent");
    assert_eq!(document.get("finished"), None);
    for reply in [world.send(Method::DELETE, &url, &[], "").await, world.get(&format!("/jobs/{JOB}")).await] {
        assert_eq!((reply.status, &reply.json()["title"]), (404, &json!("NoSuchJob")));
    }
    let next = world.execute("water-bodies", &inputs()).await;
    assert_eq!(next.json()["jobID"], SECOND_JOB, "ids are not used twice");
}

#[tokio::test]
async fn a_built_in_process_runs_at_once() {
    let world = World::new();
    let inputs = json!({"a": "hello", "b": {"value": {"x": 1}}, "c": {"bbox": [1, 2, 3, 4]}});
    let url = format!("{ROOT}/processes/echo/execution");
    let run = async |prefer: &str, body: Value| world.send(Method::POST, &url, &[("prefer", prefer)], body.to_string()).await;

    let document = run("return=representation", json!({"inputs": inputs})).await;
    assert_eq!(document.status, 200);
    assert_eq!(document.text(), r#"{"a":"hello","b":{"value":{"x":1}},"c":{"value":{"bbox":[1,2,3,4]}}}"#);
    let some = run("return=minimal", json!({"inputs": inputs, "outputs": {"c": {}}, "response": "document"})).await;
    assert_eq!(some.text(), r#"{"c":{"value":{"bbox":[1,2,3,4]}}}"#);
    let raw = run("return=minimal", json!({"inputs": inputs, "outputs": {"a": {}}})).await;
    assert_eq!((raw.status, raw.text()), (200, "hello"));
    let job = world.send(Method::POST, &url, &[ASYNC], json!({"inputs": inputs}).to_string()).await.json();
    let job = job["jobID"].as_str().unwrap();
    assert_eq!(world.follow(job).await.len(), 2);
    assert_eq!(world.get(&format!("/jobs/{job}/results")).await.json(), document.json());
}

#[tokio::test]
async fn failures_are_by_pattern_and_by_range() {
    let failure = "[[failure]]\ninput = \"name\"\npattern = \"^[0-9]\"\nmessage = \"A name does not begin with a digit.\"\n\n\
                   [[failure]]\ninput = \"name\"\nbelow = -5\nmessage = \"Too cold.\"\n\n[[failure]]";
    let scenario = crate::scenarios::copied("literal", "processes/greet/process.toml", "[[failure]]", failure);
    let world = World::of(scenario.path());
    for (name, why) in [("7 of 9", Some("does not begin with a digit")), ("-6.5", Some("Too cold.")), ("-5", None), ("Ada", None)]
    {
        let created = world.execute("greet", &json!({"name": name})).await.json();
        let last = world.follow(created["jobID"].as_str().unwrap()).await.pop().unwrap();
        match why {
            Some(why) => assert!(last["message"].as_str().unwrap().contains(why), "{name}: {last}"),
            None => assert_eq!(last["status"], "successful", "{name}: {last}"),
        }
    }
    let wrong = crate::scenarios::copied("literal", "processes/greet/process.toml", "input = \"name\"", "pattern = \"x\"");
    crate::scenarios::refused(&wrong, "process.toml:19: ", "failure.pattern: it has to be said of which input");
}

#[tokio::test]
async fn who_shows_no_token_or_another_is_not_let_in() {
    let scenario = crate::scenarios::copied("literal", "scenario.toml", "[server]\n", "[server]\ntoken = \"open-sesame\"\n");
    let world = World::of(scenario.path());
    assert!(world.testbed.secrets().contains(&"open-sesame".to_owned()));
    for (token, status) in [(None, 401), (Some("Bearer open-barley"), 403), (Some("Bearer open-sesame"), 200)] {
        let headers: Vec<(&str, &str)> = token.map(|token| ("authorization", token)).into_iter().collect();
        let reply = world.send(Method::GET, &format!("{ROOT}/processes"), &headers, "").await;
        assert_eq!(reply.status, status, "{token:?}");
        assert_eq!(reply.json()["title"] == "NotAllowed", status != 200);
    }
}

#[tokio::test]
async fn a_page_of_another_origin_may_ask_where_the_scenario_says_so() {
    let scenario =
        crate::scenarios::copied("literal", "scenario.toml", "[server]\n", "[server]\ncors = true\nlinks = \"asked\"\n");
    let (world, silent) = (World::of(scenario.path()), World::of(&crate::client::scenario("literal")));
    for method in [Method::OPTIONS, Method::GET] {
        let url = format!("{ROOT}/processes");
        let reply = world.send(method.clone(), &url, &[], "").await;
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, "*"));
        assert!(reply.header("access-control-allow-headers").contains("Prefer"));
        assert_eq!(silent.send(method, &url, &[], "").await.header("access-control-allow-origin"), "");
    }
    // Links begin with the host that was asked: here the server's own port.
    let own = world.testbed.ogc_url();
    let list = world.send(Method::GET, &format!("{own}/processes"), &[], "").await;
    assert_eq!(list.json()["links"][0]["href"], format!("{own}/processes"));
    assert!(list.header("link").starts_with(&format!("<{own}/processes>")), "{}", list.header("link"));
}
