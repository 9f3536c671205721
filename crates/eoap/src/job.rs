//! A job on a server: where it is, how it does, what came out (OGC API - Processes - Part 1, clauses 7.13 to 7.15).
//!
//! [`Job`] asks once per call; asking again and again until the end is [`Wait`](crate::Wait).

use std::{fmt, time::Duration};

use reqwest::Method;
use url::Url;

use crate::{client::Client, error::Result, results::Results, status::StatusInfo, transport::Request, wait::Wait};

/// A job, cheap to clone and free of borrows: it can live in a notebook from cell to cell.
#[derive(Clone)]
pub struct Job {
    client: Client,
    id: String,
    process_id: Option<String>,
    submitted: Option<StatusInfo>,
}

impl Job {
    pub(crate) fn new(client: Client, id: String, process_id: Option<String>, submitted: Option<StatusInfo>) -> Self {
        Self { client, id, process_id, submitted }
    }

    /// Identifier of the job.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Identifier of the process, if it is known: always after [`Client::execute`], never after [`Client::job`].
    pub fn process_id(&self) -> Option<&str> {
        self.process_id.as_deref()
    }

    /// What the server said when it took the job, if it said anything.
    pub fn submitted(&self) -> Option<&StatusInfo> {
        self.submitted.as_ref()
    }

    /// Where the status of the job can be looked at.
    ///
    /// This is the `monitor` link of the server if it leads to the origin of the client's base URL, otherwise
    /// `{base}/jobs/{id}`: the links of ZOO-Project may name another host than the one the server is reached at. The methods
    /// of this type always use the latter.
    pub fn status_url(&self) -> String {
        let link = self.submitted.as_ref().and_then(|status| status.link("monitor"));
        let own = link.and_then(|link| {
            let url = self.client.transport().base().join(&link.href).ok()?;
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
    pub async fn status(&self) -> Result<StatusInfo> {
        Ok(self.status_and_pause().await?.0)
    }

    /// As [`status`](Self::status), with the time that the server asks to wait before the next question (`Retry-After`).
    pub(crate) async fn status_and_pause(&self) -> Result<(StatusInfo, Option<Duration>)> {
        let answer = self.client.transport().send(Request::get(self.url())).await?;
        Ok((answer.json("status information")?, answer.retry_after()))
    }

    /// Waits for the end of the job: settings first, then `.await`.
    pub fn wait(&self) -> Wait {
        Wait::new(self.clone())
    }

    /// The results of the finished job: `GET /jobs/{id}/results` (clause 7.14).
    ///
    /// # Errors
    ///
    /// Those of [`Client::landing_page`]; too early is [`Error::Api`](crate::Error::Api) with
    /// [`ProblemKind::ResultNotReady`](crate::ProblemKind::ResultNotReady).
    pub async fn results(&self) -> Result<Results> {
        let url = self.client.transport().url(&["jobs", &self.id, "results"]);
        Results::of(&self.client.transport().send(Request::get(url)).await?)
    }

    /// Cancels the job if it runs, and removes it: `DELETE /jobs/{id}` (clause 13, conformance class "dismiss").
    ///
    /// # Errors
    ///
    /// Those of [`Client::landing_page`].
    pub async fn dismiss(&self) -> Result<StatusInfo> {
        let answer = self.client.transport().send(Request::new(Method::DELETE, self.url())).await?;
        if answer.is_empty() {
            // 204 No Content is not in the standard but means the same.
            let status = serde_json::json!({"jobID": self.id, "status": "dismissed"});
            return serde_json::from_value(status).map_err(|error| answer.not("status information", error.to_string()));
        }
        answer.json("status information")
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
