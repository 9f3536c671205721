//! Executing a process in each mode: as a job, synchronously, or as the server prefers.

use eoap::{Client, Error, Execution, Input, OutputFormat, Prefer, Response, Submitted};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_json, header, method, path},
};

fn client(server: &MockServer) -> Client {
    Client::new(format!("{}/acme/ogc-api", server.uri())).expect("client")
}

/// A server that gives this answer to every execution, and counts on one.
async fn server(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/acme/ogc-api/processes/echo/execution"))
        .respond_with(answer)
        .expect(1)
        .mount(&server)
        .await;
    server
}

fn job() -> Value {
    json!({"jobID": "7", "type": "process", "status": "running", "links": []})
}

async fn prefer_of(server: &MockServer) -> Option<String> {
    let requests = server.received_requests().await.expect("requests");
    requests[0].headers.get("prefer").map(|value| value.to_str().expect("text").to_owned())
}

#[tokio::test]
async fn synchronous_execution_gives_results() {
    let results = ResponseTemplate::new(200).set_body_json(json!({"echo": {"value": "Hello"}}));
    for (execution, prefer) in [
        (Execution::new(), Some("return=representation")),
        (Execution::new().response(Response::Raw), Some("return=minimal")),
        // A preference for a job is left out. Others are the caller's decision.
        (Execution::new().prefer(Prefer::RespondAsync), Some("return=representation")),
        (Execution::new().prefer(Prefer::wait(30)), Some("wait=30")),
        (Execution::new().prefer(Prefer::Nothing), None),
    ] {
        let server = server(results.clone()).await;
        let results = client(&server).execute_sync("echo", &execution).await.expect("results");
        assert_eq!(results.get("echo").expect("output").value(), Some(&json!("Hello")));
        assert_eq!(prefer_of(&server).await.as_deref(), prefer);
    }
}

#[tokio::test]
async fn job_in_place_of_results_is_named() {
    let server = server(ResponseTemplate::new(201).set_body_json(job())).await;
    let error = client(&server).execute_sync("echo", Execution::new()).await.expect_err("a job");
    assert!(matches!(&error, Error::AnsweredAsynchronously { job, .. } if job == "7"), "{error}");
    assert!(error.to_string().contains("client.job(\"7\")"), "{error}");
}

#[tokio::test]
async fn server_decides_when_it_is_asked_to() {
    let location = |template: ResponseTemplate| template.insert_header("Location", "/acme/ogc-api/jobs/7");
    for answer in [
        ResponseTemplate::new(201).set_body_json(job()),
        location(ResponseTemplate::new(201)).set_body_string("null"),
        location(ResponseTemplate::new(202)),
        ResponseTemplate::new(200).set_body_json(job()),
        ResponseTemplate::new(200).set_body_json(json!({"id": "7", "processingEntityType": "process", "status": "accepted"})),
    ] {
        let server = server(answer).await;
        let execution = Execution::new().prefer(Prefer::respond_async_after(5));
        match client(&server).submit("echo", &execution).await.expect("submitted") {
            Submitted::Job(job) => assert_eq!((job.id(), job.process_id()), ("7", Some("echo"))),
            other => panic!("{other:?}"),
        }
        assert_eq!(prefer_of(&server).await.as_deref(), Some("respond-async, wait=5"));
    }
    for (answer, outputs) in [
        // pygeoapi names a job, too, when it has run the process at once.
        (location(ResponseTemplate::new(200)).set_body_json(json!({"id": "echo", "value": "Hello"})), 1),
        // Outputs may have the names of a status's members.
        (ResponseTemplate::new(200).set_body_json(json!({"id": "x", "status": "dry"})), 2),
        (ResponseTemplate::new(200).set_body_json(json!({"jobID": "x", "status": "dry"})), 2),
        (ResponseTemplate::new(204), 0),
    ] {
        let server = server(answer).await;
        match client(&server).submit("echo", Execution::new()).await.expect("submitted") {
            Submitted::Results(results) => assert_eq!(results.len(), outputs, "{results}"),
            other => panic!("{other:?}"),
        }
    }
    let server = server(ResponseTemplate::new(201)).await;
    let error = client(&server).submit("echo", Execution::new()).await.expect_err("which job?");
    assert!(matches!(error, Error::NoJobId { status: 201, .. }), "{error}");
}

