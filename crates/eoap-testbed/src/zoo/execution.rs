//! Requests to execute a process, asynchronously or synchronously.
//!
//! [`execute`] reads the request and decides the mode. The service decides what becomes of a job.

use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::answer::Answer;
use super::call::Call;
use super::exception::{self, Exception};
use super::synchronous::{self, Response};
use super::{status, validation};
use crate::http::Request;
use crate::service::{Execution, Subscriber};

pub(super) fn execute(call: Call<'_>, id: &str) -> Result<Answer, Exception> {
    let Call { fixtures, service, namespace, request } = call;
    let process = service.processes.find(namespace, id).ok_or_else(|| Exception::no_such_process_to_execute(id))?;
    let body = body(request)?;
    let execution = Execution {
        inputs: object(&body, "inputs")?.unwrap_or_default(),
        outputs: object(&body, "outputs")?,
        is_document: body.get("response").is_some_and(|response| response == "document"),
        subscriber: object(&body, "subscriber")?.map(|subscriber| subscriber_of(&subscriber)),
    };
    let prefer: Vec<&str> = request.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok()).collect();
    let prefer = prefer.join(", ");
    // The server searches for substrings, so any separator works.
    let is_async = prefer.contains("respond-async");
    if !is_async && process.is_mutable() {
        return Err(Exception::no_sync_for_mutable());
    }
    if execution.inputs.values().any(Value::is_null) {
        return Err(Exception::crashed());
    }
    let missing = validation::missing(&process.description, &execution.inputs);
    let misfit = validation::misfit(&process.description, &execution.inputs);
    let unknown = unknown_output(&process.description, &execution);
    if is_async {
        // The job is created before anything is checked.
        let failure =
            missing.map(exception::missing_input).or_else(|| unknown.map(|output| exception::unknown_output(&output))).or(misfit);
        let job = service.jobs.create(namespace, &process, execution, failure);
        let location = format!("{}/jobs/{}", fixtures.server.root_of(namespace), job.id);
        let answer = Answer::json(201, &status::document(fixtures, job));
        return Ok(answer.header("Location", location).header("Preference-Applied", prefer));
    }
    let response = match body.get("response").and_then(Value::as_str) {
        Some("raw") => Response::Raw,
        // Any other value counts as `document`.
        Some(_) => Response::Document,
        None if prefer.contains("return=minimal") => Response::Raw,
        None if prefer.contains("return=representation") => Response::Document,
        None => Response::Raw,
    };
    if let Some(missing) = missing {
        return Err(Exception::missing_input(missing));
    }
    if let Some(unknown) = unknown {
        return Err(Exception::unknown_output(&unknown));
    }
    if let Some(misfit) = misfit {
        return Err(Exception::failed_because(&misfit));
    }
    if service.jobs.has_to_wait(&process, &execution.inputs) {
        return Ok(Answer::empty(202));
    }
    let all = service.jobs.outcome(namespace, &process, &execution.inputs);
    let all = all.map_err(|message| Exception::failed_because(&message))?;
    synchronous::answer(fixtures, &process, &execution, all, response, &mut service.files)
}

/// The body as the kernel reads it: only if it is labelled as JSON. An array counts as an empty object.
fn body(request: &Request) -> Result<Map<String, Value>, Exception> {
    let media_type = request.headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
    match media_type {
        None => return Err(Exception::bad_request("The request body is empty")),
        Some(media_type) if !media_type.contains("json") => return Err(Exception::crashed()),
        Some(_) if request.body.is_empty() => return Err(Exception::bad_request("The request body is empty")),
        Some(_) => {}
    }
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(Value::Null) => Err(Exception::unread_body("None")),
        Ok(_) => Ok(Map::new()),
        Err(_) => Err(Exception::unsupported_body()),
    }
}

/// The first output that is asked for and that the process does not have.
fn unknown_output(description: &Value, execution: &Execution) -> Option<String> {
    let known = description["outputs"].as_object()?;
    execution.outputs.as_ref()?.keys().find(|name| !known.contains_key(*name)).cloned()
}

/// A member of the body that must be an object if it is there.
fn object(body: &Map<String, Value>, name: &str) -> Result<Option<Map<String, Value>>, Exception> {
    match body.get(name) {
        None => Ok(None),
        Some(Value::Object(members)) => Ok(Some(members.clone())),
        Some(_) => Err(Exception::bad_request(format!("The member <{name}> is not a JSON object"))),
    }
}

/// `successUrl` is what the published schema requires by mistake.
fn subscriber_of(members: &Map<String, Value>) -> Subscriber {
    let uri = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
    Subscriber {
        in_progress: uri("inProgressUri"),
        success: uri("successUri").or_else(|| uri("successUrl")),
        failed: uri("failedUri"),
    }
}
