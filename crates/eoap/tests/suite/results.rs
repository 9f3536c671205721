//! Outputs in each form that servers send them in: documents, raw, in parts, by reference.

use eoap::{Client, Error, Execution, Link, Output, OutputFormat, Response, Retry};
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, headers, method, path},
};

fn client(server: &MockServer) -> Client {
    Client::new(format!("{}/acme/ogc-api", server.uri())).expect("client")
}

async fn server(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test]
async fn document_of_zoo() {
    let document = include_str!("../data/answers/zoo-results.json");
    let server = server(ResponseTemplate::new(200).set_body_raw(document, "application/json;charset=UTF-8")).await;
    let results = client(&server).execute_sync("hi", Execution::new()).await.expect("results");
    let get = |name: &str| results.get(name).expect(name);
    assert_eq!(get("a").value(), Some(&json!("x")));
    assert_eq!(get("t").media_type(), Some("text/plain"));
    assert_eq!(get("t").text().expect("text"), "some text");
    assert_eq!(get("b").bytes().expect("bytes").as_ref(), [0xff, 0]);
    assert_eq!(get("r").href(), Some("http://localhost:8080/temp//ZOO_DATA_hi_j_0.json"));
    assert_eq!(results.parse::<serde_json::Value>("n").expect("null"), json!(null));
    assert_eq!(results.len(), 9);
}

#[tokio::test]
async fn one_raw_output_with_the_two_content_types_of_zoo() {
    let tiff: &[u8] = b"II*\0\xff\xfe";
    let answer = ResponseTemplate::new(200)
        .append_header("Content-Type", "image/tiff")
        .append_header("Content-Type", "application/json;charset=UTF-8")
        .set_body_bytes(tiff);
    let server = server(answer).await;
    let execution = Execution::new().output("mask").response(Response::Raw);
    let results = client(&server).execute_sync("hi", &execution).await.expect("results");
    let mask = results.get("mask").expect("named as asked for");
    assert_eq!((mask.media_type(), mask.bytes().expect("bytes").as_ref()), (Some("image/tiff"), tiff));
    assert!(matches!(&mask, Output::Qualified(mask) if mask.is("image/tiff") && mask.encoding.as_deref() == Some("base64")));
    // A value that is here already is "fetched" without a request.
    let fetched = mask.fetch(&client(&server)).await.expect("here");
    assert_eq!((fetched.bytes.as_ref(), fetched.media_type.as_deref()), (tiff, Some("image/tiff")));
}

#[tokio::test]
async fn several_raw_outputs_as_zoo_cuts_them() {
    let boundary = "--93b3b1c2-7dcb-11f0-90ac-2a20aea25780";
    let body = format!(
        "{boundary}\r\nContent-Type: text/plain\r\nContent-ID: a\r\nStatus: 200 OK\r\nx\r\n\
         {boundary}\r\nContent-Type: application/json\r\nContent-ID: j\r\n{{\"hello\":[1,2,3]}}\r\n\
         {boundary}\r\nContent-Type: text/plain\r\nContent-ID: t\r\n\r\nsome text\r\n{boundary}--\r\n"
    );
    let content_type = format!("Multipart/Related; boundary=\"{boundary}\"; type=text/plain; start=a");
    let server = server(ResponseTemplate::new(200).set_body_raw(body, &content_type)).await;
    let results = client(&server).execute_sync("hi", Execution::new().response(Response::Raw)).await.expect("results");
    assert_eq!(results.names().collect::<Vec<_>>(), ["a", "j", "t"]);
    assert_eq!(results.get("a").expect("a").text().expect("text"), "x");
    assert_eq!(results.get("j").expect("j").value(), Some(&json!({"hello": [1, 2, 3]})));
    assert_eq!(results.get("t").expect("t").bytes().expect("bytes").as_ref(), b"some text");
}

#[tokio::test]
async fn parts_that_cannot_be_told_apart_are_an_error() {
    let server = server(ResponseTemplate::new(200).set_body_raw("no parts", "multipart/related; boundary=x")).await;
    let error = client(&server).execute_sync("hi", Execution::new()).await.expect_err("no parts");
    assert!(matches!(error, Error::Decode { .. }) && error.to_string().contains("the boundary \"x\""), "{error}");
}

