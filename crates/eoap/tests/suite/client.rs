//! Requests and answers of the client, one server per test.

use eoap::{Client, Error, Execution, Prefer, ProblemKind};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_json, header, method, path},
};

const JOB: &str = "68046976-7dcb-11f0-90ac-2a20aea25780";

fn client(server: &MockServer) -> Client {
    Client::new(format!("{}/acme/ogc-api", server.uri())).expect("client")
}

fn created(server_root: &str) -> ResponseTemplate {
    ResponseTemplate::new(201)
        .insert_header("Location", format!("{server_root}/acme/ogc-api/jobs/{JOB}"))
        .insert_header("Preference-Applied", "respond-async;return=representation")
        .set_body_json(json!({
            "id": JOB, "jobID": JOB, "type": "process", "processID": "water-bodies", "status": "running", "progress": 0,
            "message": "ZOO-Kernel accepted to run your service!", "created": "2025-08-20T13:38:05.378Z",
            "links": [{"title": "Status location", "rel": "monitor", "type": "application/json",
                "href": format!("{server_root}/acme/ogc-api/jobs/{JOB}")}]
        }))
}

async fn on_execution(server: &MockServer, answer: ResponseTemplate) {
    Mock::given(method("POST"))
        .and(path("/acme/ogc-api/processes/water-bodies/execution"))
        .respond_with(answer)
        .expect(1)
        .mount(server)
        .await;
}

#[tokio::test]
async fn execution_is_posted_as_documented() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/acme/ogc-api/processes/water-bodies/execution"))
        .and(header("prefer", "respond-async;return=representation"))
        .and(header("content-type", "application/json"))
        .and(body_json(json!({"inputs": {"aoi": "-121.399,39.834,-120.74,40.472", "bands": ["green", "nir08"]}})))
        .respond_with(created(&server.uri()))
        .expect(1)
        .mount(&server)
        .await;
    let execution = Execution::new().input("aoi", "-121.399,39.834,-120.74,40.472").input("bands", ["green", "nir08"]);
    let job = client(&server).execute("water-bodies", &execution).await.expect("job");
    assert_eq!(job.id(), JOB);
    assert_eq!(job.process_id(), Some("water-bodies"));
    assert_eq!(job.status_url(), format!("{}/acme/ogc-api/jobs/{JOB}", server.uri()));
    assert_eq!(job.submitted().and_then(|status| status.progress()), Some(0.0));
}

#[tokio::test]
async fn links_to_another_host_are_neither_shown_nor_followed() {
    let server = MockServer::start().await;
    on_execution(&server, created("http://localhost:8080")).await;
    Mock::given(path(format!("/acme/ogc-api/jobs/{JOB}")))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"jobID": JOB, "status": "running"})))
        .expect(1)
        .mount(&server)
        .await;
    let job = client(&server).execute("water-bodies", Execution::new()).await.expect("job");
    assert_eq!(job.status_url(), format!("{}/acme/ogc-api/jobs/{JOB}", server.uri()));
    job.status().await.expect("status from the own base");
}

#[tokio::test]
async fn job_without_a_body_is_found_by_its_location() {
    for body in ["null", "", "{}"] {
        let server = MockServer::start().await;
        let answer =
            ResponseTemplate::new(201).insert_header("Location", format!("/acme/ogc-api/jobs/{JOB}")).set_body_string(body);
        on_execution(&server, answer).await;
        let execution = Execution::new().prefer(Prefer::RespondAsync);
        let job = client(&server).execute("water-bodies", &execution).await.expect("job");
        assert_eq!(job.id(), JOB);
    }
}

#[tokio::test]
async fn answer_without_a_job_is_an_error_and_loses_nothing() {
    let server = MockServer::start().await;
    on_execution(&server, ResponseTemplate::new(201)).await;
    let error = client(&server).execute("water-bodies", Execution::new()).await.expect_err("no job");
    assert!(matches!(error, Error::NoJobId { status: 201, .. }), "{error}");

    let server = MockServer::start().await;
    on_execution(&server, ResponseTemplate::new(200).set_body_json(json!({"answer": 42}))).await;
    match client(&server).execute("water-bodies", Execution::new()).await.expect_err("no job") {
        Error::AnsweredSynchronously { results, .. } => {
            assert_eq!(results.get("answer").expect("output").value().cloned(), Some(json!(42)))
        }
        error => panic!("{error}"),
    }
}

#[tokio::test]
async fn execution_is_never_posted_twice() {
    // `expect(1)` of the mock is the assertion.
    for answer in [
        ResponseTemplate::new(503).set_body_string("try later"),
        ResponseTemplate::new(307).insert_header("Location", "/acme/ogc-api/processes/water-bodies/execution"),
        ResponseTemplate::new(302).insert_header("Location", "/acme/ogc-api/processes/water-bodies/execution"),
    ] {
        let server = MockServer::start().await;
        on_execution(&server, answer).await;
        client(&server).execute("water-bodies", Execution::new()).await.expect_err("an error");
    }
}

