//! The process list and descriptions.
//!
//! Jobs are not known here, or how a process gets deployed.

use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::exception::Exception;
use super::query;
use crate::scenario::Process;
use crate::template::fill;

pub(super) fn describe(call: Call<'_>, id: &str) -> Result<Answer, Exception> {
    let process = call.service.processes.find(call.namespace, id).ok_or_else(|| Exception::no_such_process(id))?;
    Ok(Answer::json(200, &fill(&process.description, &call.fixtures.server.addresses(call.namespace))))
}

pub(super) fn list(call: Call<'_>) -> Result<Answer, Exception> {
    let href = format!("{}/processes", call.fixtures.server.root_of(call.namespace));
    let processes = call.service.processes.list(call.namespace);
    let entries = processes.iter().map(|process| entry(process, &href));
    Ok(Answer::json(200, &query::page("processes", entries, &href, call.request)))
}

/// The description without inputs and outputs.
pub(super) fn summary(process: &Process) -> Value {
    let mut summary = process.description.clone();
    if let Some(members) = summary.as_object_mut() {
        members.retain(|name, _| !matches!(name.as_str(), "inputs" | "outputs"));
    }
    summary
}

/// The summary in a list: with a link to the whole.
fn entry(process: &Process, href: &str) -> Value {
    let mut entry = summary(process);
    let href = format!("{href}/{}", process.id);
    entry["links"] = json!([{"rel": "self", "type": "application/json", "title": "Process Description", "href": href}]);
    entry
}
