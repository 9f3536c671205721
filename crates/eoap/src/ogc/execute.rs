//! Executes processes: as a job, at once, or as the server likes best (OGC API - Processes - Part 1, clause 7.11).
//!
//! Whether an answer tells of a job or holds the results is decided here; what is in the results is not looked at.

use futures_util::future::BoxFuture;
use reqwest::{Method, StatusCode};

use crate::{
    error::{Error, Result},
    http::message::{Answer, Request},
    ogc::{
        client::Client,
        deploy::after,
        documents::{
            execution::Execution,
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

impl Client {
    /// Executes a process asynchronously: `POST /processes/{id}/execution` (clause 7.11). The execution can be given as it is or lent. The request is sent exactly once,
    /// whatever happens: an execution is not repeatable.
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page), and [`Error::NoJobId`] if the server does not say which job it has
    /// made, [`Error::AnsweredSynchronously`] with the results if it ran the process at once.
    pub fn execute(&self, process: impl AsRef<str>, execution: impl AsRef<Execution>) -> BoxFuture<'_, Result<Job>> {
        self.execute_this(process.as_ref().to_owned(), execution.as_ref().clone())
    }

    fn execute_this(&self, process: String, execution: Execution) -> BoxFuture<'_, Result<Job>> {
        Box::pin(async move { self.make_job(&process, &execution).await })
    }

    async fn make_job(&self, process: &str, execution: &Execution) -> Result<Job> {
        let prefer = execution.prefer_or(self.preference());
        let answer = self.post(process, execution, prefer).await?;
        // pygeoapi tells of a job even if it has run the process at once; its results are there, too.
        if let Some(job) = self.job_of(process, &answer, execution, prefer) {
            return Ok(job);
        }
        match answer.status {
            StatusCode::OK | StatusCode::NO_CONTENT if !(answer.is_empty() && answer.headers.get("link").is_none()) => {
                let results = results_reader::results(&answer, &execution.expected(prefer))?;
                Err(Error::AnsweredSynchronously { url: answer.url.to_string(), results: Box::new(results) })
            }
            status => Err(Error::NoJobId { url: answer.url.to_string(), status: status.as_u16() }),
        }
    }

    /// Executes a process and waits for the answer, which is the results (clause 7.11.2.3: synchronous execution). Words of
    /// the execution's or the client's [`Prefer`] that ask for a job are left out. The request is sent exactly once.
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page), and [`Error::AnsweredAsynchronously`] with the job's identifier if
    /// the server has made a job of it. ZOO-Project refuses to run deployed processes synchronously.
    pub fn execute_sync(&self, process: impl AsRef<str>, execution: impl AsRef<Execution>) -> BoxFuture<'_, Result<Results>> {
        self.execute_this_sync(process.as_ref().to_owned(), execution.as_ref().clone())
    }

    fn execute_this_sync(&self, process: String, execution: Execution) -> BoxFuture<'_, Result<Results>> {
        Box::pin(async move {
            let prefer = execution.prefer_or(self.preference()).synchronous(execution.response_form());
            match self.submit_with(&process, &execution, &prefer).await? {
                Submitted::Results(results) => Ok(results),
                Submitted::Job(job) => {
                    let url = self.transport().url(&["processes", &process, "execution"]).into();
                    Err(Error::AnsweredAsynchronously { url, job: job.id().to_owned() })
                }
            }
        })
    }

    /// Executes a process as the server likes best, which its answer tells: a job or the results. What is preferred is the
    /// execution's or the client's [`Prefer`]. The request is sent exactly once.
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page), and [`Error::NoJobId`] if the server has made a job and does not say
    /// which.
    pub fn submit(&self, process: impl AsRef<str>, execution: impl AsRef<Execution>) -> BoxFuture<'_, Result<Submitted>> {
        self.submit_this(process.as_ref().to_owned(), execution.as_ref().clone())
    }

    fn submit_this(&self, process: String, execution: Execution) -> BoxFuture<'_, Result<Submitted>> {
        Box::pin(async move { self.submit_with(&process, &execution, execution.prefer_or(self.preference())).await })
    }

    async fn submit_with(&self, process: &str, execution: &Execution, prefer: &Prefer) -> Result<Submitted> {
        let answer = self.post(process, execution, prefer).await?;
        let made_job = matches!(answer.status, StatusCode::CREATED | StatusCode::ACCEPTED) || status_of(&answer).is_some();
        if !made_job {
            return results_reader::results(&answer, &execution.expected(prefer)).map(Submitted::Results);
        }
        self.job_of(process, &answer, execution, prefer)
            .map(Submitted::Job)
            .ok_or_else(|| Error::NoJobId { url: answer.url.to_string(), status: answer.status.as_u16() })
    }

    async fn post(&self, process: &str, execution: &Execution, prefer: &Prefer) -> Result<Answer> {
        let url = self.transport().url(&["processes", process, "execution"]);
        let mut request = Request::new(Method::POST, url).json(&execution.to_value());
        prefer.put_into(&mut request.headers)?;
        self.transport().send(request).await
    }

    /// The job that the answer to an execution tells of: by its body, else by its `Location` header.
    fn job_of(&self, process: &str, answer: &Answer, execution: &Execution, prefer: &Prefer) -> Option<Job> {
        let status = status_of(answer);
        let located = answer.location().and_then(|url| after(url.path(), "jobs"));
        let named = status.as_ref().and_then(|status| status.id().map(str::to_owned));
        let process = status.as_ref().and_then(|status| status.process_id.clone()).unwrap_or_else(|| process.to_owned());
        let id = named.or(located)?;
        Some(Job::new(self.clone(), id, Some(process), status).expecting(execution.expected(prefer)))
    }
}

/// The status of a job that the answer to an execution holds. 200 is the status code of results, whose outputs could be called
/// `id` and `status`, but some servers answer so with a job: then it has to look like one.
fn status_of(answer: &Answer) -> Option<StatusInfo> {
    if answer.is_empty() {
        return None;
    }
    let status: StatusInfo = answer.json("status information").ok()?;
    let named = status.job_id.is_some() || status.id.is_some() && status.extra.contains_key("processingEntityType");
    let is_job = named && !matches!(status.status, Status::Other(_));
    (is_job || answer.status != StatusCode::OK).then_some(status)
}
