//! Finds out in which form a server has sent the outputs of a process (OGC API - Processes - Part 1, clauses
//! 7.11.4 and 7.14: document or raw, value or reference, one or many).
//!
//! Servers do not name the form. Version 1.0, the 2.0 draft, ZOO-Project and pygeoapi differ. [`Results`]
//! documents the rules. The request ([`Expected`]) helps, but servers may ignore it.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::{
    error::{Error, Result, problem::Problem},
    http::{media_type, message::Answer, multipart},
    ogc::{
        documents::{execution::Expected, output, output::Output, prefer::Response, results::Results},
        output_links::output_links,
        pygeoapi_list::{UNNAMED, pygeoapi_list},
    },
};

const EXPECTED: &str = "a results document (a JSON object with a member per output)";

/// The outputs that an answer holds.
pub(crate) fn results(answer: &Answer, expected: &Expected) -> Result<Results> {
    let content_type = answer.content_type();
    let essence = content_type.as_deref().map(media_type::essence).unwrap_or_default();
    if answer.body.trim_ascii().is_empty() {
        return Ok(references(answer, expected));
    }
    if essence.starts_with("multipart/") {
        return parts(answer, content_type.as_deref().unwrap_or(""));
    }
    let raw_wanted = expected.response == Some(Response::Raw);
    let parsed: Result<Value> = answer.json(EXPECTED);
    match parsed {
        Ok(value) if is_problem(&value, expected) => Err(answer.problem(value)),
        // Documents are often labelled carelessly. Then only the content decides.
        Ok(value) if essence == "application/json" || !raw_wanted && (essence.is_empty() || essence.starts_with("text/")) => {
            match value {
                Value::Null if !raw_wanted => Ok(Results::default()),
                Value::Object(object) => Ok(object_results(object, answer, expected)),
                _ if essence == "application/json" => Ok(raw(answer, expected)),
                _ if essence.starts_with("text/") => Ok(raw(answer, expected)),
                other => Err(answer.not(EXPECTED, format!("it is {}", kind(&other)))),
            }
        }
        // ZOO-Project gives a raw output two labels. Proxies may keep the wrong one.
        Err(_) if essence == "application/json" && (raw_wanted || may_be_raw(answer, expected)) => {
            Ok(raw_as(answer, expected, Some(media_type::of_content(&answer.body))))
        }
        Err(error) if essence.is_empty() || essence == "application/json" || essence == "text/html" && !raw_wanted => Err(error),
        _ => Ok(raw(answer, expected)),
    }
}

/// Reads an answer to `GET /jobs/{id}/results/{outputID}` as the output `id`.
///
/// # Errors
///
/// [`Error::NoSuchOutput`] and [`Error::Api`] if a server redirects to the document with all outputs, or
/// with the reason why there are none.
pub(crate) fn output(answer: &Answer, job: &str, id: &str) -> Result<Output> {
    let file = answer.url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
    let is_jobs_document = file.strip_prefix(job).is_some_and(|rest| rest.starts_with('.'));
    if is_jobs_document && let Ok(Value::Object(document)) = answer.json::<Value>(EXPECTED) {
        return match document.get(id) {
            Some(entry) => Ok(Output::of(entry, None)),
            None if is_problem(&Value::Object(document.clone()), &Expected::default()) => {
                Err(answer.problem(Value::Object(document)))
            }
            None => Err(Error::NoSuchOutput { output: id.to_owned(), available: document.keys().cloned().collect() }),
        };
    }
    Ok(raw_output(answer))
}

fn raw_output(answer: &Answer) -> Output {
    if answer.body.is_empty()
        && let Some(link) = output_links(answer).next()
    {
        return Output::of(&link.1, None);
    }
    Output::of(&output::entry(&answer.body, answer.content_type().as_deref()), Some(&answer.body))
}

fn raw(answer: &Answer, expected: &Expected) -> Results {
    raw_as(answer, expected, answer.content_type().as_deref())
}

fn raw_as(answer: &Answer, expected: &Expected, media_type: Option<&str>) -> Results {
    let mut results = Results::default();
    results.insert_raw(expected.only().unwrap_or(UNNAMED), answer.body.clone(), media_type);
    results
}

/// Whether a body that is not JSON can be a raw output. Otherwise it is an incomplete document.
fn may_be_raw(answer: &Answer, expected: &Expected) -> bool {
    expected.response != Some(Response::Document) && !matches!(answer.body.trim_ascii_start(), [b'{' | b'[', ..])
}

