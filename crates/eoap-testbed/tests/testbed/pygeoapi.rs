//! The testbed as pygeoapi.
//!
//! What is asked for here was observed of real ones, 0.24.0 and, where it says so, 0.21.0, with the job
//! manager TinyDB; `tests/peers/pygeoapi.py` of the workspace has the whole conversation with them and
//! compares. In short:
//!
//! | request | answer |
//! |---|---|
//! | any | `X-Powered-By: pygeoapi 0.24.0`, `Content-Language: en-US`, `Content-Type: application/json`; JSON without a preference |
//! | unknown path, wrong method | 404 and 405 (with `Allow`), an HTML page of the web framework, none of these headers |
//! | `f=` of an unknown format | 400 `InvalidParameterValue` |
//! | `GET /` | rels `about`, `self`, `alternate`, `service-desc`, `service-doc`, plain `conformance`, `data`, and `…/def/rel/ogc/1.0/` with `processes`, `tiling-schemes`, `job-list`; `self` is the root without a slash, and `?f=json` |
//! | `GET /openapi` | 200 `application/vnd.oai.openapi+json;version=3.0`; there is no `/api` |
//! | `GET /conformance` | core, json, oas30, callback, ogc-process-description; neither job-list nor dismiss |
//! | `GET /processes/{id}` | its own links, then `self`, `alternate`, two `job-list`, `execute`; 404 `NoSuchProcess` |
//! | `GET /processes` | the first `limit` (10), no second page |
//! | `POST …/execution` | sync unless `Prefer` is `respond-async` and nothing else; 200 with the `Location` of a job, and `Preference-Applied: wait` unless that was asked for (0.21: if it was) |
//! | the same, raw | `{"id":"echo","value":"Hello World!"}`, or the bytes of another media type |
//! | the same, document | `{"outputs":[{"id":"echo","value":"Hello World!"}]}` |
//! | the same, bytes of another media type in a document | `{"outputs":["hey!"]}`; the job fails where they are not ASCII (0.21: always) |
//! | the same, async | 201, `Location`, `Preference-Applied: respond-async`, `{"jobID","type","status":"accepted"}` (0.21: `null`, or `{}` for a document) |
//! | the same, without a required input | the job fails: 400 `{"type","code":"InvalidParameterValue","description"}` with the `Location` of the job; async 201 |
//! | the same, with a body that is no JSON, none, no object | 400 `InvalidParameterValue`, 400 `MissingParameterValue`, 500 (HTML) |
//! | `GET /jobs` | pages by `limit` and `offset` in the order of creation, each page from its last job to its first; `prev`, and `next` after every full page; no filters |
//! | `GET /jobs/{id}` | `"finished":null`, `"parameters":null`, microseconds; no links once failed (0.21: links to HTML and JSON); unknown: 404 `InvalidParameterValue` |
//! | `GET /jobs/{id}/results` | JSON with `f=json` or `Accept: application/json`, HTML else; 404 `ResultNotReady`, 400 `InvalidParameterValue` "job failed", 404 `NoSuchJob`; `outputs` is ignored |
//! | `DELETE /jobs/{id}` | 200, JSON under `Content-Type: text/html; charset=utf-8`; then 404 |

use std::path::{Path, PathBuf};

use bytes::Bytes;
use eoap_testbed::{Personality, Scenario, Testbed};
use http::Method;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

use crate::client::{FIRST_ITEM, JOB, ROOT, Reply, World, folder, inputs};

const HELLO: &str = "http://pygeoapi";

fn hello_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/hello-world")
}

/// The scenario as another version answers it.
fn version(version: &str) -> Result<World, eoap_testbed::Error> {
    let copy = tempfile::tempdir().unwrap();
    copy_folder(&hello_folder(), copy.path());
    let toml = std::fs::read_to_string(copy.path().join("scenario.toml")).unwrap();
    std::fs::write(copy.path().join("scenario.toml"), toml.replace("0.24.0", version)).unwrap();
    Ok(World { testbed: Testbed::start(&Scenario::load(copy.path())?).unwrap() })
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&to).unwrap();
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), &to).unwrap();
        }
    }
}

