//! The suite turned on itself: checks that cannot fail would pass everything.
//!
//! Each is a separate trial. A server that always gives the same answer must not pass, and each reader finds
//! what it must find.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Version};
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use crate::documents::{self, EXCEPTION, RESULTS, SCHEMA, STATUS_INFO};
use crate::http::Reply;
use crate::listener::Listener;
use crate::openapi::OpenApi;
use crate::suite::{self, Outcome, Target};
use crate::{multipart, schema};

/// The trials, under their names.
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("self-check/an-empty-server-passes-nothing", empty_server),
        Trial::test("self-check/a-server-that-always-says-the-same-passes-next-to-nothing", parrot),
        Trial::test("self-check/a-server-that-is-not-there-fails", absent_server),
        Trial::test("self-check/wrong-documents-are-found", wrong_documents),
        Trial::test("self-check/values-fit-their-schemas-or-do-not", values),
        Trial::test("self-check/a-multipart-body-is-read-strictly", multipart_bodies),
        Trial::test("self-check/a-wrong-api-definition-is-found", wrong_definition),
    ]
}

fn equal<T: PartialEq + std::fmt::Debug>(found: &T, wanted: &T) -> Result<(), Failed> {
    if found == wanted { Ok(()) } else { Err(format!("found {found:?}\nwanted {wanted:?}").into()) }
}

fn passed(root: &str) -> Vec<&'static str> {
    let target = Target::Live {
        root: root.to_owned(),
        examples: Value::Null,
        processes: Vec::new(),
        listen: Some("127.0.0.1:0".to_owned()),
    };
    let tests = suite::all();
    let all = tests.iter().filter(|test| suite::judge(test, &target) == Outcome::Passed);
    all.map(|test| test.name).collect()
}

/// Only tests that demand no more than an answer with status 200 may pass.
fn empty_server() -> Result<(), Failed> {
    let listener = Listener::start("127.0.0.1:0", &json!({}))?;
    equal(&passed(&listener.url("")), &vec!["core/api-definition-op", "core/http"])
}

/// It declares everything and describes a process, and never does anything.
fn parrot() -> Result<(), Failed> {
    let classes = |part: &str, names: &[&str]| -> Vec<Value> {
        names.iter().map(|name| json!(format!("http://www.opengis.net/spec/ogcapi-processes-{part}/1.0/conf/{name}"))).collect()
    };
    let part_1 = ["core", "json", "html", "oas30", "job-list", "callback", "dismiss", "ogc-process-description"];
    let mut declared = classes("1", &part_1);
    declared.extend(classes("2", &["deploy-replace-undeploy", "ogcapppkg", "cwl", "docker"]));
    let listener = Listener::start(
        "127.0.0.1:0",
        &json!({
            "conformsTo": declared, "links": [], "processes": [{"id": "a", "version": "1", "mutable": "perhaps"}, {"id": "b", "version": "1"}], "jobs": [{}],
            "id": "b", "jobControlOptions": ["sync-execute", "async-execute"], "outputTransmission": ["value", "reference"],
            "inputs": {"i": {"schema": {"type": "text"}}}, "outputs": {"o": {"schema": 1}, "p": {}},
        }),
    )?;
    // Its declaration and its list are true to the form; the process, its executions and its jobs are not.
    let wanted = vec![
        "core/api-definition-op",
        "core/conformance-op",
        "core/conformance-success",
        "core/http",
        "core/process-list",
        "core/process-list-success",
        "ogc-process-description/inputs-def",
        "dru/deploy-post-op",
        "dru/replace-put-op",
        "dru/undeploy-delete-op",
    ];
    equal(&passed(&listener.url("")), &wanted)
}

fn absent_server() -> Result<(), Failed> {
    let listener = Listener::start("127.0.0.1:0", &Value::Null)?;
    let address = listener.url("");
    drop(listener);
    equal(&passed(&address), &Vec::new())
}

fn wrong_documents() -> Result<(), Failed> {
    let cases = [
        (&STATUS_INFO, json!({"jobID": "a", "status": "running", "type": "process", "more": 1}), vec![]),
        (
            &STATUS_INFO,
            json!({"jobID": 1, "status": "paused", "progress": 101, "created": "today"}),
            vec![
                "jobID is 1, not a string",
                "status is \"paused\", not one of accepted, running, successful, failed, dismissed",
                "type is missing",
                "created is \"today\", not a date of RFC 3339",
                "progress is 101, not an integer from 0 to 100",
            ],
        ),
        (&EXCEPTION, json!({"title": "NoSuchJob"}), vec!["type is missing"]),
        (&EXCEPTION, json!([]), vec!["the document is [], not an object"]),
        (&RESULTS, json!({"a": 1, "b": {"value": {}}, "c": {"href": "http://a"}, "d": {"bbox": [1]}, "e": [{}]}), vec![]),
        (&SCHEMA, json!({"oneOf": [{"type": "string"}, {"$ref": "#/a"}]}), vec![]),
        (&SCHEMA, json!({"oneOf": [{"typ": "string"}]}), vec!["oneOf[0].typ is no member of its schema"]),
    ];
    for (kind, document, wanted) in cases {
        let found = documents::problems(kind, &document);
        equal(&found.iter().map(String::as_str).collect(), &wanted)?;
    }
    let bare = documents::problems(&RESULTS, &json!({"a": {"hello": "world"}}));
    equal(&bare.len(), &1)
}