/// Whether a document gives the reason for missing results (RFC 7807). ZOO-Project sends it with status 200
/// for a failed job.
fn is_problem(value: &Value, expected: &Expected) -> bool {
    const MEMBERS: [&str; 7] = ["type", "title", "status", "detail", "instance", "code", "description"];
    let Value::Object(members) = value else { return false };
    let tells = ["detail", "description", "title"].iter().any(|name| members.get(*name).is_some_and(Value::is_string));
    let is_like_one = members.contains_key("type") && tells && members.keys().all(|name| MEMBERS.contains(&name.as_str()));
    let is_asked_for = expected.outputs.iter().any(|output| members.contains_key(output));
    let is_known = || serde_json::from_value::<Problem>(value.clone()).is_ok_and(|problem| problem.is_of_a_known_kind());
    is_like_one && !is_asked_for && is_known()
}

fn object_results(object: Map<String, Value>, answer: &Answer, expected: &Expected) -> Results {
    let asked_for = |name: &str| expected.outputs.iter().any(|output| output == name);
    if !asked_for("outputs")
        && let Some(document) = pygeoapi_list(&object, expected)
    {
        return Results::of_document(document);
    }
    if !asked_for("id")
        && !asked_for("value")
        && object.len() == 2
        && let (Some(Value::String(id)), Some(value)) = (object.get("id"), object.get("value"))
    {
        return Results::of_document(Map::from_iter([(id.clone(), json!({"value": value}))]));
    }
    match expected.only() {
        Some(name) if expected.response != Some(Response::Document) && !object.contains_key(name) => {
            let entry = Value::Object(object);
            match Output::of(&entry, None) {
                Output::Value(_) => raw(answer, expected),
                _ => Results::of_document(Map::from_iter([(name.to_owned(), entry)])),
            }
        }
        _ => Results::of_document(object),
    }
}

fn parts(answer: &Answer, content_type: &str) -> Result<Results> {
    let parts = multipart::parts(content_type, &answer.body)
        .map_err(|reason| answer.not("a body of several outputs (multipart/related)", reason))?;
    let mut results = Results::default();
    for part in parts {
        let id = part.header("content-id").map_or(UNNAMED, |id| id.trim_start_matches('<').trim_end_matches('>'));
        let name = unused(&results, id);
        let media_type = part.header("content-type");
        match part.header("content-location") {
            Some(href) if part.body.is_empty() => {
                let mut link = Map::from_iter([("href".to_owned(), Value::from(href))]);
                link.extend(media_type.map(|media_type| ("type".to_owned(), media_type.into())));
                results.insert(&name, link.into());
            }
            _ => {
                let encoded = part.header("content-transfer-encoding").is_some_and(|word| word.eq_ignore_ascii_case("base64"));
                let decoded = if encoded { decode(&part.body) } else { None };
                results.insert_raw(&name, decoded.unwrap_or_else(|| part.body.clone()), media_type);
            }
        }
    }
    Ok(results)
}

fn decode(body: &Bytes) -> Option<Bytes> {
    Output::of(&json!({"value": std::str::from_utf8(body).ok()?, "encoding": "base64"}), None).bytes().ok()
}

/// The outputs in `Link` headers. The standard does not define how such a link names its output. It is named
/// by its relation, or else by its place among the requested outputs, or else by its title.
fn references(answer: &Answer, expected: &Expected) -> Results {
    let mut results = Results::default();
    for (index, (relation, link)) in output_links(answer).enumerate() {
        let by_relation = expected.outputs.iter().find(|output| **output == relation);
        let by_place = expected.outputs.get(index);
        let title = link["title"].as_str().filter(|title| !title.is_empty());
        let own =
            Some(relation.as_str()).filter(|relation| !relation.is_empty() && *relation != "item" && *relation != "related");
        let name = by_relation.or(by_place).map(String::as_str).or(own).or(title).unwrap_or(UNNAMED);
        let name = unused(&results, name);
        results.insert(&name, link);
    }
    results
}

