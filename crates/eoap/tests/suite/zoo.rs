//! Recordings of a real ZOO-Project kernel behind Apache: several raw outputs, results behind redirects, and
//! failed jobs.

use std::collections::BTreeMap;

use eoap::{
    Client, Conformance, Error, Execution, LandingPage, LinkPolicy, Problem, ProblemKind, Process, ProcessList, Response,
    Results, Retry, StatusInfo,
};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header_exists, method, path},
};

const PARTS: &[u8] = include_bytes!("../data/zoo/zoo-multipart.body");
const PARTS_TYPE: &str = r#"Multipart/Related; boundary="--5c58857a-ec25-11f1-b20c-02fc00000001"; type=text/plain; start=text"#;

fn client(base: &str) -> Client {
    Client::builder(format!("{base}/ogc-api")).retry(Retry::never()).build().expect("client")
}

/// A server that answers one request with a body in pieces that end at the given places.
async fn in_pieces(body: &'static [u8], content_type: &str, ends: &[usize]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
    let address = format!("http://{}", listener.local_addr().expect("address"));
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n", body.len());
    let ends: Vec<usize> = ends.iter().copied().chain([body.len()]).collect();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        let mut request = vec![0; 4096];
        let _ = stream.read(&mut request).await.expect("a request");
        stream.write_all(head.as_bytes()).await.expect("head");
        let mut begin = 0;
        for end in ends {
            stream.write_all(&body[begin..end]).await.expect("a piece");
            stream.flush().await.expect("flush");
            tokio::task::yield_now().await;
            begin = end;
        }
        stream.shutdown().await.expect("end");
    });
    address
}

async fn check_parts(base: &str) {
    let results = client(base).execute_sync("multi", Execution::new().response(Response::Raw)).await.expect("results");
    assert_eq!(results.names().collect::<Vec<_>>(), ["text", "number", "doc", "picture"]);
    assert_eq!(results.get("text").expect("text").text().expect("text"), "hello Ada");
    assert_eq!(results.get("number").expect("number").text().expect("text"), "42.5");
    assert_eq!(results.get("doc").expect("doc").value(), Some(&json!({"type": "FeatureCollection", "features": []})));
    assert!(results.item_collection("doc").expect("items").items.is_empty());
    let picture = results.get("picture").expect("picture");
    let bytes: Vec<u8> = b"\x89PNG\r\n\x1a\n".iter().copied().chain(0..=255).collect();
    assert_eq!((picture.media_type(), picture.bytes().expect("bytes").to_vec()), (Some("image/png; charset=UTF-8"), bytes));
}

