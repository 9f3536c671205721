//! Landing page, conformance, and the descriptions of processes.
//!
//! These answers depend on the scenario alone; jobs are not known here.

use serde_json::{Value, json};
use wiremock::Request;

use super::answer::Answer;
use super::exception::Exception;
use super::listing;
use crate::scenario::{Parts, Process};
use crate::template::{Values, fill};

/// The placeholders of every answer.
pub(super) fn addresses(parts: &Parts) -> Values {
    let mut values = Values::new();
    values.insert("root".to_owned(), parts.server.root.clone().into());
    values.insert("origin".to_owned(), parts.server.origin.clone().into());
    values
}

/// The process with that id.
pub(super) fn find<'a>(parts: &'a Parts, id: &str) -> Option<&'a Process> {
    parts.processes.iter().find(|process| process.id == id)
}

pub(super) fn landing(parts: &Parts) -> Answer {
    Answer::json(200, &fill(&parts.answers.landing, &addresses(parts)))
}

pub(super) fn conformance(parts: &Parts) -> Answer {
    Answer::json(200, &fill(&parts.answers.conformance, &addresses(parts)))
}

pub(super) fn describe(parts: &Parts, id: &str) -> Result<Answer, Exception> {
    let process = find(parts, id).ok_or_else(|| Exception::no_such_process(id))?;
    Ok(Answer::json(200, &fill(&process.description, &addresses(parts))))
}

pub(super) fn list(parts: &Parts, request: &Request) -> Result<Answer, Exception> {
    let href = format!("{}/processes", parts.server.root);
    let entries = parts.processes.iter().map(|process| summary(process, &href)).collect();
    Ok(Answer::json(200, &listing::page("processes", entries, &href, request)?))
}

/// The description without inputs and outputs, with a link to the whole.
fn summary(process: &Process, href: &str) -> Value {
    let mut summary = process.description.clone();
    if let Some(members) = summary.as_object_mut() {
        members.retain(|name, _| !matches!(name.as_str(), "inputs" | "outputs" | "links"));
        let href = format!("{href}/{}", process.id);
        let link = json!({"rel": "self", "type": "application/json", "title": "Process Description", "href": href});
        members.insert("links".to_owned(), json!([link]));
    }
    summary
}