#[tokio::test]
async fn results_of_a_submission_come_either_way() {
    let server = server(ResponseTemplate::new(201).set_body_json(job())).await;
    for (at, body) in [("", json!({"jobID": "7", "status": "successful"})), ("/results", json!({"echo": 1}))] {
        Mock::given(method("GET"))
            .and(path(format!("/acme/ogc-api/jobs/7{at}")))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&server)
            .await;
    }
    let submitted = client(&server).submit("echo", Execution::new()).await.expect("submitted");
    assert_eq!(submitted.results().await.expect("results").document()["echo"], 1);
}

#[tokio::test]
async fn outputs_named_like_a_status_are_no_job() {
    let server = server(ResponseTemplate::new(200).set_body_json(json!({"id": "x", "status": "running"}))).await;
    let error = client(&server).execute("echo", Execution::new()).await.expect_err("results");
    assert!(matches!(error, Error::AnsweredSynchronously { .. }), "{error}");
}

#[tokio::test]
async fn synchronous_answer_to_an_asynchronous_wish_tells_of_references_too() {
    let answer = ResponseTemplate::new(204).insert_header("Link", "<http://h/mask.tif>; rel=\"mask\"; type=\"image/tiff\"");
    let server = server(answer).await;
    match client(&server).execute("echo", Execution::new()).await.expect_err("results") {
        Error::AnsweredSynchronously { results, .. } => {
            assert_eq!(results.get("mask").expect("output").href(), Some("http://h/mask.tif"));
        }
        error => panic!("{error}"),
    }
}

#[tokio::test]
async fn every_kind_of_input_is_sent() {
    let server = MockServer::start().await;
    let file = std::env::temp_dir().join(format!("eoap-input-{}.geojson", std::process::id()));
    std::fs::write(&file, "{}").expect("file");
    let execution = Execution::new()
        .input("number", 1.5)
        .input("list", ["a", "b"])
        .input("object", json!({"nested": [1]}))
        .input("bbox", Input::bbox_in([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "http://www.opengis.net/def/crs/EPSG/0/4979"))
        .input("text", Input::qualified("<a/>", "text/xml").encoding("utf-8"))
        .input("scene", Input::href("https://h/x.tif").media_type("image/tiff"))
        .input("file", Input::file(&file).expect("file"))
        .input("mixed", vec![Input::from(1), Input::href("https://h/y")])
        .output("a")
        .output_with("b", OutputFormat::new().media_type("image/tiff").by_reference())
        .response(Response::Document);
    std::fs::remove_file(&file).expect("removed");
    Mock::given(method("POST"))
        .and(header("content-type", "application/json"))
        .and(body_json(json!({
            "inputs": {
                "number": 1.5, "list": ["a", "b"], "object": {"nested": [1]},
                "bbox": {"bbox": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "crs": "http://www.opengis.net/def/crs/EPSG/0/4979"},
                "text": {"value": "<a/>", "mediaType": "text/xml", "encoding": "utf-8"},
                "scene": {"href": "https://h/x.tif", "type": "image/tiff"},
                "file": {"value": "e30=", "mediaType": "application/geo+json", "encoding": "base64"},
                "mixed": [1, {"href": "https://h/y"}]
            },
            "outputs": {"a": {}, "b": {"format": {"mediaType": "image/tiff"}, "transmissionMode": "reference"}},
            "response": "document"
        })))
        .respond_with(ResponseTemplate::new(201).set_body_json(job()))
        .expect(1)
        .mount(&server)
        .await;
    client(&server).execute("echo", &execution).await.expect("job");
}
