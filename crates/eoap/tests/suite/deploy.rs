//! Deploying, replacing and removing processes, against a server that answers as ZOO-Project-DRU does.

use eoap::{Client, Error, Package, ProblemKind};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_json, body_string, header, method, path, query_param},
};

const CWL: &str = "cwlVersion: v1.2\n$graph:\n- class: Workflow\n  id: water-bodies\n";
const DEPLOYED: &str = include_str!("../data/answers/zoo-deployed.json");

fn client(server: &MockServer) -> Client {
    Client::new(format!("{}/acme/ogc-api", server.uri())).expect("client")
}

fn deployed() -> ResponseTemplate {
    ResponseTemplate::new(201)
        .insert_header("X-Powered-By", "ZOO-Project-DRU")
        .insert_header("X-Also-Powered-By", "jwt.securityIn")
        .insert_header("Location", "http://localhost:8080/acme/ogc-api/processes/water-bodies")
        .set_body_raw(DEPLOYED, "application/json;charset=UTF-8")
}

#[tokio::test]
async fn cwl_is_deployed_with_the_media_type_that_zoo_compares() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/acme/ogc-api/processes"))
        .and(query_param("w", "water-bodies"))
        .and(header("content-type", "application/cwl+yaml"))
        .and(body_string(CWL))
        .respond_with(deployed())
        .expect(1)
        .mount(&server)
        .await;
    let deployed = client(&server).deploy(&Package::cwl_yaml(CWL)).workflow("water-bodies").await.expect("deployed");
    assert_eq!((deployed.process.id.as_str(), deployed.process.mutable, deployed.status), ("water-bodies", Some(true), 201));
    assert_eq!(deployed.location.as_deref(), Some("http://localhost:8080/acme/ogc-api/processes/water-bodies"));
    assert_eq!(deployed.header("X-Powered-By"), Some("ZOO-Project-DRU"));
    let powered: Vec<&str> =
        deployed.headers.iter().filter(|(name, _)| name.contains("powered")).map(|(_, value)| value.as_str()).collect();
    assert_eq!(powered, ["ZOO-Project-DRU", "jwt.securityIn"]);
    let text = deployed.to_string();
    assert!(text.contains("author           Jane Doe") && text.contains("201 deployed"), "{text}");
}

#[tokio::test]
async fn package_by_link_is_sent_as_documented() {
    let server = MockServer::start().await;
    let href = "https://example.org/app-water-bodies.1.0.0.cwl";
    Mock::given(method("POST"))
        .and(header("content-type", "application/ogcapppkg+json"))
        .and(body_json(json!({"executionUnit": {"href": href, "type": "application/cwl"}})))
        .respond_with(deployed())
        .expect(1)
        .mount(&server)
        .await;
    client(&server).deploy(&Package::href(href)).await.expect("deployed");
}

#[tokio::test]
async fn queued_deployment_has_no_summary_yet() {
    for body in ["", r#"{"id": "job-7", "jobID": "job-7", "status": "accepted"}"#] {
        let server = MockServer::start().await;
        let queued = ResponseTemplate::new(202)
            .insert_header("Location", "/acme/ogc-api/processes/water-bodies")
            .set_body_raw(body, "application/json");
        Mock::given(method("POST")).respond_with(queued).mount(&server).await;
        let deployed = client(&server).deploy(&Package::cwl_yaml(CWL)).await.expect("queued");
        assert!(deployed.is_queued() && deployed.to_string().contains("202 queued"), "{deployed}");
        assert_eq!(deployed.process.id, "water-bodies");
    }
}

#[tokio::test]
async fn answer_that_names_no_process_is_an_error() {
    for (status, body) in [(201, ""), (201, "[1]"), (202, "")] {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(status).set_body_raw(body, "application/json");
        Mock::given(method("POST")).respond_with(answer).expect(1).mount(&server).await;
        let error = client(&server).deploy(&Package::cwl_yaml(CWL)).await.expect_err("no process").to_string();
        assert!(error.contains("is not a process summary"), "{error}");
    }
}

