//! Inputs checked against a description before anything is sent.

use eoap::{Client, Error, Execution, Input, Process};
use proptest::prelude::*;
use serde_json::{Value, json};

fn water_bodies() -> Process {
    serde_json::from_str(include_str!("../data/answers/zoo-process.json")).expect("description")
}

fn process(inputs: Value) -> Process {
    serde_json::from_value(json!({"id": "p", "inputs": inputs})).expect("description")
}

fn problems(process: &Process, execution: &Execution) -> Vec<String> {
    match process.validate(execution) {
        Ok(()) => Vec::new(),
        Err(Error::InvalidInputs { problems, .. }) => problems,
        Err(error) => panic!("{error}"),
    }
}

fn documented() -> Execution {
    Execution::new()
        .input("stac_items", ["https://example.org/items/a", "https://example.org/items/b"])
        .input("aoi", "-121.399,39.834,-120.74,40.472")
        .input("epsg", "EPSG:4326")
        .input("bands", ["green", "nir08"])
}

#[test]
fn documented_execution_fits() {
    let process = water_bodies();
    let execution = documented().validated(&process).expect("fits");
    assert_eq!(execution, documented());
    // An input with a default, or that may be null, is optional, although the description does not say
    // minOccurs 0.
    let least = Execution::new().input("aoi", "1,2,3,4").input("stac_items", "https://example.org/items/a");
    assert_eq!(problems(&process, &least), Vec::<String>::new());
    assert_eq!(problems(&process, &least.input("epsg", Value::Null)), Vec::<String>::new());
}

#[test]
fn every_problem_is_told_at_once_and_names_its_input() {
    let execution = Execution::new().input("AOI", "1,2,3,4").input("bands", json!(["green", 8])).input("epsg", 4326);
    let error = water_bodies().validate(&execution).expect_err("does not fit").to_string();
    assert_eq!(
        error,
        "the inputs do not fit process \"water-bodies\": AOI: the process has no such input, it has aoi, bands, epsg, stac_items; \
         bands[1]: a string is expected, not 8; epsg: a string is expected, not 4326; aoi: it is missing and required; \
         stac_items: it is missing and required"
    );
}

#[test]
fn number_of_values() {
    let process = process(json!({
        "one": {"schema": {"type": "string"}},
        "few": {"minOccurs": 2, "maxOccurs": 3, "schema": {"type": "integer"}},
        "many": {"minOccurs": 0, "maxOccurs": "unbounded", "schema": {"type": "integer"}}
    }));
    let with = |name: &str, value: Value| {
        let execution = Execution::new().input("one", "x").input("few", [1, 2]).input(name, value);
        problems(&process, &execution).join("\n")
    };
    assert_eq!(with("few", json!([1, 2, 3])), "");
    assert_eq!(with("few", json!([1])), "few: too few values (1), at least 2 are needed");
    assert_eq!(with("few", json!(1)), "few: one value is too few, a list of at least 2 is needed");
    assert_eq!(with("few", json!([1, 2, 3, 4])), "few: too many values (4), at most 3 are allowed");
    assert_eq!(with("few", json!("x")), "few: a string is expected, not \"x\"".replace("a string", "an integer"));
    assert_eq!(with("one", json!(["x", "y"])), "one: too many values (2), it takes one (give the value without a list)");
    assert_eq!(with("many", json!([])), "");
    assert_eq!(with("many", json!((0..50).collect::<Vec<_>>())), "");
    assert_eq!(with("many", json!(7)), "");
    assert_eq!(with("one", json!(null)), "one: a string is expected, not null");
}

#[test]
fn list_can_be_one_value() {
    let process = process(json!({"window": {"schema": {"type": "array", "items": {"type": "number"}, "minItems": 4}}}));
    let with = |value: Value| problems(&process, &Execution::new().input("window", value)).join("\n");
    assert_eq!(with(json!([1, 2, 3, 4])), "");
    assert_eq!(with(json!([1, 2])), "window: too few items (2), at least 4 are needed");
    assert_eq!(with(json!([1, 2, 3, "4"])), "window[3]: a number is expected, not \"4\"");
}

#[test]
fn values_in_other_clothes() {
    let process = process(json!({
        "scene": {"maxOccurs": 2, "schema": {"type": "object"}},
        "count": {"minOccurs": 0, "schema": {"type": "integer", "maximum": 9}},
        "aoi": {"minOccurs": 0, "schema": {"allOf": [{"format": "ogc-bbox"}, {"$ref": "../../openapi/schemas/bbox.yaml"}]}}
    }));
    let scene = Execution::new().input("scene", Input::href("https://example.org/x.tif"));
    let with = |name: &str, value: Input| problems(&process, &scene.clone().input(name, value)).join("\n");
    assert_eq!(with("scene", vec![Input::href("https://h/a"), Input::bytes([1], "image/tiff")].into()), "");
    assert_eq!(with("scene", Input::qualified("<a/>", "text/xml")), "");
    assert_eq!(with("count", Input::qualified(5, "application/json")), "");
    assert_eq!(with("count", Input::qualified(10, "application/json")), "count: 10 is too large, it has to be at most 9");
    assert_eq!(with("count", "5".into()), "count: an integer is expected, not \"5\"");
    assert_eq!(with("aoi", Input::bbox([1.0, 2.0, 3.0, 4.0])), "");
    assert!(with("aoi", json!({"bbox": [1, 2]}).into()).starts_with("aoi: a bounding box is expected"));
}

#[tokio::test]
async fn nothing_is_checked_unless_asked_for() {
    let server = wiremock::MockServer::start().await;
    wiremock::Mock::given(wiremock::matchers::any())
        .respond_with(wiremock::ResponseTemplate::new(201).set_body_json(json!({"jobID": "1", "status": "running"})))
        .expect(1)
        .mount(&server)
        .await;
    let client = Client::new(server.uri()).expect("client");
    client.execute("water-bodies", Execution::new().input("epsg", 4326)).await.expect("the server's business");
}

proptest! {
    /// Whatever a server describes and a notebook sends, the answer is yes or a list of problems with names.
    #[test]
    fn problems_begin_with_an_input(
        kind in prop::sample::select(vec!["string", "integer", "number", "array", "object", "boolean"]),
        least in prop::option::of(0..3_u64),
        most in prop::option::of(0..4_u64),
        values in prop::collection::vec(prop::sample::select(vec![json!(1), json!("x"), json!([1]), json!({"value": 2}), json!(null)]), 0..4),
        listed: bool,
    ) {
        let process = process(json!({"a": {"minOccurs": least, "maxOccurs": most, "schema": {"type": kind}}}));
        let value = if listed { Value::from(values) } else { values.first().cloned().unwrap_or_default() };
        for problem in problems(&process, &Execution::new().input("a", value)) {
            prop_assert!(problem.starts_with('a'), "{}", problem);
        }
    }
}
