//! The OGC API server as pygeoapi: the same scenario, in pygeoapi's form.
//!
//! [`Pygeoapi`] finds the resource of a request. Each module below answers for one kind of resource. Their
//! answers follow pygeoapi 0.21.0 and 0.24.0. `tests/peers/pygeoapi.py` compares them with the real ones. It
//! has no Part 2: nothing can be deployed.

mod answer;
mod exception;
mod execution;
mod format;
mod jobs;
mod landing;
mod outcome;
mod paging;
mod processes;

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Response};
use serde_json::{Value, json};

use crate::http::Request;
use crate::personality::Responder;
use crate::scenario::{Fixtures, Generation, Process};
use crate::service::{Filter, Job, Phase, Service};
use answer::Answer;
use exception::Exception;
use execution::{Demand, Mode};
use format::Format;
use jobs::JobPages;
use outcome::Outcome;

/// The server of one testbed.
#[derive(Debug)]
pub(crate) struct Pygeoapi {
    fixtures: Arc<Fixtures>,
}

impl Pygeoapi {
    pub(crate) fn new(fixtures: Arc<Fixtures>) -> Self {
        Self { fixtures }
    }

    fn answer(&self, service: &mut Service, request: &Request) -> Answer {
        if let Err(status) = self.fixtures.server.admit(&request.headers) {
            return Exception::NotAdmitted(status).into_answer(None);
        }
        // Paths and methods are the framework's business, before anything is read of the request.
        let Some((route, methods)) = self.route(request) else { return Exception::NotFound.into_answer(None) };
        if request.method == Method::OPTIONS {
            return Answer::raw(200, "", "").unsigned().header("Allow", methods.join(", "));
        }
        if !methods.contains(&request.method.as_str()) {
            return Exception::NotAllowed(methods).into_answer(None);
        }
        match Format::of(request) {
            Ok(format) => {
                let answer = self.resource(service, &route, request, format);
                answer.unwrap_or_else(|exception| exception.into_answer(format))
            }
            Err(exception) => exception.into_answer(None),
        }
    }

