//! Requests to execute a process, asynchronously or at once.
//!
//! [`execute`] reads the request and decides the mode; what becomes of a job is decided in `jobs`.

use serde_json::{Map, Value};
use wiremock::Request;

use super::answer::Answer;
use super::exception::Exception;
use super::jobs::{self, Jobs};
use super::{processes, validation};
use crate::scenario::Parts;

pub(super) fn execute(parts: &Parts, jobs: &mut Jobs, id: &str, request: &Request) -> Result<Answer, Exception> {
    let process = processes::find(parts, id).ok_or_else(|| Exception::no_such_process_to_execute(id))?;
    let body: Map<String, Value> = serde_json::from_slice(&request.body)
        .map_err(|error| Exception::bad_request(format!("The body is not a JSON object: {error}")))?;
    let empty = Map::new();
    let inputs = match body.get("inputs") {
        None => &empty,
        Some(Value::Object(inputs)) => inputs,
        Some(_) => return Err(Exception::bad_request("The member <inputs> is not a JSON object")),
    };
    let prefer: Vec<&str> = request.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok()).collect();
    let prefer = prefer.join(", ");
    // The server looks for substrings, so that any separator will do.
    let is_async = prefer.contains("respond-async");
    if !is_async && process.description["mutable"] == true {
        return Err(Exception::no_sync_for_mutable());
    }
    validation::check(&process.description, inputs)?;
    if is_async {
        let (job, status) = jobs.create(process, inputs);
        let location = format!("{}/jobs/{job}", parts.server.root);
        return Ok(Answer::json(201, &status).header("Location", location).header("Preference-Applied", prefer));
    }
    let results = jobs::results(parts, process, inputs);
    let wanted = body.get("outputs").and_then(Value::as_object);
    let results = match (results, wanted) {
        (Value::Object(mut results), Some(wanted)) => {
            results.retain(|name, _| wanted.contains_key(name));
            results
        }
        (Value::Object(results), None) => results,
        _ => return Err(Exception::failed()),
    };
    let document = match body.get("response").and_then(Value::as_str) {
        Some(response) => response == "document",
        None => prefer.contains("return=representation"),
    };
    match (document, results.values().next()) {
        (true, _) => Ok(Answer::json(200, &Value::Object(results))),
        (false, Some(Value::String(text))) if results.len() == 1 => Ok(Answer::text(text)),
        (false, Some(only)) if results.len() == 1 => Ok(Answer::json(200, only.get("value").unwrap_or(only))),
        (false, _) => Err(Exception::not_imitated("a raw answer with several outputs: ask for response=document")),
    }
}