#[tokio::test]
async fn several_raw_outputs_of_the_kernel() {
    check_parts(&in_pieces(PARTS, PARTS_TYPE, &[]).await).await;
    for end in 1..PARTS.len() {
        if PARTS[end - 1] == b'-' || PARTS[end] == b'-' || PARTS[end] == b'\n' || end % 50 == 0 {
            check_parts(&in_pieces(PARTS, PARTS_TYPE, &[end]).await).await;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn several_raw_outputs_in_any_pieces(mut ends in prop::collection::vec(1..PARTS.len(), 1..20)) {
        ends.sort_unstable();
        ends.dedup();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(async { check_parts(&in_pieces(PARTS, PARTS_TYPE, &ends).await).await });
    }
}

fn rewritten<T: DeserializeOwned + Serialize>(document: &Value) -> Value {
    let typed: T = serde_json::from_value(document.clone()).unwrap_or_else(|error| panic!("{error}: {document}"));
    serde_json::to_value(&typed).expect("JSON")
}

/// Every answer of the kernel is read as what it is, and comes back as it was.
#[test]
fn answers_of_the_kernel() {
    let recorded: Value = serde_json::from_str(include_str!("../data/zoo/answers.json")).expect("JSON");
    let mut kinds = BTreeMap::new();
    for answer in recorded["answers"].as_array().expect("answers") {
        let text = |name: &str| answer[name].as_str().expect("a text");
        let (path, body, status) = (text("path"), &answer["body"], answer["status"].as_u64().expect("a status"));
        let segments: Vec<&str> = path.split('?').next().expect("a path").split('/').filter(|part| !part.is_empty()).collect();
        let (kind, again) = match (text("method"), status, segments.as_slice()) {
            (_, 400.., _) => ("problem", rewritten::<Problem>(body)),
            (_, _, []) => ("landing page", rewritten::<LandingPage>(body)),
            (_, _, ["conformance"]) => ("conformance", rewritten::<Conformance>(body)),
            (_, _, ["processes"]) => ("process list", rewritten::<ProcessList>(body)),
            (_, _, ["processes", _]) => ("process", rewritten::<Process>(body)),
            (_, 201, [.., "execution"]) | (_, _, ["jobs", _]) => ("status", rewritten::<StatusInfo>(body)),
            (_, 200, [.., "execution"]) => ("results", json!(Results::from_json(body.to_string()).expect("results").document())),
            other => panic!("{other:?}"),
        };
        assert_eq!(again.to_string(), body.to_string(), "{path}");
        if kind == "problem" {
            let problem: Problem = serde_json::from_value(body.clone()).expect("a problem");
            assert!(!matches!(problem.kind(), ProblemKind::Other(_)), "{problem}");
        }
        *kinds.entry(kind).or_insert(0) += 1;
    }
    assert_eq!(kinds.len(), 7, "{kinds:?}");
}

/// A job whose results are redirected to a file of the name that the server knows for itself.
async fn redirecting(server: &MockServer, target: &str, document: Value) {
    for at in ["", "/text", "/nope"] {
        Mock::given(path(format!("/ogc-api/jobs/395a/results{at}")))
            .respond_with(ResponseTemplate::new(302).insert_header("Location", target).set_body_string("<html>Found</html>"))
            .mount(server)
            .await;
    }
    let (_, at) = target.split_once("/temp").expect("a temporary file");
    Mock::given(method("GET"))
        .and(path(format!("/temp{at}")))
        .respond_with(ResponseTemplate::new(200).set_body_json(document))
        .mount(server)
        .await;
}

/// An address that nobody listens at.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("port");
    format!("http://{}", listener.local_addr().expect("address"))
}

#[tokio::test]
async fn results_are_found_where_tmp_url_names_another_host() {
    let server = MockServer::start().await;
    redirecting(&server, &format!("{}/temp//395a.json", nobody()), json!({"text": "hello Ada", "number": 42.5})).await;
    let results = client(&server.uri()).job("395a").results().await.expect("results");
    assert_eq!(results.get("number").expect("number").value(), Some(&json!(42.5)));

    // Credentials are for the server, and go with the request that it answers.
    let builder = Client::builder(format!("{}/ogc-api", server.uri())).bearer("hush").retry(Retry::never());
    let secret = json!({"text": "for you only"});
    Mock::given(path("/temp//395a.json"))
        .and(header_exists("authorization"))
        .respond_with(ResponseTemplate::new(200).set_body_json(secret))
        .with_priority(1)
        .mount(&server)
        .await;
    let results = builder.build().expect("client").job("395a").results().await.expect("results");
    assert_eq!(results.get("text").expect("text").text().expect("text"), "for you only");

    // Who wants links taken at their word gets that for redirects, too.
    let strict = Client::builder(format!("{}/ogc-api", server.uri())).links(LinkPolicy::Follow).retry(Retry::never());
    let error = strict.build().expect("client").job("395a").results().await.expect_err("nobody there");
    assert!(matches!(error, Error::Connection { .. }), "{error}");
}

#[tokio::test]
async fn results_are_found_where_another_server_answers_under_that_name() {
    let (server, other) = (MockServer::start().await, MockServer::start().await);
    redirecting(&server, &format!("{}/temp/395a.json", other.uri()), json!({"text": "hello"})).await;
    let results = client(&server.uri()).job("395a").results().await.expect("results");
    assert_eq!(results.get("text").expect("text").text().expect("text"), "hello");
    assert_eq!(other.received_requests().await.expect("requests").len(), 1);
}

#[tokio::test]
async fn results_of_a_failed_job_are_the_error_that_they_say() {
    let server = MockServer::start().await;
    let problem = json!({"title": "NoApplicableCode", "type": "NoApplicableCode", "detail": "Unable to run the service"});
    redirecting(&server, "/temp//395a.json", problem).await;
    let job = client(&server.uri()).job("395a");
    for error in [job.results().await.expect_err("no results"), job.output("text").await.expect_err("no output")] {
        assert_eq!(error.problem_kind(), Some(ProblemKind::NoApplicableCode));
        assert!(error.to_string().contains("Unable to run the service"), "{error}");
    }
}

#[tokio::test]
async fn one_output_is_taken_out_of_the_document_that_zoo_redirects_to() {
    let server = MockServer::start().await;
    redirecting(&server, "/temp//395a.json", json!({"text": "hello Ada", "number": 42.5})).await;
    let job = client(&server.uri()).job("395a");
    assert_eq!(job.output("text").await.expect("output").text().expect("text"), "hello Ada");
    let error = job.output("nope").await.expect_err("no such output");
    assert!(matches!(&error, Error::NoSuchOutput { available, .. } if available == &["text", "number"]), "{error}");
}
