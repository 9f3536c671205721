//! Everything that can go wrong, as one type.
//!
//! A message is a fragment in lower case. It names the request, field, asset or input, and says what to do.
//! It includes its causes, because a notebook shows only the message. Secrets are never part of a message.

use std::{fmt, sync::Arc, time::Duration};

use thiserror::Error as ThisError;

use crate::{
    error::problem::{Problem, ProblemKind},
    ogc::documents::{results::Results, status::StatusInfo},
};

mod answers;
pub(crate) mod problem;
mod words;

pub(crate) use words::{advice_without_answer, chain, excerpt};
use words::{after_attempts, hint, hint_of_status, last_status, list, message, where_logs_are};

/// Result with the error of this library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong. `Debug` writes the message, too, so that `unwrap` in a notebook is readable.
///
/// ```no_run
/// # async fn run(client: eoap::Client) -> Result<(), eoap::Error> {
/// match client.process("no-such-process").await {
///     Err(error @ eoap::Error::Api { .. }) => println!("the server says: {error}"),
///     other => println!("{}", other?.id),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(ThisError)]
#[non_exhaustive]
pub enum Error {
    /// A base URL, S3 URL or asset address cannot be used.
    #[error("{url:?} cannot be used: {reason}")]
    Url {
        /// The text that was given, without credentials.
        url: String,
        /// Why, and what to give instead.
        reason: String,
    },
    /// A geometry cuts nothing out of a raster.
    #[error("a {kind} has no inside; give a Polygon or a MultiPolygon")]
    Area {
        /// The kind of geometry, by its GeoJSON name.
        kind: String,
    },
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up: {reason}")]
    Setup {
        /// Why.
        reason: String,
    },
    /// No answer came: the host is unknown, refuses the connection, or is silent.
    #[error("no answer to {method} {url}: {reason}; {}", advice_without_answer(source))]
    Connection {
        /// HTTP method.
        method: String,
        /// Requested URL.
        url: String,
        /// The whole chain of causes.
        reason: String,
        /// The client's own error.
        #[source]
        source: reqwest::Error,
    },
    /// The request took longer than [`ClientBuilder::timeout`](crate::ClientBuilder::timeout) allows, with
    /// all its attempts.
    #[error(
        "{method} {url} was not answered within {limit:?}{}; if the server is that slow, give it more time with `Client::builder(url).timeout(…)`",
        after_attempts(*attempts, last)
    )]
    Deadline {
        /// HTTP method.
        method: String,
        /// Requested URL.
        url: String,
        /// The time that the request had.
        limit: Duration,
        /// How many requests were sent.
        attempts: u32,
        /// Why the attempt before the last one failed, if there was one.
        last: Option<Box<Error>>,
    },
    /// A request that only reads failed as often as [`Retry`](crate::Retry) allows.
    #[error("{last} (the last of {attempts} attempts)")]
    RetriesExhausted {
        /// How many attempts were made.
        attempts: u32,
        /// The last failure.
        last: Box<Error>,
    },
    /// The server is busy. It asks for a longer pause than the request may take.
    #[error(
        "{last}; the server asks to wait {asked:?} before the next request, and this one has {remaining:.1?} left: come back later, or give it more time with `Client::builder(url).timeout(…)`"
    )]
    RetryAfter {
        /// What the server asks for (`Retry-After`).
        asked: Duration,
        /// What was left of the request's time.
        remaining: Duration,
        /// What the server answered.
        last: Box<Error>,
    },
    /// The answer is too large to be read into memory.
    #[error(
        "the answer to {method} {url} is larger than {limit} bytes; allow more with `Client::builder(url).max_answer(bytes)`"
    )]
    TooLarge {
        /// HTTP method.
        method: String,
        /// Requested URL.
        url: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The server redirects to where the request does not follow.
    #[error("{method} {url} was redirected ({status}) to {target}: {reason}; use the base URL that it belongs to")]
    Redirect {
        /// HTTP method.
        method: String,
        /// Requested URL, the last one of several.
        url: String,
        /// HTTP status code.
        status: u16,
        /// Where the answer leads.
        target: String,
        /// Why it is not followed.
        reason: &'static str,
    },
    /// The token provider gave no token, so nothing was sent.
    #[error("no token for {url}: the token provider failed: {reason}")]
    Token {
        /// URL of the request that needs it.
        url: String,
        /// The whole chain of causes.
        reason: String,
        /// The provider's own error.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// The server answered with an error document (RFC 7807).
    #[error("{method} {url} was answered {status}: {problem}{}", hint(kind, *status, url))]
    Api {
        /// HTTP method.
        method: String,
        /// Requested URL.
        url: String,
        /// HTTP status code.
        status: u16,
        /// Kind of the problem: from the document, or from the status if the document names no known kind.
        kind: ProblemKind,
        /// The document.
        problem: Box<Problem>,
    },
    /// The answer has an error status and no error document. Often a proxy sent it.
    #[error("{method} {url} was answered {status} without an error document: {body}{}", hint_of_status(*status, url))]
    Http {
        /// HTTP method.
        method: String,
        /// Requested URL.
        url: String,
        /// HTTP status code.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
    /// The answer is not what the standard promises.
    #[error("the answer to {method} {url} is not {expected}: {reason}; it begins: {body}")]
    Decode {
        /// HTTP method.
        method: String,
        /// Requested URL.
        url: String,
        /// What was expected.
        expected: &'static str,
        /// What is wrong.
        reason: String,
        /// The beginning of the body.
        body: String,
    },
    /// A value cannot be written as JSON.
    #[error("{what} cannot be written as JSON: {source}")]
    Encode {
        /// Which value.
        what: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The server took the execution but did not say which job it is.
    #[error(
        "{url} took the execution ({status}) but named no job: neither its body nor a Location header has an id; look for the job in the server's job list"
    )]
    NoJobId {
        /// URL of the execution.
        url: String,
        /// HTTP status code.
        status: u16,
    },
    /// The process ran at once and the server sent its results instead of a job. Nothing is lost: they are
    /// here.
    #[error(
        "{url} ran the process at once and sent its results instead of a job; use the `results` of this error, or ask for a job with `Prefer::RespondAsync`"
    )]
    AnsweredSynchronously {
        /// URL of the execution.
        url: String,
        /// The results.
        results: Box<Results>,
    },
    /// The job ended with an error.
    #[error("job {job} failed: {}{}", message(status), where_logs_are(status))]
    JobFailed {
        /// Identifier of the job.
        job: String,
        /// Last status of the job.
        status: Box<StatusInfo>,
    },
    /// The job was cancelled or removed.
    #[error("job {job} was dismissed: {}; submit it again if its results are still wanted", message(status))]
    JobDismissed {
        /// Identifier of the job.
        job: String,
        /// Last status of the job.
        status: Box<StatusInfo>,
    },
    /// During a wait, the server does not know the job.
    #[error(
        "job {job} is not known to the server: GET {url} was answered 404 {problem}; it may have been dismissed, or it belongs to another namespace"
    )]
    JobLost {
        /// Identifier of the job.
        job: String,
        /// URL of its status.
        url: String,
        /// The server's message.
        problem: Box<Problem>,
    },
    /// The job did not end in time. It still runs: wait again, or dismiss it.
    #[error(
        "job {job} has not ended after {after:?} ({}); it goes on: wait again with `job.wait()`, or stop it with `job.dismiss()`",
        last_status(last)
    )]
    WaitTimeout {
        /// Identifier of the job.
        job: String,
        /// How long it was waited for.
        after: Duration,
        /// Last status seen.
        last: Option<Box<StatusInfo>>,
    },
    /// A setting in the environment cannot be read.
    #[error("environment variable {name}={value:?} cannot be read: {reason}")]
    Environment {
        /// Name of the variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is expected.
        reason: String,
    },
    /// The results have no such output.
    #[error("the results have no output {output:?}; they have {}", list(available))]
    NoSuchOutput {
        /// The output asked for.
        output: String,
        /// The outputs that are there.
        available: Vec<String>,
    },
    /// An output is not of the kind that was asked for.
    #[error("output {output:?} is not {expected}: {reason}")]
    OutputKind {
        /// The output asked for.
        output: String,
        /// What it should be.
        expected: &'static str,
        /// What it is instead, and what to do.
        reason: String,
    },
    /// An object store refused or failed.
    #[error("{url} cannot be read: {reason}")]
    Store {
        /// URL of the object or folder.
        url: String,
        /// The whole chain of causes, and what to do.
        reason: String,
        /// The store's own error, if a request was made.
        #[source]
        source: Option<Box<object_store::Error>>,
    },
    /// A raster file cannot be read.
    #[error("raster {raster} cannot be read: {reason}")]
    Raster {
        /// URL or path of the file.
        raster: String,
        /// Why.
        reason: String,
    },
    /// A coordinate reference system is unknown, or a transformation fails.
    #[error("reference system {crs} cannot be used: {reason}")]
    ReferenceSystem {
        /// Its code or name.
        crs: String,
        /// Why.
        reason: String,
    },
    /// A file cannot be read or used.
    #[error("file {path:?} cannot be used: {reason}")]
    File {
        /// Its path.
        path: String,
        /// Why.
        reason: String,
    },
    /// The pages of a list lead back to one of them.
    #[error("the pages of the list go round in circles: a link `next` leads to {url} again; the server is at fault")]
    PagingLoop {
        /// The page that was there before.
        url: String,
    },
    /// A process was to be run synchronously, and the server has made a job of it.
    #[error(
        "POST {url} was answered with job {job} in place of results; take it with `client.job({job:?})`, or use `client.submit`"
    )]
    AnsweredAsynchronously {
        /// Requested URL.
        url: String,
        /// Identifier of the job, which runs.
        job: String,
    },
    /// The bytes or the text of an output or of fetched data are not available.
    #[error("the data cannot be read: {reason}")]
    OutputBytes {
        /// Why, and what to do instead.
        reason: String,
    },
    /// The inputs of an execution do not fit the description of the process.
    #[error("the inputs do not fit process {process:?}: {}", problems.join("; "))]
    InvalidInputs {
        /// Identifier of the process.
        process: String,
        /// Every problem, each with the name of its input.
        problems: Vec<String>,
    },
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_reads_like_the_message() {
        let error = Error::NoSuchOutput { output: "catalog".into(), available: vec!["stac_catalog".into()] };
        assert_eq!(format!("{error:?}"), r#"the results have no output "catalog"; they have "stac_catalog""#);
    }

    #[test]
    fn error_is_small_and_sendable() {
        fn sendable<T: Send + Sync + 'static>() {}
        sendable::<Error>();
        assert!(size_of::<Error>() <= 128, "{}", size_of::<Error>());
    }
}
