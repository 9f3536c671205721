//! Some results, one output, and logs of a job, as ZOO-Project-DRU sends them.

use eoap::{Client, Execution, Job, ProblemKind, Response};
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path, query_param},
};

async fn get(server: &MockServer, at: &str, answer: ResponseTemplate) {
    Mock::given(method("GET")).and(path(at)).respond_with(answer).mount(server).await;
}

fn job(server: &MockServer) -> Job {
    Client::new(format!("{}/acme/ogc-api", server.uri())).expect("client").job("7")
}

#[tokio::test]
async fn some_of_the_results() {
    let server = MockServer::start().await;
    Mock::given(path("/acme/ogc-api/jobs/7/results"))
        .and(query_param("outputs", "a,b"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"a": 1, "b": 2})))
        .expect(1)
        .mount(&server)
        .await;
    let results = job(&server).results_of(["a", "b"]).await.expect("results");
    assert_eq!(results.names().collect::<String>(), "ab");
}

#[tokio::test]
async fn one_of_the_results_alone_may_come_as_it_is() {
    let server = MockServer::start().await;
    get(&server, "/acme/ogc-api/jobs/7/results", ResponseTemplate::new(200).set_body_json(json!({"hello": [1]}))).await;
    let results = job(&server).results_of("j").await.expect("results");
    assert_eq!(results.get("j").expect("output").value(), Some(&json!({"hello": [1]})));
}

#[tokio::test]
async fn job_knows_what_was_asked_for() {
    let server = MockServer::start().await;
    let created = ResponseTemplate::new(201).set_body_json(json!({"jobID": "7", "status": "running"}));
    Mock::given(method("POST")).respond_with(created).mount(&server).await;
    get(&server, "/acme/ogc-api/jobs/7/results", ResponseTemplate::new(200).set_body_raw("<p>", "text/html")).await;
    let client = Client::new(format!("{}/acme/ogc-api", server.uri())).expect("client");
    let raw = client.execute("p", Execution::new().output("page").response(Response::Raw)).await.expect("job");
    assert_eq!(raw.results().await.expect("results").get("page").expect("output").text().expect("text"), "<p>");
    // Raw outputs were not requested, so the page is a proxy's.
    client.job("7").results().await.expect_err("a page");
}

#[tokio::test]
async fn one_output_is_found_where_it_lies() {
    let server = MockServer::start().await;
    let at = |output: &str| format!("/acme/ogc-api/jobs/7/results/{output}");
    get(&server, &at("a"), ResponseTemplate::new(200).set_body_raw("17", "text/plain")).await;
    get(&server, &at("j"), ResponseTemplate::new(200).set_body_json(json!({"type": "FeatureCollection"}))).await;
    get(&server, &at("mask"), ResponseTemplate::new(301).insert_header("Location", "/acme/temp/mask.tif")).await;
    get(&server, "/acme/temp/mask.tif", ResponseTemplate::new(200).set_body_raw(*b"II*\0", "image/tiff")).await;
    let problem =
        json!({"title": "NoSuchOutput", "type": "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/no-such-output"});
    get(&server, &at("none"), ResponseTemplate::new(404).set_body_json(problem)).await;

    let job = job(&server);
    let a = job.output("a").await.expect("a");
    assert_eq!((a.media_type(), a.text().expect("text")), (Some("text/plain"), "17".to_owned()));
    assert_eq!(job.output("j").await.expect("j").value(), Some(&json!({"type": "FeatureCollection"})));
    let mask = job.output("mask").await.expect("mask");
    assert_eq!((mask.media_type(), mask.bytes().expect("bytes").as_ref()), (Some("image/tiff"), b"II*\0".as_slice()));
    let error = job.output("none").await.expect_err("no such output");
    assert_eq!(error.problem_kind(), Some(ProblemKind::NoSuchOutput));
}