#[tokio::test]
async fn references_are_fetched_from_where_they_lead() {
    let (server, store) = (MockServer::start().await, MockServer::start().await);
    let link = |server: &MockServer, at: &str| format!("<{}{at}>; rel=\"{}\"; type=\"image/tiff\"", server.uri(), &at[1..]);
    let answer = ResponseTemplate::new(204)
        .append_header("Link", link(&store, "/mask").as_str())
        .append_header("Link", "</acme/temp/stats.json>; rel=stats")
        .append_header("Link", "</acme/ogc-api/jobs/1>; rel=monitor");
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    Mock::given(path("/mask"))
        .and(headers("accept", vec!["image/tiff", "*/*;q=0.5"]))
        .respond_with(ResponseTemplate::new(200).set_body_bytes(*b"II*\0"))
        .mount(&store)
        .await;
    Mock::given(path("/acme/temp/stats.json"))
        .and(header("authorization", "Bearer hush"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"mean": 1})))
        .mount(&server)
        .await;
    let client = Client::builder(format!("{}/acme/ogc-api", server.uri())).bearer("hush").build().expect("client");
    let by_reference = || OutputFormat::new().by_reference();
    let execution =
        Execution::new().response(Response::Raw).output_with("mask", by_reference()).output_with("stats", by_reference());
    let results = client.execute_sync("hi", &execution).await.expect("references");
    assert_eq!(results.names().collect::<Vec<_>>(), ["mask", "stats"]);

    let mask = results.get("mask").expect("mask");
    assert!(mask.bytes().expect_err("not here").to_string().contains("output.fetch"));
    let mask = mask.fetch(&client).await.expect("mask");
    assert_eq!(mask.bytes.as_ref(), b"II*\0");
    let stats = results.get("stats").expect("stats").fetch(&client).await.expect("stats");
    assert_eq!(stats.json::<serde_json::Value>().expect("JSON"), json!({"mean": 1}));
    assert_eq!(stats.media_type.as_deref(), Some("application/json"));

    let elsewhere = store.received_requests().await.expect("requests");
    assert!(!elsewhere[0].headers.contains_key("authorization"));
}

#[tokio::test]
async fn link_that_nobody_serves_is_an_error() {
    let server = MockServer::start().await;
    let error = client(&server).fetch(&Link::new("gone.tif")).await.expect_err("404");
    assert_eq!(error.http_status(), Some(404));
}

#[tokio::test]
async fn server_is_found_that_calls_itself_by_a_name_unknown_here() {
    let server = MockServer::start().await;
    Mock::given(path("/temp/j.json")).respond_with(ResponseTemplate::new(200).set_body_json(json!(1))).mount(&server).await;
    let client = Client::builder(server.uri()).retry(Retry::never()).build().expect("client");
    // Nobody listens at this port; a name that cannot be resolved is the same, but asks the network.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("port");
    let elsewhere = format!("http://{}", listener.local_addr().expect("address"));
    drop(listener);
    let fetched = client.fetch(&Link::new(format!("{elsewhere}/temp/j.json"))).await.expect("fetched from the server");
    assert_eq!(fetched.text().expect("text"), "1");
    // If the server does not have it, either, the link as it was given is what cannot be fetched.
    let error = client.fetch(&Link::new(format!("{elsewhere}/temp/k.json"))).await.expect_err("nowhere").to_string();
    assert!(error.contains(&format!("{elsewhere}/temp/k.json")) && error.contains("no answer"), "{error}");
}

#[tokio::test]
async fn empty_answers_are_empty_results() {
    for answer in [ResponseTemplate::new(204), ResponseTemplate::new(200).set_body_json(json!({}))] {
        let server = server(answer).await;
        assert!(client(&server).execute_sync("hi", Execution::new().no_outputs()).await.expect("results").is_empty());
    }
}

#[tokio::test]
async fn list_of_pygeoapi() {
    let server = server(ResponseTemplate::new(200).set_body_json(json!({"outputs": [{"id": "echo", "value": "Hello"}]}))).await;
    let results = client(&server).execute_sync("hello-world", Execution::new()).await.expect("results");
    assert_eq!(results.only().expect("output").text().expect("text"), "Hello");
    assert!(results.get("outputs").is_err());
}
