//! `core`: what a synchronous execution answers: a document, a raw value, several raw values, references, and
//! both mixed.
//!
//! OGC 18-062r2, 7.11.4 and its table of response and transmission modes.

use serde_json::{Map, Value};

use crate::core;
use crate::documents::{self, RESULTS};
use crate::findings::{Check, Findings, Step};
use crate::http::{Reply, essence};
use crate::multipart;
use crate::process::{Process, media_type};
use crate::schema;
use crate::server::Server;

pub(crate) const TESTS: &[(&str, Check)] = &[
    ("core/process-execute-sync-document", document),
    ("core/process-execute-sync-raw-value-one", raw_value_one),
    ("core/process-execute-sync-raw-value-multi", raw_value_multi),
    ("core/process-execute-sync-raw-ref", raw_reference),
    ("core/process-execute-sync-raw-mixed-multi", raw_mixed),
];

/// How each output of a request is wanted.
pub(crate) type Wanted<'a> = Vec<(&'a str, &'a str)>;

fn runs_at_once(server: &Server) -> Step<Vec<Process>> {
    server.processes_that("can be executed synchronously", Process::can_sync)
}

fn execute(server: &Server, process: &Process, response: &str, wanted: &Wanted<'_>) -> Step<Reply> {
    let inputs: Map<String, Value> = server.inputs(process)?;
    server.execute(process, &Process::request(&inputs, response, wanted), None)
}

fn document(server: &Server, findings: &mut Findings) -> Step {
    for process in runs_at_once(server)? {
        for mode in ["value", "reference"].into_iter().filter(|mode| process.transmits(mode)) {
            let wanted: Wanted<'_> = process.outputs().map(|(name, _)| (name, mode)).collect();
            let reply = execute(server, &process, "document", &wanted)?;
            is_document(findings, &process, &wanted, &reply);
        }
    }
    Ok(())
}

/// Status 200 and `results.yaml`, with every output in the way that was asked for, and no other.
pub(crate) fn is_document(findings: &mut Findings, process: &Process, wanted: &Wanted<'_>, reply: &Reply) {
    findings.status(reply, 200);
    findings.media_type(reply, "application/json");
    let Some(results) = core::json(findings, reply) else { return };
    findings.extend(&reply.to, documents::problems(&RESULTS, &results));
    for (name, mode) in wanted {
        let Some(result) = results.get(*name) else {
            findings.expect(false, &reply.to, || format!("the output {name} was asked for and is missing"));
            continue;
        };
        if *mode == "reference" {
            findings
                .expect(result["href"].is_string(), &reply.to, || format!("{name} was asked for by reference and has no href"));
            continue;
        }
        let value = result.get("value").unwrap_or(result);
        let fits =
            process.outputs().find(|(key, _)| key == name).is_none_or(|(_, output)| schema::fits(&output["schema"], value));
        findings.expect(fits, &reply.to, || format!("{name} does not fit its schema"));
    }
    for name in results.as_object().into_iter().flatten().map(|(name, _)| name) {
        let asked = wanted.iter().any(|(key, _)| key == name);
        findings.expect(asked, &reply.to, || format!("the output {name} was not asked for"));
    }
}

/// One output after the other.
fn raw_value_one(server: &Server, findings: &mut Findings) -> Step {
    for process in runs_at_once(server)?.iter().filter(|process| process.transmits("value")) {
        for (name, output) in process.outputs() {
            let reply = execute(server, process, "raw", &vec![(name, "value")])?;
            is_raw_value(findings, name, output, &reply);
        }
    }
    Ok(())
}

/// Status 200, the media type of the output and the output itself.
pub(crate) fn is_raw_value(findings: &mut Findings, name: &str, output: &Value, reply: &Reply) {
    if !findings.status(reply, 200) {
        return;
    }
    let count = reply.all("content-type").len();
    findings.expect(count == 1, &reply.to, || format!("{count} Content-Type headers, there has to be one (RFC 9110, 8.3)"));
    let found = reply.media_type();
    let possible = media_types(output);
    findings.expect(possible.contains(&found), &reply.to, || {
        format!("media type {found:?}, the description has {}", possible.join(" or "))
    });
    let document = reply.json().is_ok_and(|body| body.get(name).is_some() && output["schema"]["properties"].get(name).is_none());
    findings.expect(!document, &reply.to, || "the body is a document of results, not the output itself".to_owned());
    is_value(findings, output, &found, &reply.body, &reply.to);
}

