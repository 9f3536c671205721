//! The OGC API server: a mock that keeps state and answers as ZOO-Project-DRU does.
//!
//! [`Zoo`] finds the resource that a request means; the modules below answer for one kind of resource each. None of them opens a
//! connection, and their JSON comes from the scenario's files.

mod answer;
mod exception;
mod execution;
mod jobs;
mod listing;
mod processes;
mod validation;

use std::sync::{Arc, Mutex, PoisonError};

use http::Method;
use wiremock::{Request, Respond, ResponseTemplate};

use crate::scenario::Parts;
use crate::store::Store;
use answer::Answer;
use exception::Exception;
use jobs::Jobs;

/// The server of one testbed.
#[derive(Debug)]
pub(crate) struct Zoo {
    parts: Arc<Parts>,
    jobs: Mutex<Jobs>,
}

impl Zoo {
    pub(crate) fn new(parts: Arc<Parts>, store: Store) -> Self {
        let jobs = Mutex::new(Jobs::new(Arc::clone(&parts), store));
        Self { parts, jobs }
    }

    fn answer(&self, request: &Request) -> Result<Answer, Exception> {
        let path = request.url.path();
        let inside = path.strip_prefix(&self.parts.server.base_path).ok_or_else(Exception::not_available)?;
        let segments: Vec<&str> = inside.split('/').filter(|segment| !segment.is_empty()).collect();
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let allowed = match segments.as_slice() {
            ["jobs", _] => [Method::GET, Method::DELETE].as_slice(),
            ["processes", _, "execution"] => &[Method::POST],
            [] | ["conformance" | "processes" | "jobs"] | ["processes", _] | ["jobs", _, "results"] => &[Method::GET],
            _ => return Err(Exception::not_available()),
        };
        if !allowed.contains(&request.method) {
            return Err(Exception::invalid_method(&request.method));
        }
        match segments.as_slice() {
            [] => Ok(processes::landing(&self.parts)),
            ["conformance"] => Ok(processes::conformance(&self.parts)),
            ["processes"] => processes::list(&self.parts, request),
            ["processes", id] => processes::describe(&self.parts, id),
            ["processes", id, _] => execution::execute(&self.parts, &mut jobs, id, request),
            ["jobs"] => jobs.list(request),
            ["jobs", id, _] => jobs.results(id),
            ["jobs", id] if request.method == Method::DELETE => jobs.dismiss(id),
            ["jobs", id] => jobs.status(id),
            _ => Err(Exception::not_available()),
        }
    }
}

impl Respond for Zoo {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        match self.answer(request) {
            Ok(answer) => answer.into_response(),
            Err(exception) => exception.into_response(&self.parts.server.exceptions),
        }
    }
}
