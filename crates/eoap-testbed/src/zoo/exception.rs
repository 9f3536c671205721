//! Exceptions, with ZOO-Project's texts and numbers.
//!
//! [`Exception`] knows the table of titles. It does not know when to raise one.

use serde_json::{Value, json};

use super::answer::Answer;
use super::status;
use crate::cwl::CwlError;
use crate::scenario::Server;
use crate::service::{Job, NoSuchJob};

/// What the server answers when it does not do what it was asked.
#[derive(Debug)]
pub(super) struct Exception {
    status: u16,
    title: &'static str,
    detail: String,
    location: Option<String>,
    media_type: Option<&'static str>,
}

/// The media type of an exception that comes early.
const EARLY: &str = "application/json;encoding=utf-8";

impl Exception {
    fn new(status: u16, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, title, detail: detail.into(), location: None, media_type: None }
    }

    pub(super) fn not_available() -> Self {
        Self::new(400, "BadRequest", "The resource is not available")
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", detail)
    }

    pub(super) fn invalid_method() -> Self {
        Self::new(405, "InvalidMethod", "The request method used to access the current path is not supported.")
    }

    /// The exception for a body that is not JSON.
    pub(super) fn unsupported_body() -> Self {
        Self::new(405, "InvalidMethod", "This API does not support the method.")
    }

    pub(super) fn unread_body(body: &str) -> Self {
        Self::new(400, "InvalidParameterValue", format!("ZOO-Kernel cannot parse your POST data: {body}"))
    }

    pub(super) fn not_allowed(status: u16) -> Self {
        Self::new(status, "NotAllowed", "The client is not allowed to access this resource.")
    }

    pub(super) fn internal() -> Self {
        Self::new(500, "InternalError", "Something went wrong, no more information available.")
    }

    /// The kernel dies of the request.
    pub(super) fn crashed() -> Self {
        let detail = "ZOO Kernel failed to process your request, receiving signal 11 = SIGSEGV ";
        Self::new(500, "NoApplicableCode", detail).before_settings()
    }

    /// The same exception, from before the kernel has read its settings.
    pub(super) fn before_settings(self) -> Self {
        Self { media_type: Some(EARLY), ..self }
    }

    pub(super) fn unknown_output(output: &str) -> Self {
        Self::new(400, "InvalidParameterValue", unknown_output(output))
    }

    pub(super) fn no_such_process(id: &str) -> Self {
        Self::new(404, "NoSuchProcess", format!("Unable to parse the ZCFG file: {id}.zcfg (No message provided)"))
    }

    pub(super) fn no_such_process_to_execute(id: &str) -> Self {
        let detail = format!(
            "The value for <identifier> seems to be wrong ({id}). Please specify one of the processes in the list returned by a \
             GetCapabilities request."
        );
        Self::new(404, "NoSuchProcess", detail)
    }

    pub(super) fn result_not_ready() -> Self {
        Self::new(404, "ResultNotReady", "The job is still running.")
    }

    /// The exception in place of a failed job's results.
    pub(super) fn failed() -> Self {
        Self::new(500, "NoApplicableCode", "The service failed to execute.")
    }

    pub(super) fn missing_input(input: &str) -> Self {
        Self::new(400, "MissingParameterValue", missing_input(input))
    }

    /// The standard has 400 for it; the server has not.
    pub(super) fn invalid_query(name: &str, value: &str) -> Self {
        Self::new(500, "InvalidQueryParameterValue", format!("The value of the parameter <{name}> is invalid: {value}."))
    }

    /// The server's own way to say that a deployed process runs asynchronously only.
    pub(super) fn no_sync_for_mutable() -> Self {
        Self::new(500, "None", "The synchronous mode is not allowed for mutable services.")
    }

    pub(super) fn no_such_output(output: &str) -> Self {
        Self::new(404, "NoSuchOutput", format!("The job has no output <{output}>."))
    }

    pub(super) fn not_found(path: &str) -> Self {
        Self::new(404, "NotFound", format!("There is no file {path}."))
    }

    pub(super) fn unsupported_media_type(media_type: &str) -> Self {
        Self::new(415, "UnsupportedMediaType", format!("The media type of the body is not supported: {media_type}."))
    }

    pub(super) fn workflow_not_found(error: CwlError) -> Self {
        Self::no_workflow(&error.to_string())
    }

    /// Whatever is wrong with a package: the server makes no difference.
    pub(super) fn no_workflow(why: &str) -> Self {
        Self::new(400, "WorkflowNotFound", why)
    }

    /// The address of a package leads nowhere.
    pub(super) fn file_not_found() -> Self {
        Self::new(500, "NoApplicableCode", "file not found")
    }

    pub(super) fn duplicated(location: String) -> Self {
        let exception = Self::new(409, "DuplicatedProcess", "A service with the same identifier is already deployed");
        Self { location: Some(location), ..exception }
    }

    pub(super) fn immutable(id: &str) -> Self {
        Self::new(403, "ImmutableProcess", format!("The service {id} is built in: it can neither be replaced nor undeployed"))
    }

    pub(super) fn immutable_has_no_package() -> Self {
        Self::new(404, "ImmutableProcess", "A built-in service has no package")
    }

    pub(super) fn not_updated() -> Self {
        Self::new(404, "NoSuchProcess", "The process failed to be updated.")
    }

    pub(super) fn not_acceptable() -> Self {
        let detail = "A package is application/ogcapppkg+json, application/cwl, application/cwl+yaml or application/cwl+json: the \
                      header Accept names none of them.";
        Self::new(406, "NotAcceptable", detail)
    }

    /// The message for the subscriber of a failed job.
    pub(super) fn failed_job(job: &Job) -> Self {
        Self::failed_because(job.now().map_or("", |status| &status.message))
    }

    /// A process that fails while the client waits for it.
    pub(super) fn failed_because(message: &str) -> Self {
        Self::new(500, "NoApplicableCode", status::failure(message))
    }

    /// The JSON of it.
    pub(super) fn document(&self, server: &Server) -> Value {
        let part_1 = |slug: &str| format!("{}/{slug}", server.exceptions);
        let part_2 = |slug: &str| format!("{}/{slug}", server.exceptions_2);
        let kind = match self.title {
            "NoSuchProcess" => part_1("no-such-process"),
            "NoSuchJob" => part_1("no-such-job"),
            "NoSuchOutput" => part_1("no-such-output"),
            "ResultNotReady" => part_1("result-not-ready"),
            "InvalidQueryParameterValue" => part_1("invalid-query-parameter-value"),
            "DuplicatedProcess" => part_2("duplicated-process"),
            "ImmutableProcess" => part_2("immutable-process"),
            "UnsupportedMediaType" => part_2("unsupported-media-type"),
            "WorkflowNotFound" => part_2("workflow-not-found"),
            title => title.to_owned(),
        };
        json!({"title": self.title, "type": kind, "detail": self.detail})
    }

    pub(super) fn into_answer(self, server: &Server) -> Answer {
        let answer = Answer::json(self.status, &self.document(server))
            .typed(self.media_type.unwrap_or(&server.exceptions_media_type))
            .unfiltered();
        match self.location {
            Some(location) => answer.header("Location", location),
            None => answer,
        }
    }
}

/// The message about a missing input.
pub(super) fn missing_input(input: &str) -> String {
    format!(
        "The <{input}> argument was not specified in DataInputs but is required according to the ZOO ServicesProvider configuration file."
    )
}

/// The message about an output that the process does not have.
pub(super) fn unknown_output(output: &str) -> String {
    format!(
        "The <{output}> argument specified as ResponseDocument identifier was not recognized (not defined in the ZOO Configuration \
         File)."
    )
}

impl From<NoSuchJob> for Exception {
    fn from(_: NoSuchJob) -> Self {
        Self::new(404, "NoSuchJob", "The JobID from the request does not match any of the Jobs running on this server")
    }
}