    /// The segments of the path and its methods, if there is such a path.
    fn route<'a>(&self, request: &'a Request) -> Option<(Vec<&'a str>, &'static [&'static str])> {
        let inside = request.url.path().strip_prefix(&self.fixtures.server.base_path)?;
        if !inside.is_empty() && !inside.starts_with('/') {
            return None;
        }
        let segments: Vec<&str> = inside.split('/').filter(|segment| !segment.is_empty()).collect();
        let methods: &[&str] = match segments.as_slice() {
            ["processes", _, "execution"] => &["OPTIONS", "POST"],
            ["jobs", _] => &["DELETE", "GET", "HEAD", "OPTIONS"],
            [] | ["conformance" | "openapi" | "processes" | "jobs"] | ["processes", _] | ["jobs", _, "results"] => {
                &["GET", "HEAD", "OPTIONS"]
            }
            _ => return None,
        };
        Some((segments, methods))
    }

    fn resource(
        &self,
        service: &mut Service,
        route: &[&str],
        request: &Request,
        format: Option<Format>,
    ) -> Result<Answer, Exception> {
        let server = &self.fixtures.server;
        let (root, version, namespace) = (server.root.as_str(), &server.pygeoapi, server.namespace.as_str());
        let offered = service.processes.list(namespace);
        let processes = || offered.iter().map(AsRef::as_ref);
        let find = |id: &str, why| offered.iter().find(|one| one.id == id).ok_or_else(|| Exception::no_such_process(why));
        let document = |document: Value| Ok(Answer::document(200, &document, format));
        let pages = JobPages { root, version };
        match route {
            [] => document(landing::landing(&self.fixtures.name, root, version)),
            ["conformance"] => document(landing::conformance()),
            ["openapi"] => {
                let openapi = landing::openapi(&self.fixtures.name, root, version, processes());
                Ok(match format {
                    Some(Format::Html) => Answer::document(200, &openapi, format),
                    _ => Answer::raw(200, landing::OPENAPI, openapi.to_string()),
                })
            }
            ["processes"] => document(processes::list(processes(), server, request)?),
            ["processes", id] => document(processes::description(find(id, "Identifier not found")?, server)),
            ["processes", id, _] => self.execute(service, find(id, "identifier not found")?, request),
            ["jobs"] => document(pages.list(&service.jobs.list(namespace, &Filter::default()), request)?),
            ["jobs", id] if request.method == Method::DELETE => {
                service.jobs.dismiss(namespace, id).map_err(|_| Exception::no_such_job(id))?;
                Ok(pages.dismissed(id))
            }
            ["jobs", id] => {
                let job = service.jobs.poll(namespace, id).map_err(|_| Exception::no_status(id))?;
                document(pages.status(job, false))
            }
            ["jobs", id, _] => {
                let job = service.jobs.get(namespace, id).map_err(|_| Exception::no_such_job(id))?;
                jobs::results(job, format)
            }
            _ => Err(Exception::NotFound),
        }
    }

    /// Always creates a job, and waits for it unless the client prefers not to.
    fn execute(&self, service: &mut Service, process: &Arc<Process>, request: &Request) -> Result<Answer, Exception> {
        let server = &self.fixtures.server;
        let (namespace, generation) = (server.namespace.as_str(), server.pygeoapi.generation());
        let Demand { execution, failure } = Demand::of(process, request)?;
        let mode = Mode::of(process, request, generation);
        if !mode.is_async && failure.is_none() && service.jobs.has_to_wait(process, &execution.inputs) {
            return Ok(Answer::raw(202, outcome::JSON, ""));
        }
        let job = service.jobs.create(namespace, process, execution, None);
        let (id, is_document) = (job.id.clone(), job.execution.is_document);
        if let Some(message) = failure.or_else(|| Outcome::failure(job, generation)) {
            service.jobs.fail(namespace, &id, &message).map_err(|_| Exception::Crashed)?;
        }
        let mut answer = if mode.is_async {
            Answer::document(201, &created(&id, is_document, generation), None)
        } else {
            finished(service.jobs.complete(namespace, &id).map_err(|_| Exception::Crashed)?)
        };
        if let Some(applied) = mode.applied {
            answer = answer.header("Preference-Applied", applied);
        }
        Ok(answer.header("Location", format!("{}/jobs/{id}", server.root)))
    }
}

/// The answer to an asynchronous request: a status, or almost nothing.
fn created(id: &str, is_document: bool, generation: Generation) -> Value {
    match (generation, is_document) {
        (Generation::V0_24, _) => json!({"jobID": id, "type": "process", "status": "accepted"}),
        (Generation::V0_21, true) => json!({}),
        (Generation::V0_21, false) => Value::Null,
    }
}

/// The answer to a synchronous request: the job's results, now.
fn finished(job: &Job) -> Answer {
    if job.phase() == Phase::Failed {
        let code = "InvalidParameterValue";
        let body = json!({"type": code, "code": code, "description": jobs::failure(job)});
        return Answer::document(400, &body, None);
    }
    let Outcome { media_type, content } = Outcome::of(job);
    // The media type is that of a raw result only.
    let media_type = if job.execution.is_document { outcome::JSON } else { &media_type };
    Answer::raw(200, media_type, content.into_bytes())
}

impl Responder for Pygeoapi {
    fn respond(&self, service: &mut Service, request: &Request) -> Response<Bytes> {
        self.answer(service, request).into_response(&self.fixtures.server.pygeoapi)
    }

    /// Progress is sent once. A failure is sent without its reason.
    fn notice(&self, job: &Job) -> Option<Value> {
        match job.phase() {
            Phase::New | Phase::Failed => Some(json!({})),
            Phase::Running => None,
            Phase::Successful => Some(Outcome::of(job).content.into_json()),
        }
    }
}