#[tokio::test]
async fn problems_are_typed_and_say_what_to_do() {
    let prefix = "http://www.opengis.net/def/rel/ogc/1.0/exception";
    let cases: [(u16, Value, ProblemKind, &str); 4] = [
        (
            404,
            json!({"title": "NoSuchProcess", "type": format!("{prefix}/no-such-process"), "detail": "Unable to parse the ZCFG file: nope.zcfg"}),
            ProblemKind::NoSuchProcess,
            "client.processes()",
        ),
        (
            400,
            json!({"title": "MissingParameterValue", "type": "MissingParameterValue", "detail": "aoi"}),
            ProblemKind::MissingParameterValue,
            "describes the inputs",
        ),
        (
            400,
            json!({"code": "InvalidParameterValue", "type": "InvalidParameterValue", "description": "bad"}),
            ProblemKind::InvalidParameterValue,
            "bad",
        ),
        (
            500,
            json!({"title": "None", "type": "None", "detail": "The synchronous mode is not allowed for mutable services."}),
            ProblemKind::Other("None".into()),
            "not allowed for mutable",
        ),
    ];
    for (status, document, expected, advice) in cases {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(status).set_body_raw(document.to_string(), "application/json;encoding=utf-8");
        on_execution(&server, answer).await;
        let error = client(&server).execute("water-bodies", Execution::new()).await.expect_err("problem");
        assert_eq!(error.problem_kind(), Some(expected));
        assert_eq!(error.http_status(), Some(status));
        let text = error.to_string();
        assert!(text.contains(advice) && text.contains("/processes/water-bodies/execution"), "{text}");
        assert_eq!(format!("{error:?}"), text);
    }
}

#[tokio::test]
async fn text_of_a_proxy_is_shown() {
    let server = MockServer::start().await;
    let text = "this proxy does not know the host zoo-project-dru-service\n".repeat(20);
    Mock::given(path("/acme/ogc-api/processes"))
        .respond_with(ResponseTemplate::new(502).set_body_string(text))
        .mount(&server)
        .await;
    let error = client(&server).processes().await.expect_err("502").to_string();
    assert!(error.contains("was answered 502 without an error document: this proxy does not know the host zoo"), "{error}");
    assert!(error.chars().count() < 500, "{error}");
}

#[tokio::test]
async fn answer_that_is_no_json_is_shown() {
    let server = MockServer::start().await;
    Mock::given(path("/acme/ogc-api/processes"))
        .respond_with(ResponseTemplate::new(200).set_body_string("<html>Welcome"))
        .mount(&server)
        .await;
    let error = client(&server).processes().await.expect_err("HTML").to_string();
    assert!(error.contains("is not a process list") && error.ends_with("it begins: <html>Welcome"), "{error}");
}

#[tokio::test]
async fn connection_errors_name_their_cause() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("port");
    let address = listener.local_addr().expect("address");
    drop(listener);
    let error = Client::new(format!("http://{address}/acme")).expect("client").landing_page().await.expect_err("nobody there");
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("no answer to GET http://{address}/acme/: ")) && text.contains("onnection refused"),
        "{text}"
    );
}

#[tokio::test]
async fn resources_are_where_the_standard_has_them() {
    let server = MockServer::start().await;
    for (at, body) in [
        ("/acme/ogc-api/", json!({"title": "ZOO", "links": [{"href": "x"}]})),
        ("/acme/ogc-api/conformance", json!({"conformsTo": ["http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/core"]})),
        (
            "/acme/ogc-api/processes",
            json!({"processes": [{"id": "echo"}, {"id": "water-bodies"}], "links": [], "numberTotal": 2}),
        ),
        (
            "/acme/ogc-api/processes/water-bodies",
            json!({"id": "water-bodies", "inputs": {"aoi": {"schema": {"type": "string"}}}}),
        ),
    ] {
        Mock::given(method("GET"))
            .and(path(at))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&server)
            .await;
    }
    let client = client(&server);
    assert_eq!(client.landing_page().await.expect("landing page").title.as_deref(), Some("ZOO"));
    assert!(client.conformance().await.expect("conformance").has("ogcapi-processes-1/1.0/conf/core"));
    assert_eq!(client.processes().await.expect("list").number_total(), Some(2));
    assert!(client.process("water-bodies").await.expect("description").inputs.contains_key("aoi"));
}

#[tokio::test]
async fn credentials_go_to_the_server_and_nowhere_else() {
    let (server, other) = (MockServer::start().await, MockServer::start().await);
    let elsewhere = ResponseTemplate::new(302).insert_header("Location", format!("{}/landing", other.uri()));
    Mock::given(path("/api/")).and(header("authorization", "Bearer hush")).respond_with(elsewhere).mount(&server).await;
    Mock::given(path("/landing"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"links": []})))
        .mount(&other)
        .await;
    let client = Client::builder(format!("{}/api", server.uri())).bearer("hush").build().expect("client");
    client.landing_page().await.expect("landing page");
    let requests = other.received_requests().await.expect("recorded");
    assert!(!requests[0].headers.contains_key("authorization"));
    assert!(!format!("{client:?}").contains("hush"));
}

#[tokio::test]
async fn endless_redirects_end() {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(301).insert_header("Location", "/again")).mount(&server).await;
    let error = client(&server).processes().await.expect_err("a loop").to_string();
    assert!(error.contains("more than 5 redirects"), "{error}");
}

#[tokio::test]
async fn dismissal_with_and_without_a_body() {
    let server = MockServer::start().await;
    let body = json!({"jobID": "a", "status": "dismissed", "message": "ZOO-Kernel successfully dismissed your service!"});
    Mock::given(method("DELETE"))
        .and(path("/acme/ogc-api/jobs/a"))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(&server)
        .await;
    Mock::given(method("DELETE")).and(path("/acme/ogc-api/jobs/b")).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    for id in ["a", "b"] {
        let status = client(&server).job(id).dismiss().await.expect("dismissed");
        assert_eq!((status.id(), &status.status), (Some(id), &eoap::Status::Dismissed));
    }
}