async fn get(world: &World, path: &str) -> Reply {
    world.send(Method::GET, &format!("{HELLO}{path}"), &[], "").await
}

async fn execute(world: &World, process: &str, prefer: Option<&str>, body: &Value) -> Reply {
    let headers: Vec<(&str, &str)> = prefer.map(|prefer| ("prefer", prefer)).into_iter().collect();
    world.send(Method::POST, &format!("{HELLO}/processes/{process}/execution"), &headers, body.to_string()).await
}

fn path_of(reply: &Reply) -> String {
    reply.header("location").strip_prefix(HELLO).unwrap().to_owned()
}

#[tokio::test]
async fn a_process_runs_at_once_and_leaves_a_job() {
    let world = World::of(&hello_folder());
    let reply = execute(&world, "hello-world", None, &json!({"inputs": {"name": "World"}})).await;
    assert_eq!((reply.status, reply.header("preference-applied")), (200, "wait"));
    assert_eq!((reply.header("x-powered-by"), reply.header("content-language")), ("pygeoapi 0.24.0", "en-US"));
    assert_eq!(reply.json(), json!({"id": "echo", "value": "Hello World!"}));

    let job = get(&world, &path_of(&reply)).await.json();
    assert_eq!((&job["status"], &job["progress"], &job["message"]), (&json!("successful"), &json!(100), &json!("Job complete")));
    assert_eq!(job["created"], "2025-08-20T15:00:00.250000Z");
    let list = get(&world, "/jobs").await.json();
    assert_eq!(list["jobs"][0]["jobID"], job["jobID"]);
    assert!(job["links"][0]["title"].as_str().unwrap().contains(job["jobID"].as_str().unwrap()));
    assert_eq!(list["jobs"][0]["links"][0]["title"], "Results of job None as application/json");
}

#[tokio::test]
async fn only_the_exact_preference_makes_a_job() {
    let world = World::of(&hello_folder());
    let body = json!({"inputs": {"name": "World"}});
    for prefer in ["respond-async;return=representation", "respond-async, return=minimal", "RESPOND-ASYNC", "return=minimal"] {
        let reply = execute(&world, "hello-world", Some(prefer), &body).await;
        assert_eq!((reply.status, reply.header("preference-applied")), (200, "wait"), "{prefer}");
    }
    let reply = execute(&world, "hello-world", Some("wait"), &body).await;
    assert_eq!((reply.status, reply.header("preference-applied")), (200, ""));

    let reply = execute(&world, "hello-world", Some("respond-async"), &body).await;
    assert_eq!((reply.status, reply.header("preference-applied")), (201, "respond-async"));
    let job = path_of(&reply);
    let id = job.strip_prefix("/jobs/").unwrap();
    assert_eq!(reply.json(), json!({"jobID": id, "type": "process", "status": "accepted"}));
    let not_ready = get(&world, &format!("{job}/results?f=json")).await;
    assert_eq!((not_ready.status, &not_ready.json()["code"]), (404, &json!("ResultNotReady")));
    assert_eq!(get(&world, &job).await.json()["status"], "successful");
    assert_eq!(get(&world, &format!("{job}/results?f=json")).await.json(), json!({"id": "echo", "value": "Hello World!"}));
}

#[tokio::test]
async fn an_older_one_answers_a_new_job_with_null() {
    let world = version("0.21.0").unwrap();
    let body = json!({"inputs": {"name": "World"}});
    let reply = execute(&world, "hello-world", Some("respond-async"), &body).await;
    assert_eq!((reply.status, reply.text(), reply.header("x-powered-by")), (201, "null", "pygeoapi 0.21.0"));
    let job = get(&world, &path_of(&reply)).await.json();
    let types: Vec<&Value> = job["links"].as_array().unwrap().iter().map(|link| &link["type"]).collect();
    assert_eq!(types, ["text/html", "application/json"]);
    let document = json!({"inputs": {"name": "World"}, "response": "document"});
    assert_eq!(execute(&world, "hello-world", Some("respond-async"), &document).await.text(), "{}");
    assert_eq!(execute(&world, "hello-world", None, &body).await.header("preference-applied"), "");
}

