//! Requests to execute a process.
//!
//! [`Demand`] reads the request and decides the mode. pygeoapi itself does not check inputs, so wrong ones
//! make a job fail. It does not know what becomes of a job.

use serde_json::{Map, Value};

use super::exception::Exception;
use super::processes::offers;
use crate::http::Request;
use crate::scenario::Generation;
use crate::scenario::Process;
use crate::service::{Execution, Subscriber};

/// What a client wants.
#[derive(Debug)]
pub(super) struct Demand {
    pub(super) execution: Execution,
    /// Why the process will fail, whatever the scenario says.
    pub(super) failure: Option<String>,
}

/// How a process is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mode {
    pub(super) is_async: bool,
    /// What `Preference-Applied` says.
    pub(super) applied: Option<&'static str>,
}

impl Demand {
    pub(super) fn of(process: &Process, request: &Request) -> Result<Self, Exception> {
        if request.body.is_empty() {
            return Err(Exception::missing("missing request data"));
        }
        let body: Value = serde_json::from_slice(&request.body).map_err(|_| Exception::invalid("invalid request data"))?;
        // pygeoapi reads members without checking that the body is an object.
        let Value::Object(mut body) = body else { return Err(Exception::Crashed) };
        let (inputs, failure) = match body.remove("inputs") {
            None => (Map::new(), None),
            Some(Value::Object(inputs)) => (inputs, None),
            Some(other) => (Map::new(), Some(format!("the inputs are no object: {other}"))),
        };
        let subscriber = body.get("subscriber").and_then(Value::as_object).map(subscriber).transpose()?;
        let outputs = match body.remove("outputs") {
            Some(Value::Object(outputs)) => Some(outputs),
            _ => None,
        };
        let is_document = body.get("response").is_some_and(|response| response == "document");
        let failure = failure.or_else(|| missing(process, &inputs));
        Ok(Self { execution: Execution { inputs, outputs, is_document, subscriber }, failure })
    }
}

impl Mode {
    /// Only the exact text `respond-async` asks for a job.
    pub(super) fn of(process: &Process, request: &Request, generation: Generation) -> Self {
        let prefer = request.headers.get("prefer").and_then(|value| value.to_str().ok());
        let (is_async, applied) = match (prefer, generation) {
            (Some("respond-async"), _) if offers(process, "async-execute") => (true, Some("respond-async")),
            (Some("respond-async"), _) => (false, Some("wait")),
            (_, Generation::V0_24) if !offers(process, "sync-execute") => (true, Some("respond-async")),
            // The preference that is honoured is the one that is not confirmed.
            (prefer, Generation::V0_24) => (false, (prefer != Some("wait")).then_some("wait")),
            (prefer, Generation::V0_21) => (false, (prefer == Some("wait")).then_some("wait")),
        };
        Self { is_async, applied }
    }
}

fn subscriber(subscriber: &Map<String, Value>) -> Result<Subscriber, Exception> {
    let uri = |name: &str| subscriber.get(name).and_then(Value::as_str).map(str::to_owned);
    let success = uri("successUri").ok_or_else(|| Exception::missing("Missing successUri"))?;
    Ok(Subscriber { in_progress: uri("inProgressUri"), success: Some(success), failed: uri("failedUri") })
}

/// What a process says when it does not find an input that it needs.
fn missing(process: &Process, inputs: &Map<String, Value>) -> Option<String> {
    let described = process.description["inputs"].as_object()?;
    let is_missing = |name: &&String| inputs.get(*name).is_none_or(Value::is_null);
    let is_required = |input: &Value| input["minOccurs"] != 0 && input["schema"].get("default").is_none();
    let name = described.iter().filter(|(_, input)| is_required(input)).map(|(name, _)| name).find(is_missing)?;
    Some(format!("Cannot process without {name}"))
}