#[tokio::test]
async fn replacing_and_removing() {
    let server = MockServer::start().await;
    let replaced =
        ResponseTemplate::new(204).insert_header("Location", "http://localhost:8080/acme/ogc-api/processes/water-bodies");
    Mock::given(method("PUT"))
        .and(path("/acme/ogc-api/processes/water-bodies"))
        .and(header("content-type", "application/cwl"))
        .and(body_json(json!({"cwlVersion": "v1.2"})))
        .respond_with(replaced)
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("DELETE"))
        .and(path("/acme/ogc-api/processes/water-bodies"))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&server)
        .await;
    let client = client(&server);
    let replaced = client.replace("water-bodies", &Package::cwl_json(json!({"cwlVersion": "v1.2"}))).await.expect("replaced");
    assert_eq!((replaced.process.id.as_str(), replaced.status), ("water-bodies", 204));
    assert!(replaced.to_string().contains("204 replaced"), "{replaced}");
    client.undeploy("water-bodies").await.expect("undeployed");
}

#[tokio::test]
async fn what_was_deployed_comes_back_and_can_be_deployed_again() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/acme/ogc-api/processes/water-bodies/package"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(CWL, "application/cwl+yaml;charset=UTF-8"))
        .mount(&server)
        .await;
    let client = client(&server);
    let package = client.package("water-bodies").await.expect("package");
    assert_eq!(package, Package::cwl_yaml(CWL));
    assert_eq!((package.to_string().as_str(), package.json()), (CWL, None));
    client.package("water-bodies").accept("application/ogcapppkg+json").await.expect("package");
    let accepts: Vec<String> = server
        .received_requests()
        .await
        .expect("requests")
        .iter()
        .map(|request| request.headers["accept"].to_str().expect("text").to_owned())
        .collect();
    assert!(accepts[0].starts_with("application/cwl+yaml, ") && accepts[0].contains("application/ogcapppkg+json"), "{accepts:?}");
    assert_eq!(accepts[1], "application/ogcapppkg+json");
}

#[tokio::test]
async fn refusals_are_typed_and_nothing_is_sent_twice() {
    let part_2 = "http://www.opengis.net/def/exceptions/ogcapi-processes-2/1.0";
    let cases: [(u16, Value, ProblemKind); 4] = [
        (
            409,
            json!({"title": "DuplicatedProcess", "type": format!("{part_2}/duplicated-process"),
                "detail": "A service with the same identifier is already deployed"}),
            ProblemKind::DuplicatedProcess,
        ),
        (403, json!({"title": "ImmutableProcess", "type": format!("{part_2}/immutable-process")}), ProblemKind::ImmutableProcess),
        (415, json!({"title": "UnsupportedMediaType", "type": "x"}), ProblemKind::UnsupportedMediaType),
        (
            500,
            json!({"title": "NoApplicableCode", "type": "NoApplicableCode", "detail": "file not found"}),
            ProblemKind::NoApplicableCode,
        ),
    ];
    for (status, document, kind) in cases {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .respond_with(ResponseTemplate::new(status).set_body_json(document))
            .expect(1)
            .mount(&server)
            .await;
        let error = client(&server).deploy(&Package::href("https://example.org/none.cwl")).await.expect_err("refused");
        assert_eq!((error.http_status(), error.problem_kind()), (Some(status), Some(kind)));
    }
}

#[test]
fn packages_from_files() {
    let folder = std::env::temp_dir().join(format!("eoap-packages-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("folder");
    let read = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("file");
        Package::from_file(&path)
    };
    for (name, text, media_type) in [
        ("a.cwl", CWL, "application/cwl+yaml"),
        ("a.yaml", CWL, "application/cwl+yaml"),
        ("b.cwl", r#"{"cwlVersion": "v1.2"}"#, "application/cwl"),
        ("c.cwl", "{cwlVersion: v1.2}", "application/cwl+yaml"),
        ("d.json", r#" {"executionUnit": {"href": "x"}}"#, "application/ogcapppkg+json"),
    ] {
        let package = read(name, text).expect(name);
        assert_eq!((package.media_type(), package.text()), (media_type, text));
    }
    for (name, text, reason) in [
        ("e.cwl", " ", "it is empty"),
        ("f.txt", "hello", "cwlVersion"),
        ("g.json", r#"{"a": 1}"#, "executionUnit"),
        ("h.json", "{", "it is not JSON"),
    ] {
        let error = read(name, text).expect_err(name);
        assert!(matches!(&error, Error::File { path, reason: why } if path.ends_with(name) && why.contains(reason)), "{error}");
    }
    assert!(matches!(Package::from_file(folder.join("nowhere.cwl")), Err(Error::File { .. })));
    std::fs::remove_dir_all(folder).expect("folder removed");
}