#[test]
fn a_version_that_nobody_has_looked_at_is_refused() {
    let message = version("0.22.0").err().unwrap().to_string();
    assert!(message.contains("scenario.toml") && message.contains("give 0.21.x or 0.24.x"), "{message}");
}

#[tokio::test]
async fn results_are_documents_lists_or_bytes() {
    let world = World::of(&hello_folder());
    let named = |more: Value| {
        let mut body = json!({"inputs": {"name": "World"}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let hello = json!({"id": "echo", "value": "Hello World!"});
    for (more, expected) in [
        (json!({"response": "document"}), json!({"outputs": [hello]})),
        (json!({"outputs": {"echo": {"transmissionMode": "reference"}}}), hello.clone()),
        (json!({"outputs": {}}), hello.clone()),
        (json!({"outputs": {"nope": {}}}), json!({})),
    ] {
        let body = named(more);
        let now = execute(&world, "hello-world", None, &body).await;
        assert_eq!(now.json(), expected, "{body}");
        let job = path_of(&execute(&world, "hello-world", Some("respond-async"), &body).await);
        get(&world, &job).await;
        assert_eq!(get(&world, &format!("{job}/results?f=json")).await.json(), expected, "{body}");
    }
    let text = execute(&world, "shout", None, &json!({"inputs": {"text": "hey"}})).await;
    assert_eq!((text.header("content-type"), text.text()), ("text/plain", "hey!"));
    let later = get(&world, &format!("{}/results", path_of(&text))).await;
    assert_eq!((later.header("content-type"), later.text()), ("text/plain", "hey!"), "whatever the format");
}

#[tokio::test]
async fn bytes_in_a_document_make_the_job_fail() {
    let shout = |text: &str| json!({"inputs": {"text": text}, "response": "document"});
    let failure = json!({
        "type": "InvalidParameterValue",
        "code": "InvalidParameterValue",
        "description": "Error executing process: Object of type bytes is not JSON serializable",
    });
    let (newer, older) = (version("0.24.0").unwrap(), version("0.21.0").unwrap());
    let now = execute(&newer, "shout", None, &shout("hey")).await;
    assert_eq!((now.status, now.json()), (200, json!({"outputs": ["hey!"]})));
    for (world, text) in [(&newer, "h\u{e9}"), (&older, "hey")] {
        let now = execute(world, "shout", None, &shout(text)).await;
        assert_eq!((now.status, now.json()), (400, failure.clone()));
        let job = path_of(&execute(world, "shout", Some("respond-async"), &shout(text)).await);
        let status = get(world, &job).await.json();
        assert_eq!((&status["status"], &status["progress"]), (&json!("failed"), &json!(95)));
        let results = get(world, &format!("{job}/results?f=json")).await;
        assert_eq!((results.status, &results.json()["description"]), (400, &json!("job failed")));
    }
}

#[tokio::test]
async fn a_missing_input_makes_the_job_fail() {
    let world = World::of(&hello_folder());
    let now = execute(&world, "hello-world", None, &json!({"inputs": {}})).await;
    assert_eq!((now.status, &now.json()["code"]), (400, &json!("InvalidParameterValue")));
    assert_eq!(now.json()["description"], "Error executing process: Cannot process without name");

    let later = execute(&world, "hello-world", Some("respond-async"), &json!({"inputs": {}})).await;
    assert_eq!(later.status, 201);
    let job = get(&world, &path_of(&later)).await.json();
    assert_eq!((&job["status"], &job["progress"], job.get("links")), (&json!("failed"), &json!(5), None));
    assert_eq!(job["message"], "InvalidParameterValue: Error executing process: Cannot process without name");
    assert!(job["finished"].is_string());
    let results = get(&world, &format!("{}/results?f=json", path_of(&later))).await;
    assert_eq!((results.status, &results.json()["description"]), (400, &json!("job failed")));
}

#[tokio::test]
async fn the_job_list_is_cut_first_and_turned_round_then() {
    let world = World::of(&hello_folder());
    let mut ids = Vec::new();
    for _ in 0..3 {
        let reply = execute(&world, "hello-world", None, &json!({"inputs": {"name": "World"}})).await;
        ids.push(path_of(&reply).strip_prefix("/jobs/").unwrap().to_owned());
    }
    let page = async |query: &str| {
        let list = get(&world, &format!("/jobs{query}")).await.json();
        let jobs: Vec<String> =
            list["jobs"].as_array().unwrap().iter().map(|job| job["jobID"].as_str().unwrap().to_owned()).collect();
        let links = list["links"].as_array().unwrap().iter().skip(2);
        (jobs, links.map(|link| link["href"].as_str().unwrap().strip_prefix(HELLO).unwrap().to_owned()).collect::<Vec<_>>())
    };
    let of = |indices: &[usize]| indices.iter().map(|index| ids[*index].clone()).collect::<Vec<_>>();
    assert_eq!(page("").await, (of(&[2, 1, 0]), vec![]));
    assert_eq!(page("?f=json&limit=2").await, (of(&[1, 0]), vec!["/jobs?offset=2&limit=2".to_owned()]));
    let last = (of(&[2]), vec!["/jobs?offset=0&limit=2&status=failed".to_owned()]);
    assert_eq!(page("?limit=2&offset=2&status=failed").await, last, "there are no filters");
    for (query, description) in [
        ("limit=0", "limit value should be strictly positive"),
        ("limit=x", "limit value should be an integer"),
        ("offset=-1", "offset value should be positive or zero"),
        ("offset=x", "offset value should be an integer"),
    ] {
        let reply = get(&world, &format!("/jobs?{query}")).await;
        assert_eq!((reply.status, &reply.json()["description"]), (400, &json!(description)));
    }
}

#[tokio::test]
async fn a_dismissed_job_says_so_as_html_and_is_gone() {
    let world = World::of(&hello_folder());
    let job = path_of(&execute(&world, "wait", Some("respond-async"), &json!({"inputs": {"seconds": 1}})).await);
    let url = format!("{HELLO}{job}");
    let dismissed = world.send(Method::DELETE, &url, &[], "").await;
    assert_eq!((dismissed.status, dismissed.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!((&dismissed.json()["status"], dismissed.json().get("type")), (&json!("dismissed"), None));
    assert_eq!(dismissed.header("x-powered-by"), "");
    let id = job.strip_prefix("/jobs/").unwrap();
    for (reply, code) in [
        (get(&world, &job).await, "InvalidParameterValue"),
        (get(&world, &format!("{job}/results")).await, "NoSuchJob"),
        (world.send(Method::DELETE, &url, &[], "").await, "NoSuchJob"),
    ] {
        assert_eq!((reply.status, reply.json()), (404, json!({"code": code, "type": code, "description": id})));
    }
}

#[tokio::test]
async fn nothing_can_be_deployed() {
    let world = World::of(&hello_folder());
    for (method, path) in [(Method::POST, "/processes"), (Method::PUT, "/processes/wait"), (Method::DELETE, "/processes/wait")] {
        let reply = world.send(method, &format!("{HELLO}{path}"), &[], "{}").await;
        assert_eq!((reply.status, reply.header("allow")), (405, "GET, HEAD, OPTIONS"));
        assert_eq!((reply.header("content-type"), reply.header("x-powered-by")), ("text/html; charset=utf-8", ""));
    }
    assert_eq!(get(&world, "/processes/wait/package").await.status, 404);
    let classes = get(&world, "/conformance").await.text().to_owned();
    assert!(classes.contains("ogcapi-processes-1/1.0/conf/core") && !classes.contains("ogcapi-processes-2"));
}

#[tokio::test]
async fn requests_that_make_no_sense_are_told_so_in_pygeoapis_words() {
    let world = World::of(&hello_folder());
    let post = async |body: &'static str| world.send(Method::POST, &format!("{HELLO}/processes/wait/execution"), &[], body).await;
    for (reply, status, code) in [
        (post("").await, 400, "MissingParameterValue"),
        (post("{").await, 400, "InvalidParameterValue"),
        (post(r#"{"subscriber": {"failedUri": "http://a"}}"#).await, 400, "MissingParameterValue"),
        (get(&world, "/processes/nope").await, 404, "NoSuchProcess"),
        (get(&world, "/jobs/nope").await, 404, "InvalidParameterValue"),
        (get(&world, "/processes?f=xml").await, 400, "InvalidParameterValue"),
    ] {
        assert_eq!((reply.status, &reply.json()["code"]), (status, &json!(code)), "{}", reply.text());
    }
    assert_eq!(post("[]").await.status, 500);
    assert_eq!(get(&world, "/nothing").await.header("content-type"), "text/html; charset=utf-8");
}

#[tokio::test]
async fn the_tutorials_scenario_can_be_served_as_pygeoapi() {
    let scenario = Scenario::load(&folder()).unwrap().with_personality(Personality::Pygeoapi);
    let world = World { testbed: Testbed::start(&scenario).unwrap() };
    let description = world.get("/processes/water-bodies").await.json();
    assert_eq!(
        description["links"].as_array().unwrap().last().unwrap()["href"],
        format!("{ROOT}/processes/water-bodies/execution?f=json")
    );

    // Its description says that it runs as a job only.
    let url = format!("{ROOT}/processes/water-bodies/execution");
    let reply = world.send(Method::POST, &url, &[], json!({"inputs": inputs()}).to_string()).await;
    assert_eq!((reply.status, reply.header("location")), (201, format!("{ROOT}/jobs/{JOB}").as_str()));
    let documents = world.follow(JOB).await;
    assert_eq!(documents.len(), 10);
    assert_eq!((&documents[0]["progress"], &documents[0]["finished"]), (&json!(3), &Value::Null));
    let results = format!("/jobs/{JOB}/results");
    assert_eq!(world.get(&results).await.header("content-type"), "text/html");
    let asked = world.send(Method::GET, &format!("{ROOT}{results}"), &[("accept", "application/json")], "").await.json();
    assert_eq!((&asked["id"], &asked["value"]["features"][0]["id"]), (&json!("stac_catalog"), &json!(FIRST_ITEM)));
}

#[tokio::test]
async fn a_subscriber_is_told_that_it_begins_and_what_came_of_it() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let subscriber = format!("http://{}", listener.local_addr().unwrap());
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let told = told.clone();
            let service = hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
                let told = told.clone();
                async move {
                    let path = request.uri().path().to_owned();
                    let body = request.into_body().collect().await.unwrap().to_bytes();
                    told.send((path, serde_json::from_slice::<Value>(&body).unwrap())).unwrap();
                    Ok::<_, std::convert::Infallible>(http::Response::new(Full::new(Bytes::new())))
                }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    let world = World::of(&hello_folder());
    let uris = json!({
        "inProgressUri": format!("{subscriber}/progress"),
        "successUri": format!("{subscriber}/success"),
        "failedUri": format!("{subscriber}/failed"),
    });
    execute(&world, "wait", Some("respond-async"), &json!({"inputs": {"seconds": 1}, "subscriber": uris})).await;
    assert_eq!(heard.recv().await.unwrap(), ("/progress".to_owned(), json!({})), "once, however many statuses there are");
    assert_eq!(heard.recv().await.unwrap(), ("/success".to_owned(), json!({"id": "waited", "value": 1})));
    execute(&world, "wait", Some("respond-async"), &json!({"inputs": {}, "subscriber": uris})).await;
    assert_eq!(heard.recv().await.unwrap().0, "/progress");
    assert_eq!(heard.recv().await.unwrap(), ("/failed".to_owned(), json!({})), "not why");
}
