//! A job on a server: its address, its status, its results (OGC API - Processes - Part 1, clauses 7.13 to
//! 7.15).
//!
//! [`Job`] asks once per call. [`Wait`](crate::Wait) asks again and again until the end.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use reqwest::{
    Method,
    header::{ACCEPT, HeaderValue},
};
use url::Url;

use crate::{
    error::Result,
    http::message::Request,
    ogc::{
        client::Client,
        documents::{execution::Expected, link::Link, output::Output, results::Results, status::StatusInfo},
        job_parameters::OneOrMore,
        results_reader,
    },
};

/// A job, cheap to clone and without borrows: it can live in a notebook from cell to cell.
///
/// ```no_run
/// # async fn run(client: eoap::Client) -> Result<(), eoap::Error> {
/// let job = client.job("68046976-7dcb-11f0-90ac-2a20aea25780");
/// println!("{}", job.status().await?);
/// println!("{}", job.results().await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Job {
    client: Client,
    id: String,
    process_id: Option<String>,
    submitted: Option<Box<StatusInfo>>,
    expected: Expected,
    /// Whether the server has shown that it knows the job. Clones share this.
    is_seen: Arc<AtomicBool>,
}

impl Client {
    /// The job with this identifier, which may have been submitted long ago. Nothing is requested yet.
    pub fn job(&self, id: impl Into<String>) -> Job {
        Job::new(self.clone(), id.into(), None, None)
    }
}

impl Job {
    pub(crate) fn new(client: Client, id: String, process_id: Option<String>, submitted: Option<StatusInfo>) -> Self {
        Self {
            client,
            id,
            process_id,
            submitted: submitted.map(Box::new),
            expected: Expected::default(),
            is_seen: Arc::default(),
        }
    }

    /// The job with what its results can be expected to be.
    pub(crate) fn expecting(self, expected: Expected) -> Self {
        Self { expected, ..self }
    }

    /// Identifier of the job.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Identifier of the process: always known after [`Client::execute`], never after [`Client::job`].
    pub fn process_id(&self) -> Option<&str> {
        self.process_id.as_deref()
    }

    /// The server's message when it accepted the job, if there was one.
    pub fn submitted(&self) -> Option<&StatusInfo> {
        self.submitted.as_deref()
    }

    /// The URL of the job's status.
    ///
    /// This is the `monitor` link of the server if it leads to the origin of the client's base URL,
    /// otherwise `{base}/jobs/{id}`. The links of ZOO-Project may name a host that is not reachable. The
    /// methods of this type always use `{base}/jobs/{id}`.
    pub fn status_url(&self) -> String {
        let link = self.submitted.as_ref().and_then(|status| status.link("monitor"));
        let own = link.and_then(|link| {
            let url = self.url().join(&link.href).ok()?;
            self.client.transport().is_own(&url).then(|| url.to_string())
        });
        own.unwrap_or_else(|| self.url().to_string())
    }

