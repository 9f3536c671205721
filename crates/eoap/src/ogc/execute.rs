//! Executes processes: as a job, synchronously, or as the server prefers (OGC API - Processes - Part 1,
//! clause 7.11).
//!
//! This module decides whether an answer describes a job or contains the results. It does not read the
//! results.

use futures_util::future::BoxFuture;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::{
    error::{Error, Result},
    http::message::{Answer, Request},
    ogc::{
        client::Client,
        deploy::after,
        documents::{
            execution::{Execution, Expected},
            prefer::Prefer,
            results::Results,
            status::{Status, StatusInfo},
        },
        job::Job,
        results_reader,
    },
};

/// What came of [`Client::submit`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Submitted {
    /// A job, to be waited for.
    Job(Job),
    /// The results: the server has run the process at once.
    Results(Results),
}

impl Submitted {
    /// The results, whichever way they come: of a job, they are waited for.
    ///
    /// # Errors
    ///
    /// Those of [`Job::wait`] and [`Job::results`].
    pub fn results(self) -> BoxFuture<'static, Result<Results>> {
        Box::pin(async move {
            match self {
                Self::Results(results) => Ok(results),
                Self::Job(job) => {
                    job.wait().await?;
                    job.results().await
                }
            }
        })
    }
}

/// An execution in progress: the request, and what to expect of the answer.
struct Submission {
    process: String,
    body: Value,
    prefer: Prefer,
    expected: Expected,
}

impl Submission {
    fn new(process: &str, execution: &Execution, prefer: &Prefer) -> Self {
        Self {
            process: process.to_owned(),
            body: execution.to_value(),
            prefer: prefer.clone(),
            expected: execution.expected(prefer),
        }
    }
}

impl Client {
    /// Executes a process asynchronously: `POST /processes/{id}/execution` (clause 7.11). An execution can
    /// be given by value or by reference. The request is sent exactly once, since an execution is not
    /// repeatable.
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page). [`Error::NoJobId`] if the server does not name the
    /// new job. [`Error::AnsweredSynchronously`] with the results if it ran the process at once.
    pub fn execute(&self, process: impl AsRef<str>, execution: impl AsRef<Execution>) -> BoxFuture<'_, Result<Job>> {
        let execution = execution.as_ref();
        self.execute_this(Submission::new(process.as_ref(), execution, execution.prefer_or(self.preference())))
    }

    fn execute_this(&self, submission: Submission) -> BoxFuture<'_, Result<Job>> {
        Box::pin(async move {
            let answer = self.post(&submission).await?;
            // pygeoapi describes a job even if it has run the process at once. The job's results are
            // available, too.
            if let Some(job) = self.job_of(&submission, &answer) {
                return Ok(job);
            }
            match answer.status {
                StatusCode::OK | StatusCode::NO_CONTENT if !(answer.is_empty() && answer.headers.get("link").is_none()) => {
                    let results = results_reader::results(&answer, &submission.expected)?;
                    Err(Error::AnsweredSynchronously { url: answer.url.to_string(), results: Box::new(results) })
                }
                status => Err(Error::NoJobId { url: answer.url.to_string(), status: status.as_u16() }),
            }
        })
    }

    /// Executes a process and waits for the results (clause 7.11.2.3: synchronous execution). If the
    /// [`Prefer`] of the execution or the client asks for a job, that part is left out. The request is sent
    /// exactly once.
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page), and [`Error::AnsweredAsynchronously`] with the job's
    /// identifier if the server has created a job. ZOO-Project refuses to run deployed processes
    /// synchronously.
    pub fn execute_sync(&self, process: impl AsRef<str>, execution: impl AsRef<Execution>) -> BoxFuture<'_, Result<Results>> {
        let execution = execution.as_ref();
        let prefer = execution.prefer_or(self.preference()).synchronous(execution.response_form());
        self.execute_this_sync(Submission::new(process.as_ref(), execution, &prefer))
    }

    fn execute_this_sync(&self, submission: Submission) -> BoxFuture<'_, Result<Results>> {
        Box::pin(async move {
            match self.submit_with(&submission).await? {
                Submitted::Results(results) => Ok(results),
                Submitted::Job(job) => {
                    let url = self.transport().url(&["processes", &submission.process, "execution"]).into();
                    Err(Error::AnsweredAsynchronously { url, job: job.id().to_owned() })
                }
            }
        })
    }

    /// Executes a process as the server prefers. Its answer decides: a job or the results. The [`Prefer`] of
    /// the execution or the client is sent along. The request is sent exactly once.
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page), and [`Error::NoJobId`] if the server has created a
    /// job and does not name it.
    pub fn submit(&self, process: impl AsRef<str>, execution: impl AsRef<Execution>) -> BoxFuture<'_, Result<Submitted>> {
        let execution = execution.as_ref();
        self.submit_this(Submission::new(process.as_ref(), execution, execution.prefer_or(self.preference())))
    }

    fn submit_this(&self, submission: Submission) -> BoxFuture<'_, Result<Submitted>> {
        Box::pin(async move { self.submit_with(&submission).await })
    }

    async fn submit_with(&self, submission: &Submission) -> Result<Submitted> {
        let answer = self.post(submission).await?;
        let made_job = matches!(answer.status, StatusCode::CREATED | StatusCode::ACCEPTED) || status_of(&answer).is_some();
        if !made_job {
            return results_reader::results(&answer, &submission.expected).map(Submitted::Results);
        }
        self.job_of(submission, &answer)
            .map(Submitted::Job)
            .ok_or_else(|| Error::NoJobId { url: answer.url.to_string(), status: answer.status.as_u16() })
    }

    async fn post(&self, submission: &Submission) -> Result<Answer> {
        let url = self.transport().url(&["processes", &submission.process, "execution"]);
        let mut request = Request::new(Method::POST, url).json(&submission.body);
        submission.prefer.put_into(&mut request.headers)?;
        self.transport().send(request).await
    }

    /// The job in the answer to an execution: from its body, or else from its `Location` header.
    fn job_of(&self, submission: &Submission, answer: &Answer) -> Option<Job> {
        let status = status_of(answer);
        let located = answer.location().and_then(|url| after(url.path(), "jobs"));
        let named = status.as_ref().and_then(|status| status.id().map(str::to_owned));
        let process = status.as_ref().and_then(|status| status.process_id.clone()).unwrap_or_else(|| submission.process.clone());
        let id = named.or(located)?;
        Some(Job::new(self.clone(), id, Some(process), status).expecting(submission.expected.clone()))
    }
}

/// The status of a job in the answer to an execution. 200 is the status code of results, and outputs could
/// be called `id` and `status`. But some servers answer with 200 and a job: then it has to look like one.
fn status_of(answer: &Answer) -> Option<StatusInfo> {
    if answer.is_empty() {
        return None;
    }
    let status: StatusInfo = answer.json("status information").ok()?;
    let named = status.job_id.is_some() || status.id.is_some() && status.extra.contains_key("processingEntityType");
    let is_job = named && !matches!(status.status, Status::Other(_));
    (is_job || answer.status != StatusCode::OK).then_some(status)
}
