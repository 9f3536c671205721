//! Exceptions, as ZOO-Project words and numbers them.
//!
//! [`Exception`] knows the table of titles; when to raise one is not known here.

use http::Method;
use serde_json::{Value, json};

use super::answer::Answer;
use super::status;
use crate::scenario::Server;
use crate::service::{Job, NoSuchJob};

/// What the server answers when it does not do what it was asked.
#[derive(Debug)]
pub(super) struct Exception {
    status: u16,
    title: &'static str,
    detail: String,
}

impl Exception {
    fn new(status: u16, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, title, detail: detail.into() }
    }

    pub(super) fn not_available() -> Self {
        Self::new(400, "BadRequest", "The resource is not available")
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", detail)
    }

    pub(super) fn invalid_method(method: &Method) -> Self {
        Self::new(405, "InvalidMethod", format!("The request method used to access the current path is not supported: {method}."))
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

    /// What the results of a failed job are.
    pub(super) fn failed() -> Self {
        Self::new(500, "NoApplicableCode", "The service failed to execute.")
    }

    pub(super) fn missing_input(input: &str) -> Self {
        let detail = format!(
            "The <{input}> argument was not specified in DataInputs but is required according to the ZOO ServicesProvider \
             configuration file."
        );
        Self::new(400, "MissingParameterValue", detail)
    }

    pub(super) fn invalid_input(input: &str, why: &str) -> Self {
        Self::new(400, "InvalidParameterValue", format!("The value for <{input}> seems to be wrong: {why}."))
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

    /// What the subscriber of a failed job is told.
    pub(super) fn failed_job(job: &Job) -> Self {
        let message = job.now().map_or("", |status| &status.message);
        Self::new(500, "NoApplicableCode", status::failure(message))
    }

    /// The JSON of it.
    pub(super) fn document(&self, server: &Server) -> Value {
        let part_1 = |slug: &str| format!("{}/{slug}", server.exceptions);
        let kind = match self.title {
            "NoSuchProcess" => part_1("no-such-process"),
            "NoSuchJob" => part_1("no-such-job"),
            "NoSuchOutput" => part_1("no-such-output"),
            "ResultNotReady" => part_1("result-not-ready"),
            "InvalidQueryParameterValue" => part_1("invalid-query-parameter-value"),
            title => title.to_owned(),
        };
        json!({"title": self.title, "type": kind, "detail": self.detail})
    }

    pub(super) fn into_answer(self, server: &Server) -> Answer {
        Answer::json(self.status, &self.document(server)).unfiltered()
    }
}

impl From<NoSuchJob> for Exception {
    fn from(_: NoSuchJob) -> Self {
        Self::new(404, "NoSuchJob", "The JobID from the request does not match any of the Jobs running on this server")
    }
}
