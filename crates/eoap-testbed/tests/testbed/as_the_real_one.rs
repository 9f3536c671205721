//! The testbed against a real kernel: every answer that was recorded of it, asked again.
//!
//! It compares the status, the media type, the headers, the title of an exception, and the shape of a
//! document: its members, and the kind of each value. Differences are in `tests/zoo/differences.json`, each
//! with its reason. A difference that is missing there fails, and so does an entry that no longer differs.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{Reply, World};

const ROOT: &str = "http://127.0.0.1:18100/ogc-api";

#[derive(Deserialize)]
struct Recorded {
    exchanges: Vec<Exchange>,
}

#[derive(Deserialize)]
struct Exchange {
    request: Request,
    response: Response,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Option<String>,
}

#[derive(Deserialize)]
struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

/// What may differ, by the number of the exchange: the aspects, and why.
#[derive(Deserialize)]
struct Difference {
    exchanges: Vec<usize>,
    aspects: BTreeSet<String>,
    reason: String,
}

fn scenario() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/zoo")
}

#[tokio::test]
async fn every_recorded_answer_is_given_again() {
    let recorded: Recorded = serde_json::from_str(include_str!("../zoo/answers.json")).unwrap();
    let known: Vec<Difference> = serde_json::from_str(include_str!("../zoo/differences.json")).unwrap();
    let world = World::of(&scenario());
    // The real one had jobs already.
    let earlier = json!({"inputs": {"a": "x"}}).to_string();
    for _ in 0..2 {
        let headers = [("prefer", "respond-async"), ("content-type", "application/json")];
        let created = world.send(Method::POST, &format!("{ROOT}/processes/HelloPy/execution"), &headers, earlier.clone()).await;
        let job = created.json()["jobID"].as_str().unwrap().to_owned();
        world.send(Method::GET, &format!("{ROOT}/jobs/{job}"), &[], "").await;
    }
    // Ids of jobs: the real one's, and ours.
    let mut jobs: BTreeMap<String, String> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (number, exchange) in recorded.exchanges.iter().enumerate() {
        let Request { method, path, headers, body } = &exchange.request;
        let path = jobs.iter().fold(path.clone(), |path, (theirs, ours)| path.replace(theirs, ours));
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let named = Method::from_bytes(method.as_bytes()).unwrap();
        let reply = world.send_bare(named, &format!("{ROOT}{path}"), &headers, body.clone().unwrap_or_default()).await;
        if let (Some(theirs), Some(ours)) =
            (job_of(exchange.response.body.as_deref()), job_of(std::str::from_utf8(&reply.body).ok()))
        {
            jobs.insert(theirs, ours);
        }
        let found = differences(&exchange.response, &reply);
        let allowed: BTreeSet<&str> = known
            .iter()
            .filter(|one| one.exchanges.contains(&number))
            .flat_map(|one| one.aspects.iter().map(String::as_str))
            .collect();
        let aspects: BTreeSet<&str> = found.keys().copied().collect();
        for (aspect, what) in found.iter().filter(|(aspect, _)| !allowed.contains(*aspect)) {
            wrong.push(format!("{number} {method} {path} {}: {aspect}: {what}", body.as_deref().unwrap_or_default()));
        }
        for aspect in allowed.difference(&aspects) {
            wrong.push(format!("{number} {method} {path}: {aspect} is said to differ, and does not"));
        }
    }
    assert!(known.iter().all(|one| !one.reason.is_empty()));
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

/// The job that an answer has created.
fn job_of(body: Option<&str>) -> Option<String> {
    let document: Value = serde_json::from_str(body?).ok()?;
    (document["status"] == "running").then(|| document["jobID"].as_str().map(str::to_owned))?
}

/// In which aspects the answers differ, and how.
fn differences(theirs: &Response, ours: &Reply) -> BTreeMap<&'static str, String> {
    let mut all = BTreeMap::new();
    if theirs.status != ours.status {
        all.insert("status", format!("{} there, {} here", theirs.status, ours.status));
    }
    let there = |name: &str| -> Vec<String> {
        let named = theirs.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| plain(value)).collect()
    };
    let here =
        |name: &str| -> Vec<String> { ours.headers.get_all(name).iter().map(|value| plain(value.to_str().unwrap())).collect() };
    if there("content-type") != here("content-type") {
        all.insert("media-type", format!("{:?} there, {:?} here", there("content-type"), here("content-type")));
    }
    for name in ["link", "location", "preference-applied"] {
        if there(name) != here(name) {
            all.insert("headers", format!("{name}: {:?} there, {:?} here", there(name), here(name)));
        }
    }
    let (Some(one), Ok(other)) = (theirs.body.as_deref(), std::str::from_utf8(&ours.body)) else { return all };
    match (serde_json::from_str::<Value>(one), serde_json::from_str::<Value>(other)) {
        (Ok(one), Ok(other)) => {
            if one["title"] != other["title"] && one.get("detail").is_some() {
                all.insert("title", format!("{} there, {} here", one["title"], other["title"]));
            } else if let Some(what) = shape(&one, &other, "") {
                all.insert("shape", what);
            }
        }
        (Err(_), Err(_)) => {
            let (one, other) = (plain(one), plain(other));
            if one.trim_end() != other.trim_end() {
                all.insert("text", format!("{one:.200?} there, {other:.200?} here"));
            }
        }
        (one, _) => {
            all.insert("shape", if one.is_ok() { "JSON there only" } else { "JSON here only" }.to_owned());
        }
    }
    all
}

