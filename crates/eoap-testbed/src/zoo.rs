//! The OGC API server as ZOO-Project-DRU answers.
//!
//! [`Zoo`] finds the resource of a request. Each module below answers for one kind of resource. None of them
//! keeps state, which the service does, and none opens a connection.

mod answer;
mod call;
mod deploy;
mod exception;
mod execution;
mod html;
mod jobs;
mod landing;
mod openapi;
mod package;
mod processes;
mod query;
mod resource;
mod status;
mod synchronous;
mod temp;
mod validation;

use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
    HeaderName, HeaderValue,
};
use http::{Method, Response};
use serde_json::Value;

use crate::http::Request;
use crate::personality::Responder;
use crate::scenario::{Fixtures, Links, StatusShape, split_namespace};
use crate::service::{Job, Phase, Service};
use answer::Answer;
use call::Call;
use exception::Exception;
use resource::Resource;

/// Headers that allow requests from pages of other origins, and let them read where a job is.
const CORS: [(HeaderName, &str); 4] = [
    (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, DELETE, OPTIONS"),
    (ACCESS_CONTROL_ALLOW_HEADERS, "Accept, Authorization, Content-Type, Prefer"),
    (ACCESS_CONTROL_EXPOSE_HEADERS, "Link, Location, Preference-Applied"),
];

/// The server of one testbed.
#[derive(Debug)]
pub(crate) struct Zoo {
    fixtures: Arc<Fixtures>,
}

impl Zoo {
    pub(crate) fn new(fixtures: Arc<Fixtures>) -> Self {
        Self { fixtures }
    }

    fn answer(&self, service: &mut Service, request: &Request) -> Result<Answer, Exception> {
        let path = request.url.path();
        if let Some((namespace, file)) = temp::split(path) {
            return temp::file(&self.fixtures, service, namespace, file);
        }
        let home = path.strip_prefix(&self.fixtures.server.base_path).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let (namespace, inside) = home
            .map(|rest| (self.fixtures.server.namespace.as_str(), rest))
            .or_else(|| split_namespace(path))
            .ok_or_else(Exception::not_available)?;
        let segments: Vec<&str> = inside.split('/').filter(|segment| !segment.is_empty()).collect();
        let resource = Resource::of(&segments).ok_or_else(Exception::not_available)?;
        if request.method != Method::OPTIONS {
            self.fixtures.server.admit(&request.headers).map_err(Exception::not_allowed)?;
        }
        let method = if request.method == Method::HEAD { &Method::GET } else { &request.method };
        match (resource, method) {
            (_, &Method::OPTIONS) => return Ok(Answer::new(200, "text/plain; charset=utf-8", "CORS is enabled.\n")),
            // Other methods than these four fail with an internal error.
            (_, method) if ![Method::GET, Method::POST, Method::PUT, Method::DELETE].contains(method) => {
                return Err(Exception::internal());
            }
            (Resource::Execution(id), method) if *method != Method::POST => {
                let exception = Exception::no_such_process(&format!("{id}/execution"));
                return Err(if *method == Method::GET { exception } else { exception.before_settings() });
            }
            (resource, method) if !resource.methods().contains(method) => return Err(Exception::invalid_method()),
            _ => {}
        }
        let call = Call { fixtures: &self.fixtures, service, namespace, request };
        match (resource, method) {
            (Resource::Landing, _) => Ok(landing::landing(&call)),
            (Resource::LandingPage, _) => Ok(html::landing(&call)),
            (Resource::Api, _) => Ok(openapi::definition(call)),
            (Resource::ApiPage, _) => Ok(html::api(call)),
            (Resource::Conformance, _) => Ok(landing::conformance(&call)),
            (Resource::Processes, &Method::POST) => deploy::deploy(call),
            (Resource::Processes, _) => processes::list(call),
            (Resource::Process(id), &Method::PUT) => deploy::replace(call, id),
            (Resource::Process(id), &Method::DELETE) => deploy::undeploy(call, id),
            (Resource::Process(id), _) => processes::describe(call, id),
            (Resource::Package(id), _) => deploy::package(call, id),
            (Resource::Execution(id), _) => execution::execute(call, id),
            (Resource::Jobs, _) => jobs::list(call),
            (Resource::Job(id), &Method::DELETE) => jobs::dismiss(call, id),
            (Resource::Job(id), _) => jobs::status(call, id),
            (Resource::Results(id), _) => jobs::results(call, id),
            (Resource::Result(id, output), _) => jobs::result(call, id, output),
        }
    }
}

impl Responder for Zoo {
    fn respond(&self, service: &mut Service, request: &Request) -> Response<Bytes> {
        let server = &self.fixtures.server;
        let mut response = match self.answer(service, request) {
            Ok(answer) if server.status_shape == StatusShape::Of2024 => answer.without_links().into_response(),
            Ok(answer) => answer.into_response(),
            Err(exception) => exception.into_answer(server).into_response(),
        };
        if server.cors {
            for (name, value) in CORS {
                response.headers_mut().insert(name, HeaderValue::from_static(value));
            }
        }
        if let Some(host) = request.url.host_str().filter(|_| server.links == Links::Asked) {
            let port = request.url.port().map_or_else(String::new, |port| format!(":{port}"));
            with_origin(&mut response, &server.origin, &format!("http://{host}{port}"));
        }
        response
    }

    fn notice(&self, job: &Job) -> Option<Value> {
        Some(match job.phase() {
            Phase::New | Phase::Running => status::notice(&self.fixtures, job),
            Phase::Successful => Value::Object(jobs::document(&self.fixtures, job)),
            Phase::Failed => Exception::failed_job(job).document(&self.fixtures.server),
        })
    }
}

/// Puts one origin in the place of another, in a text and in headers.
fn with_origin(response: &mut Response<Bytes>, from: &str, to: &str) {
    if let Ok(text) = std::str::from_utf8(response.body()) {
        let text = text.replace(from, to);
        *response.body_mut() = text.into();
    }
    for value in response.headers_mut().values_mut() {
        let replaced = value.to_str().ok().map(|text| text.replace(from, to));
        if let Some(replaced) = replaced.and_then(|text| http::HeaderValue::from_str(&text).ok()) {
            *value = replaced;
        }
    }
}