/// The name, with a number behind it if it is taken.
fn unused(results: &Results, name: &str) -> String {
    let taken = |name: &str| results.document().contains_key(name);
    if !taken(name) {
        return name.to_owned();
    }
    (2..).map(|number| format!("{name}-{number}")).find(|name| !taken(name)).unwrap_or_else(|| name.to_owned())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::{
        Method, StatusCode,
        header::{CONTENT_TYPE, HeaderMap, HeaderValue, LINK},
    };

    use super::*;

    fn answer(headers: &[(reqwest::header::HeaderName, &'static str)], body: &'static str) -> Answer {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_static(value));
        }
        let url = "http://host/api/processes/p/execution".parse().expect("URL");
        let body = Bytes::from_static(body.as_bytes());
        Answer { method: Method::POST, url, status: StatusCode::OK, headers: map, body }
    }

    fn asked(outputs: &[&str], response: Option<Response>) -> Expected {
        Expected { outputs: outputs.iter().map(|output| (*output).to_owned()).collect(), response }
    }

    fn read(media_type: &'static str, body: &'static str, expected: &Expected) -> Value {
        let headers = if media_type.is_empty() { vec![] } else { vec![(CONTENT_TYPE, media_type)] };
        serde_json::to_value(results(&answer(&headers, body), expected).expect("results")).expect("JSON")
    }

    #[test]
    fn documents_and_what_looks_like_them() {
        let nothing = Expected::default();
        let json = "application/json;charset=UTF-8";
        for (body, document) in [
            (r#"{"a":"x","j":{"value":1}}"#, json!({"a": "x", "j": {"value": 1}})),
            (r#"{"outputs":[{"id":"echo","value":"Hello"}]}"#, json!({"echo": {"value": "Hello"}})),
            (r#"{"id":"echo","value":"Hello"}"#, json!({"echo": {"value": "Hello"}})),
            (r#"{"outputs":[{"a":"x","b":[1]}]}"#, json!({"a": "x", "b": [1]})),
            (r#"{"outputs":["hey!"]}"#, json!({"result": {"value": "hey!"}})),
            (r#"{"outputs":[1,2]}"#, json!({"outputs": [1, 2]})),
            (
                r#"{"outputs":[{"type":"FeatureCollection","features":[]}]}"#,
                json!({"result": {"value": {"type": "FeatureCollection", "features": []}}}),
            ),
            (
                r#"{"outputs":[{"type":"Point","coordinates":[1,2]}]}"#,
                json!({"result": {"value": {"type": "Point", "coordinates": [1, 2]}}}),
            ),
            (r#"{"outputs":[{"type":"a word","features":[]}]}"#, json!({"type": "a word", "features": []})),
            (r#"{"outputs":[]}"#, json!({})),
            (r#"{"id":1,"value":2}"#, json!({"id": 1, "value": 2})),
            ("{}", json!({})),
            ("null", json!({})),
            ("42", json!({"result": {"value": 42, "mediaType": json}})),
        ] {
            assert_eq!(read(json, body, &nothing), document, "{body}");
        }
        // Asking for outputs of these names settles it.
        assert_eq!(read(json, r#"{"id":"a","value":"b"}"#, &asked(&["id", "value"], None)), json!({"id": "a", "value": "b"}));
        assert_eq!(
            read(json, r#"{"outputs":[{"id":"a","value":1}]}"#, &asked(&["outputs"], None)),
            json!({"outputs": [{"id": "a", "value": 1}]})
        );
        for (body, document) in [
            (r#"{"outputs":["hey!"]}"#, json!({"loud": {"value": "hey!"}})),
            (r#"{"outputs":[{"loud":1}]}"#, json!({"loud": 1})),
            (r#"{"outputs":[{"type":"Feature"}]}"#, json!({"loud": {"value": {"type": "Feature"}}})),
        ] {
            assert_eq!(read(json, body, &asked(&["loud"], Some(Response::Document))), document, "{body}");
        }
        // Carelessly labelled documents.
        for media_type in ["", "text/html", "text/plain"] {
            assert_eq!(read(media_type, r#"{"a":1}"#, &nothing), json!({"a": 1}));
        }
    }

    #[test]
    fn one_output_as_it_is() {
        let raw = asked(&["j"], Some(Response::Raw));
        let body = r#"{"hello":[1,2,3]}"#;
        let bare = json!({"j": {"value": {"hello": [1, 2, 3]}, "mediaType": "application/json"}});
        assert_eq!(read("application/json", body, &raw), bare);
        assert_eq!(read("application/json", body, &asked(&["j"], None)), bare);
        assert_eq!(read("application/json", body, &asked(&["j"], Some(Response::Document))), json!({"hello": [1, 2, 3]}));
        assert_eq!(read("application/json", r#"{"j":1}"#, &raw), json!({"j": 1}));
        assert_eq!(read("application/json", r#"{"href":"http://h/x"}"#, &raw), json!({"j": {"href": "http://h/x"}}));
        assert_eq!(read("text/html", "<p>", &raw), json!({"j": {"value": "<p>", "mediaType": "text/html"}}));
        let two = answer(&[(CONTENT_TYPE, "text/plain"), (CONTENT_TYPE, "application/json;charset=UTF-8")], "17");
        let two = results(&two, &asked(&["a"], Some(Response::Raw))).expect("results");
        assert_eq!(two.document()["a"], json!({"value": "17", "mediaType": "text/plain"}));
        assert_eq!(two.only().expect("output").bytes().expect("bytes").as_ref(), b"17");
    }

    #[test]
    fn pages_of_proxies_and_broken_documents_are_no_outputs() {
        for (media_type, body) in [("text/html", "<html>"), ("application/json", r#"{"a":"#), ("", "oops")] {
            results(&answer(&[(CONTENT_TYPE, media_type)], body), &Expected::default()).expect_err(body);
        }
    }

    #[test]
    fn label_that_a_proxy_left_is_not_believed() {
        let json = "application/json;charset=UTF-8";
        for expected in [asked(&["a"], Some(Response::Raw)), asked(&["a"], None), Expected::default()] {
            let name = expected.only().unwrap_or("result").to_owned();
            assert_eq!(read(json, "hello Ada", &expected), json!({&name: {"value": "hello Ada", "mediaType": "text/plain"}}));
            assert_eq!(read(json, "42.5", &expected)[&name]["value"], json!(42.5));
            let mut picture = answer(&[(CONTENT_TYPE, json)], "");
            picture.body = Bytes::from_static(b"\x89PNG\r\n\x1a\n\xff");
            let picture = results(&picture, &expected).expect("a picture").only().expect("one output");
            assert_eq!(picture.media_type(), Some("image/png"));
            assert_eq!(picture.bytes().expect("bytes").as_ref(), b"\x89PNG\r\n\x1a\n\xff");
        }
        // If a document was requested, the answer has to be one.
        results(&answer(&[(CONTENT_TYPE, json)], "hello"), &asked(&["a"], Some(Response::Document))).expect_err("no document");
    }

    #[test]
    fn error_document_is_no_result() {
        let body = r#"{"title":"NoApplicableCode","type":"NoApplicableCode","detail":"it broke"}"#;
        let read = |expected: &Expected| results(&answer(&[(CONTENT_TYPE, "application/json")], body), expected);
        let error = read(&Expected::default()).expect_err("no results");
        assert!(matches!(&error, Error::Api { kind: crate::ProblemKind::NoApplicableCode, status: 200, .. }), "{error}");
        assert!(error.to_string().contains("it broke"), "{error}");
        // Outputs may have these names.
        assert_eq!(read(&asked(&["title", "detail"], None)).expect("outputs").len(), 3);
        for body in [r#"{"type":"lake","title":"Lago"}"#, r#"{"type":"no-such-job","title":"x","area":3}"#] {
            results(&answer(&[(CONTENT_TYPE, "application/json")], body), &Expected::default()).expect("outputs");
        }
    }

    #[test]
    fn references_in_headers() {
        let headers = [
            (LINK, r#"<http://h/jobs/1>; rel=monitor, <http://h/x,y.tif>; rel="http://h/rel/mask"; type="image/tiff""#),
            (LINK, r#"<http://h/z.json>; title="stats, all""#),
        ];
        let read = |expected: &Expected| {
            let results = results(&answer(&headers, ""), expected).expect("results");
            results.iter().map(|(name, output)| format!("{name}={}", output.href().expect("href"))).collect::<Vec<_>>()
        };
        assert_eq!(read(&Expected::default()), ["mask=http://h/x,y.tif", "stats, all=http://h/z.json"]);
        assert_eq!(read(&asked(&["m", "s"], None)), ["m=http://h/x,y.tif", "s=http://h/z.json"]);
        assert!(results(&answer(&[], " "), &Expected::default()).expect("results").is_empty());
    }

    #[test]
    fn parts_by_value_and_by_reference() {
        let body = "--x\r\nContent-ID: <a>\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n/wA=\r\n\
                    --x\r\nContent-ID: b\r\nContent-Type: image/tiff\r\nContent-Location: http://h/b.tif\r\n\r\n\r\n\
                    --x\r\nContent-ID: b\r\n\r\ntext\r\n--x--";
        let results =
            results(&answer(&[(CONTENT_TYPE, "multipart/related; boundary=x")], body), &Expected::default()).expect("results");
        assert_eq!(
            Value::from(results.document().clone()),
            json!({
                "a": {"value": "/wA=", "mediaType": "image/png", "encoding": "base64"},
                "b": {"href": "http://h/b.tif", "type": "image/tiff"},
                "b-2": {"value": "text"}
            })
        );
        assert_eq!(results.get("a").expect("a").bytes().expect("bytes").as_ref(), [0xff, 0]);
    }

    proptest! {
        #[test]
        fn any_answer_is_taken(
            media_type in prop::sample::select(vec![
                "", "application/json", "text/html", "image/png", "multipart/related; boundary=x", "multipart/related; boundary=",
            ]),
            link in "[<>a-z/;=,\" ]{0,20}",
            body in prop::sample::select(vec!["", "null", "[", "{}", "{\"a\":1}", "--x\r\nContent-ID: a", "\"\"", "1e400"]),
            raw: bool,
        ) {
            let mut answer = answer(&[(CONTENT_TYPE, media_type)], body);
            answer.headers.insert(LINK, HeaderValue::from_str(&link).expect("a header's value"));
            let expected = asked(&["a"], raw.then_some(Response::Raw));
            if let Ok(results) = results(&answer, &expected) {
                for (_, output) in results.iter() {
                    prop_assert!(output.href().is_some() || output.bytes().is_ok());
                }
            }
            let _ = output(&answer, "execution", "a");
        }
    }
}