/// A text without the ids of jobs and runs in it.
fn plain(text: &str) -> String {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut all = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let id = rest.get(..36).filter(|id| id.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && id.split('-').all(is_hex));
        let length = id.map_or(next.len_utf8(), str::len);
        all.push_str(if id.is_some() { "ID" } else { &rest[..length] });
        rest = &rest[length..];
    }
    all
}

/// Where two documents have other members or other kinds of values.
fn shape(one: &Value, other: &Value, place: &str) -> Option<String> {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            let (keys, others): (Vec<_>, Vec<_>) = (a.keys().collect(), b.keys().collect());
            if keys.iter().collect::<BTreeSet<_>>() != others.iter().collect::<BTreeSet<_>>() {
                return Some(format!("{place}: {keys:?} there, {others:?} here"));
            }
            a.iter().find_map(|(name, value)| shape(value, &b[name], &format!("{place}/{name}")))
        }
        (Value::Array(a), Value::Array(b)) => match (a.first(), b.first()) {
            (Some(first), Some(other)) => shape(first, other, &format!("{place}/0")),
            (None, None) => None,
            _ => Some(format!("{place}: {} there, {} here", a.len(), b.len())),
        },
        (a, b) if std::mem::discriminant(a) == std::mem::discriminant(b) => None,
        (a, b) => Some(format!("{place}: {a} there, {b} here")),
    }
}

/// Without a database results are a file elsewhere, and that of a failed job is there with the same status.
#[tokio::test]
async fn behind_apache_results_are_redirected_and_those_of_a_failed_job_look_like_any() {
    let world = World::of(&scenario());
    let run = async |process: &str, inputs: Value| {
        let headers = [("prefer", "respond-async"), ("content-type", "application/json")];
        let body = json!({"inputs": inputs}).to_string();
        let created = world.send(Method::POST, &format!("{ROOT}/processes/{process}/execution"), &headers, body).await;
        let job = created.json()["jobID"].as_str().unwrap().to_owned();
        world.send(Method::GET, &format!("{ROOT}/jobs/{job}"), &[], "").await;
        let results = world.send(Method::GET, &format!("{ROOT}/jobs/{job}/results"), &[], "").await;
        assert_eq!(results.status, 302);
        let location = results.header("location").to_owned();
        assert_eq!(location, format!("http://127.0.0.1:18101/temp//{job}.json"));
        world.send(Method::GET, &location, &[], "").await
    };
    let good = run("multi", json!({"name": "Ada"})).await;
    assert_eq!((good.status, &good.json()["text"]), (200, &json!("hello Ada")));
    let bad = run("fails", json!({"seconds": 1})).await;
    assert_eq!((bad.status, &bad.json()["title"]), (200, &json!("NoApplicableCode")));
}