    /// Asks for the status once: `GET /jobs/{id}` (clause 7.13).
    ///
    /// # Errors
    ///
    /// Those of [`Client::landing_page`]; an unknown job is [`Error::Api`](crate::Error::Api) with
    /// [`ProblemKind::NoSuchJob`](crate::ProblemKind::NoSuchJob).
    pub fn status(&self) -> BoxFuture<'_, Result<StatusInfo>> {
        Box::pin(async move { Ok(self.status_and_pause().await?.0) })
    }

    /// As [`status`](Self::status), with the time that the server asks to wait before the next question
    /// (`Retry-After`).
    pub(crate) async fn status_and_pause(&self) -> Result<(StatusInfo, Option<Duration>)> {
        let answer = self.client.transport().send(Request::get(self.url())).await?;
        self.is_seen.store(true, Relaxed);
        Ok((answer.json("status information")?, answer.retry_after()))
    }

    /// The results of the finished job: `GET /jobs/{id}/results` (clause 7.14).
    ///
    /// # Errors
    ///
    /// Those of [`Client::landing_page`]; too early is [`Error::Api`](crate::Error::Api) with
    /// [`ProblemKind::ResultNotReady`](crate::ProblemKind::ResultNotReady).
    pub fn results(&self) -> BoxFuture<'_, Result<Results>> {
        Box::pin(async move {
            let url = self.client.transport().url(&["jobs", &self.id, "results"]);
            results_reader::results(&self.client.transport().send(Request::get(url)).await?, &self.expected)
        })
    }

    /// Some of the results: `GET /jobs/{id}/results?outputs=…` (2.0 draft). ZOO-Project always sends all of
    /// them.
    ///
    /// ```no_run
    /// # async fn run(job: eoap::Job) -> Result<(), eoap::Error> {
    /// let results = job.results_of(["stac_catalog"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`results`](Job::results). An unknown output may be
    /// [`ProblemKind::InvalidQueryParameterValue`](crate::ProblemKind::InvalidQueryParameterValue).
    pub fn results_of(&self, outputs: impl Into<OneOrMore>) -> BoxFuture<'_, Result<Results>> {
        self.results_of_these(outputs.into())
    }

    fn results_of_these(&self, outputs: OneOrMore) -> BoxFuture<'_, Result<Results>> {
        Box::pin(async move {
            let mut url = self.client.transport().url(&["jobs", &self.id, "results"]);
            url.set_query(Some(&format!("outputs={}", outputs.query())));
            let expected = Expected { outputs: outputs.into_words(), response: self.expected.response };
            results_reader::results(&self.client.transport().send(Request::get(url)).await?, &expected)
        })
    }

    /// One plain output: `GET /jobs/{id}/results/{outputID}` (2.0 draft; ZOO-Project 2.1). An output at
    /// another place is fetched from there.
    ///
    /// # Errors
    ///
    /// Those of [`results`](Job::results). An unknown output is
    /// [`ProblemKind::NoSuchOutput`](crate::ProblemKind::NoSuchOutput).
    pub fn output(&self, id: impl AsRef<str>) -> BoxFuture<'_, Result<Output>> {
        self.output_of(id.as_ref().to_owned())
    }

    fn output_of(&self, id: String) -> BoxFuture<'_, Result<Output>> {
        Box::pin(async move {
            let url = self.client.transport().url(&["jobs", &self.id, "results", &id]);
            results_reader::output(&self.client.transport().send(Request::get(url)).await?, &self.id, &id)
        })
    }

    /// The links to the job's logs: those with the relation `related` in its status, which is requested.
    ///
    /// # Errors
    ///
    /// Those of [`status`](Job::status).
    pub fn logs(&self) -> BoxFuture<'_, Result<Vec<Link>>> {
        Box::pin(async move { Ok(self.status().await?.logs().cloned().collect()) })
    }

    /// The text of a log. The link belongs to the server and follows the client's link policy. Bytes that
    /// are not UTF-8 are replaced.
    ///
    /// # Errors
    ///
    /// Those of [`Client::landing_page`].
    pub fn log<'a>(&'a self, link: &'a Link) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let url = self.client.transport().resolve(&link.href)?;
            let accept = HeaderValue::from_static("text/plain, */*;q=0.5");
            let answer = self.client.transport().send(Request::get(url).header(ACCEPT, accept)).await?;
            Ok(String::from_utf8_lossy(&answer.body).into_owned())
        })
    }

    /// Cancels the job if it runs, and removes it: `DELETE /jobs/{id}` (clause 13, conformance class
    /// "dismiss").
    ///
    /// # Errors
    ///
    /// Those of [`Client::landing_page`].
    pub fn dismiss(&self) -> BoxFuture<'_, Result<StatusInfo>> {
        Box::pin(async move {
            let answer = self.client.transport().send(Request::new(Method::DELETE, self.url())).await?;
            self.is_seen.store(true, Relaxed);
            if answer.is_empty() {
                // 204 No Content is not in the standard but means the same.
                let status = serde_json::json!({"jobID": self.id, "status": "dismissed"});
                return serde_json::from_value(status).map_err(|error| answer.not("status information", error.to_string()));
            }
            answer.json("status information")
        })
    }

    /// Whether this client submitted the job, and the server has not yet shown that it knows it.
    pub(crate) fn is_fresh(&self) -> bool {
        self.process_id.is_some() && !self.is_seen.load(Relaxed)
    }

    pub(crate) fn url(&self) -> Url {
        self.client.transport().url(&["jobs", &self.id])
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("id", &self.id).field("url", &self.url().as_str()).finish_non_exhaustive()
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "job {} at {}", self.id, self.status_url())
    }
}