fn values() -> Result<(), Failed> {
    let cases = [
        (json!({"type": "string"}), json!("a"), json!(1)),
        (json!({"type": "integer", "minimum": 3}), json!(3), json!(2)),
        (json!({"type": "number", "maximum": 1}), json!(0.5), json!(1.5)),
        (json!({"enum": ["a", "b"]}), json!("b"), json!("c")),
        (json!({"oneOf": [{"type": "string"}, {"type": "object"}]}), json!({}), json!([])),
        (json!({"type": "object", "required": ["a"]}), json!({"a": 1}), json!({})),
        (json!({"type": "array", "minItems": 2, "items": {"type": "integer"}}), json!([1, 2]), json!([1, "b"])),
        (json!({"type": "string", "nullable": true}), json!(null), json!(false)),
    ];
    for (schema, right, wrong) in cases {
        equal(&(schema::fits(&schema, &right), schema::fits(&schema, &wrong)), &(true, false))?;
        equal(&schema::example(&schema).is_some_and(|value| schema::fits(&schema, &value)), &true)?;
        equal(&schema::counterexample(&schema).is_some_and(|value| !schema::fits(&schema, &value)), &true)?;
    }
    Ok(())
}

fn reply(content_type: &str, body: &str) -> Reply {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(content_type) {
        headers.insert("content-type", value);
    }
    let body = Bytes::from(body.to_owned());
    Reply { to: "GET /".to_owned(), version: Version::HTTP_11, status: 200, headers, body }
}

fn multipart_bodies() -> Result<(), Failed> {
    let good = "--x\r\nContent-ID: a\r\nContent-Type: text/plain\r\n\r\none\r\n--x\r\nContent-ID: <b>\r\n\r\n\r\n--x--\r\n";
    let (parts, problems) = multipart::parts(&reply("multipart/related; boundary=x", good));
    equal(&problems, &Vec::new())?;
    let read: Vec<_> = parts.iter().map(|part| (part.id(), part.body.as_slice())).collect();
    equal(&read, &vec![(Some("a"), b"one".as_slice()), (Some("b"), b"".as_slice())])?;

    let bad = "--x\r\nContent-ID: a\r\nStatus: 200 OK\r\none\r\n--x\r\nContent-ID: b\r\n\r\ntwo\r\n";
    let (parts, problems) = multipart::parts(&reply("multipart/related; boundary=\"x\"", bad));
    equal(&problems.len(), &3)?;
    equal(
        &parts.iter().map(|part| (part.id(), part.body.as_slice())).collect(),
        &vec![(Some("a"), b"one".as_slice()), (Some("b"), b"two\r\n".as_slice())],
    )?;
    equal(&multipart::parts(&reply("multipart/related", good)).1.len(), &1)
}

fn wrong_definition() -> Result<(), Failed> {
    let right = json!({
        "openapi": "3.0.3", "info": {"title": "t", "version": "1"},
        "paths": {"/jobs/{jobID}": {"get": {
            "parameters": [{"name": "jobID", "in": "path", "required": true, "schema": {"type": "string"}}],
            "responses": {"200": {"$ref": "#/components/responses/status"}},
        }}},
        "components": {"responses": {"status": {"description": "the status"}}},
    });
    equal(&OpenApi::new(right.clone()).problems(), &Vec::new())?;
    for (pointer, value) in [
        ("/openapi", json!("3.1.0")),
        ("/info/title", json!(null)),
        ("/paths/~1jobs~1{jobID}/get/parameters/0/required", json!(false)),
        ("/paths/~1jobs~1{jobID}/get/parameters/0/name", json!("id")),
        ("/paths/~1jobs~1{jobID}/get/responses", json!({})),
        ("/components/responses/status/description", json!(null)),
        ("/components/responses", json!({})),
    ] {
        let mut wrong = right.clone();
        *wrong.pointer_mut(pointer).ok_or("the pointer leads somewhere")? = value;
        equal(&OpenApi::new(wrong).problems().is_empty(), &false)?;
    }
    Ok(())
}
