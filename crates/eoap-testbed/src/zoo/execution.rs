//! Requests to execute a process, asynchronously or at once.
//!
//! [`execute`] reads the request and decides the mode; what becomes of a job is decided in the service.

use serde_json::{Map, Value};

use super::answer::Answer;
use super::exception::Exception;
use super::synchronous::{self, Response};
use super::{Call, status, validation};
use crate::service::{Execution, Subscriber, failure, outputs};

pub(super) fn execute(call: Call<'_>, id: &str) -> Result<Answer, Exception> {
    let Call { fixtures, service, namespace, request } = call;
    let process = service.processes.find(namespace, id).ok_or_else(|| Exception::no_such_process_to_execute(id))?;
    let body: Map<String, Value> = serde_json::from_slice(&request.body)
        .map_err(|error| Exception::bad_request(format!("The body is not a JSON object: {error}")))?;
    let execution = Execution {
        inputs: object(&body, "inputs")?.unwrap_or_default(),
        outputs: object(&body, "outputs")?,
        is_document: body.get("response").is_some_and(|response| response == "document"),
        subscriber: object(&body, "subscriber")?.map(|subscriber| subscriber_of(&subscriber)),
    };
    let prefer: Vec<&str> = request.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok()).collect();
    let prefer = prefer.join(", ");
    // The server looks for substrings, so that any separator will do.
    let is_async = prefer.contains("respond-async");
    if !is_async && process.is_mutable() {
        return Err(Exception::no_sync_for_mutable());
    }
    validation::check(&process.description, &execution.inputs)?;
    if is_async {
        let job = service.jobs.create(namespace, &process, execution);
        let location = format!("{}/jobs/{}", fixtures.server.root_of(namespace), job.id);
        let answer = Answer::json(201, &status::document(fixtures, job));
        return Ok(answer.header("Location", location).header("Preference-Applied", prefer));
    }
    let response = match body.get("response").and_then(Value::as_str) {
        Some("document") => Response::Document,
        Some(_) => Response::Raw,
        None if prefer.contains("return=minimal") => Response::Raw,
        None if prefer.contains("return=representation") => Response::Document,
        None => Response::Raw,
    };
    if let Some((_, message)) = failure(&process, &execution.inputs, None) {
        return Err(Exception::failed_because(&message));
    }
    let all = outputs(&process, &execution.inputs, &fixtures.server.addresses(namespace));
    synchronous::answer(fixtures, &process, &execution, all, response, &mut service.files)
}

/// A member of the body that has to be an object if it is there.
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