/// The media types that the schema of an output leaves open.
fn media_types(output: &Value) -> Vec<String> {
    let of = |schema: &Value| media_type(&serde_json::json!({"schema": schema}));
    let schema = &output["schema"];
    let mut all: Vec<String> = of(schema).into_iter().chain(schema::alternatives(schema).iter().filter_map(of)).collect();
    if all.is_empty() {
        all.push("application/json".to_owned());
    }
    all.iter().map(|media_type| essence(media_type)).collect()
}

/// The bytes are a value of the output: as JSON if the media type says so, as text otherwise.
fn is_value(findings: &mut Findings, output: &Value, media_type: &str, body: &[u8], at: &str) {
    let is_json = media_type == "application/json" || media_type.ends_with("+json");
    let text = String::from_utf8_lossy(body);
    let value = serde_json::from_slice(body).ok();
    let schema = &output["schema"];
    let fits = match value {
        Some(value) if is_json => schema::fits(schema, &value),
        None if is_json => false,
        // A number or a boolean is JSON as text, too; bytes are their own value.
        Some(value) if schema::fits(schema, &value) => true,
        _ => !body.is_empty() && (schema::is_binary(schema) || schema::fits(schema, &Value::from(text.as_ref()))),
    };
    findings.expect(fits, at, || "the body is no value of the output".to_owned());
}

fn raw_value_multi(server: &Server, findings: &mut Findings) -> Step {
    let several = |process: &Process| process.can_sync() && process.transmits("value") && process.outputs().count() > 1;
    for process in server.processes_that("has several outputs and can be executed synchronously", several)? {
        let wanted: Wanted<'_> = process.outputs().map(|(name, _)| (name, "value")).collect();
        let reply = execute(server, &process, "raw", &wanted)?;
        is_raw_multi(findings, &process, &wanted, &reply);
    }
    Ok(())
}

/// Status 200 and `multipart/related`: a part for each output, named by its `Content-ID`; a reference is an
/// empty part with a `Content-Location`.
pub(crate) fn is_raw_multi(findings: &mut Findings, process: &Process, wanted: &Wanted<'_>, reply: &Reply) {
    if !findings.status(reply, 200) {
        return;
    }
    findings.media_type(reply, "multipart/related");
    if reply.media_type() != "multipart/related" {
        return;
    }
    let (parts, problems) = multipart::parts(reply);
    findings.extend(&reply.to, problems);
    for (name, mode) in wanted {
        let Some(part) = parts.iter().find(|part| part.id() == Some(name)) else {
            findings.expect(false, &reply.to, || format!("no part has the Content-ID {name}"));
            continue;
        };
        if *mode == "reference" {
            let located = part.header("content-location").is_some();
            findings.expect(located, &reply.to, || "an output by reference has no Content-Location".to_owned());
            findings.expect(part.body.is_empty(), &reply.to, || "an output by reference has a body".to_owned());
        } else if let Some((_, output)) = process.outputs().find(|(key, _)| key == name) {
            let media_type = essence(part.header("content-type").unwrap_or_default());
            is_value(findings, output, &media_type, &part.body, &reply.to);
        }
    }
}

fn raw_reference(server: &Server, findings: &mut Findings) -> Step {
    let able = |process: &Process| process.can_sync() && process.transmits("reference");
    for process in server.processes_that("can be executed synchronously and gives references", able)? {
        let wanted: Wanted<'_> = process.outputs().map(|(name, _)| (name, "reference")).collect();
        for wanted in [vec![wanted[0]], wanted] {
            let reply = execute(server, &process, "raw", &wanted)?;
            is_raw_reference(findings, &wanted, &reply);
        }
    }
    Ok(())
}

/// Status 204 and a `Link` header for each output.
pub(crate) fn is_raw_reference(findings: &mut Findings, wanted: &Wanted<'_>, reply: &Reply) {
    findings.status(reply, 204);
    let links = reply.links(None).len();
    findings.expect(links >= wanted.len(), &reply.to, || "not as many Link headers as outputs".to_owned());
}

fn raw_mixed(server: &Server, findings: &mut Findings) -> Step {
    let able = |process: &Process| {
        process.can_sync() && process.transmits("value") && process.transmits("reference") && process.outputs().count() > 1
    };
    for process in
        server.processes_that("has several outputs, by value and by reference, and can be executed synchronously", able)?
    {
        let wanted = mixed(&process);
        let reply = execute(server, &process, "raw", &wanted)?;
        is_raw_multi(findings, &process, &wanted, &reply);
    }
    Ok(())
}

/// The first output by value, the others by reference.
pub(crate) fn mixed(process: &Process) -> Wanted<'_> {
    process.outputs().enumerate().map(|(index, (name, _))| (name, if index == 0 { "value" } else { "reference" })).collect()
}