#[tokio::test]
async fn logs_are_read_through_their_links() {
    let server = MockServer::start().await;
    let status = json!({"jobID": "7", "status": "failed", "links": [
        {"rel": "monitor", "href": "/acme/ogc-api/jobs/7"},
        {"rel": "related", "type": "text/plain", "title": "Tool log node_crop.log", "href": "/acme/temp/node_crop.log"},
        {"rel": "related", "type": "text/plain", "title": "Tool log node_otsu.log", "href": "/acme/temp/node_otsu.log"}
    ]});
    get(&server, "/acme/ogc-api/jobs/7", ResponseTemplate::new(200).set_body_json(status)).await;
    get(&server, "/acme/temp/node_otsu.log", ResponseTemplate::new(200).set_body_raw(*b"threshold 0.1 \xff\n", "text/plain"))
        .await;
    let job = job(&server);
    let logs = job.logs().await.expect("logs");
    assert_eq!(
        logs.iter().map(|log| log.title.as_deref().expect("title")).collect::<Vec<_>>(),
        ["Tool log node_crop.log", "Tool log node_otsu.log"]
    );
    assert_eq!(job.log(&logs[1]).await.expect("log"), "threshold 0.1 \u{fffd}\n");
}

#[tokio::test]
async fn definition_of_the_api_is_where_the_landing_page_says() {
    let definition = json!({
        "openapi": "3.0.3", "info": {"title": "ZOO", "version": "1.0"},
        "paths": {"/processes": {"get": {}, "post": {}, "parameters": []}, "/jobs": {"get": {}}}
    });
    for links in [
        json!([]),
        json!([{"rel": "service-desc", "type": "text/yaml", "href": "x"},
        {"rel": "service-desc", "type": "application/vnd.oai.openapi+json;version=3.0", "href": "openapi.json"}]),
    ] {
        let server = MockServer::start().await;
        let at = if links == json!([]) { "/acme/ogc-api/api" } else { "/acme/ogc-api/openapi.json" };
        get(&server, "/acme/ogc-api/", ResponseTemplate::new(200).set_body_json(json!({"links": links}))).await;
        get(&server, at, ResponseTemplate::new(200).set_body_json(definition.clone())).await;
        let api = Client::new(format!("{}/acme/ogc-api", server.uri())).expect("client").api().await.expect("definition");
        assert_eq!((api.title.as_deref(), api.version.as_deref()), (Some("ZOO"), Some("1.0")));
        assert_eq!(api.paths(), ["/processes", "/jobs"]);
        assert_eq!(
            api.to_string(),
            "ZOO\nversion 1.0, OpenAPI 3.0.3\n\npath        methods\n/processes  GET, POST\n/jobs       GET"
        );
    }
}

/// As wraptile, fastprocesses and others have it.
#[tokio::test]
async fn definition_of_the_api_is_found_where_servers_have_it() {
    let definition = json!({"openapi": "3.1.0", "info": {"title": "API", "version": "1"}, "paths": {}});
    for (links, at) in [
        (json!([{"rel": "service", "type": "application/openapi+json", "href": "/definition"}]), "/definition"),
        (json!([{"rel": "OpenAPI", "href": "definition"}]), "/acme/ogc-api/definition"),
        (json!([{"rel": "service-desc", "href": "gone"}]), "/acme/ogc-api/api"),
        (json!([]), "/acme/ogc-api/openapi.json"),
        (json!([]), "/openapi.json"),
    ] {
        let server = MockServer::start().await;
        // A page for people at the usual place is not a definition.
        if !at.ends_with("/api") {
            get(&server, "/acme/ogc-api/api", ResponseTemplate::new(200).set_body_string("<html>API</html>")).await;
        }
        get(&server, "/acme/ogc-api/", ResponseTemplate::new(200).set_body_json(json!({"links": links}))).await;
        get(&server, at, ResponseTemplate::new(200).set_body_json(definition.clone())).await;
        let api = Client::new(format!("{}/acme/ogc-api", server.uri())).expect("client").api().await.expect(at);
        assert_eq!(api.title.as_deref(), Some("API"));
    }
    let server = MockServer::start().await;
    get(&server, "/acme/ogc-api/", ResponseTemplate::new(200).set_body_json(json!({}))).await;
    let error = Client::new(format!("{}/acme/ogc-api", server.uri())).expect("client").api().await.expect_err("nowhere");
    assert!(error.http_status() == Some(404) && error.to_string().contains("/acme/ogc-api/api was"), "{error}");
}
