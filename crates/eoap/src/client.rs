//! Talks to an OGC API - Processes server (Part 1: Core, OGC 18-062r2).
//!
//! [`Client`] has a method per resource; what comes back is typed and lossless. How requests are sent is the business of the
//! transport; waiting for jobs that of [`Job`].

use std::{fmt, sync::Arc};

use reqwest::Method;

use crate::{
    client_builder::ClientBuilder,
    error::{Error, Result},
    execution::{Execution, Prefer},
    job::Job,
    landing::{Conformance, LandingPage},
    process::{Process, ProcessList},
    results::Results,
    status::StatusInfo,
    transport::{Answer, Request, Transport},
};

/// A client of one server, cheap to clone.
///
/// Requests always go to the base URL that was given: the links of ZOO-Project name the host that the server was configured
/// with, which may not be the one that it is reached at. Credentials go to the origin of the base URL only. Proxies are
/// taken from the environment (`http_proxy`, `https_proxy`, `no_proxy`).
///
/// ```no_run
/// # async fn run() -> Result<(), eoap::Error> {
/// use eoap::{Client, Execution};
///
/// let client = Client::new("http://zoo-project-dru-service/acme/ogc-api")?;
/// let execution = Execution::new().input("aoi", "-121.399,39.834,-120.74,40.472").input("bands", ["green", "nir08"]);
/// let job = client.execute("water-bodies", &execution).await?;
/// println!("{}", job.id());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    transport: Arc<Transport>,
    prefer: Prefer,
}

impl Client {
    /// A client of the server at `base`, such as `http://host/acme/ogc-api`, without credentials.
    ///
    /// # Errors
    ///
    /// Those of [`ClientBuilder::build`].
    pub fn new(base: impl AsRef<str>) -> Result<Self> {
        Self::builder(base).build()
    }

    /// Settings for a client of the server at `base`.
    pub fn builder(base: impl AsRef<str>) -> ClientBuilder {
        ClientBuilder::new(base.as_ref())
    }

    pub(crate) fn with(transport: Transport, prefer: Prefer) -> Self {
        Self { transport: Arc::new(transport), prefer }
    }

    /// The base URL, without a slash at its end.
    pub fn base(&self) -> &str {
        self.transport.base().as_str().trim_end_matches('/')
    }

    /// The landing page: `GET /` (clause 7.2).
    ///
    /// # Errors
    ///
    /// As all requests: [`Error::Connection`] without an answer, [`Error::Api`] or [`Error::Http`] for an error status,
    /// [`Error::Decode`] for an answer that is not what the standard promises.
    pub async fn landing_page(&self) -> Result<LandingPage> {
        self.transport.get_json(self.transport.url(&[""]), "a landing page").await
    }

    /// The conformance classes that the server declares: `GET /conformance` (clause 7.4).
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page).
    pub async fn conformance(&self) -> Result<Conformance> {
        self.transport.get_json(self.transport.url(&["conformance"]), "a conformance declaration").await
    }

    /// The processes of the server: `GET /processes` (clause 7.9), the first page as the server cuts it.
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page).
    pub async fn processes(&self) -> Result<ProcessList> {
        self.transport.get_json(self.transport.url(&["processes"]), "a process list").await
    }

    /// The description of a process: `GET /processes/{id}` (clause 7.10).
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page); an unknown process is [`Error::Api`] with
    /// [`ProblemKind::NoSuchProcess`](crate::ProblemKind::NoSuchProcess).
    pub async fn process(&self, id: impl AsRef<str>) -> Result<Process> {
        let url = self.transport.url(&["processes", id.as_ref()]);
        self.transport.get_json(url, "a process description").await
    }

    /// Executes a process: `POST /processes/{id}/execution` (clause 7.11). The request is sent exactly once, whatever
    /// happens: an execution is not repeatable.
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page), and [`Error::NoJobId`] if the server does not say which job it has
    /// made, [`Error::AnsweredSynchronously`] with the results if it ran the process at once.
    pub async fn execute(&self, process: impl AsRef<str>, execution: &Execution) -> Result<Job> {
        let url = self.transport.url(&["processes", process.as_ref(), "execution"]);
        let mut request = Request::new(Method::POST, url).json(&execution.to_value());
        execution.prefer_or(&self.prefer).put_into(&mut request.headers)?;
        let answer = self.transport.send(request).await?;
        self.job_of(process.as_ref(), &answer)
    }

    /// The job with this identifier, which may have been submitted long ago. Nothing is requested yet.
    pub fn job(&self, id: impl Into<String>) -> Job {
        Job::new(self.clone(), id.into(), None, None)
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// The job that the answer to an execution tells of: by its body, else by its `Location` header.
    fn job_of(&self, process: &str, answer: &Answer) -> Result<Job> {
        let status: Option<StatusInfo> = if answer.is_empty() { None } else { answer.json("status information").ok() };
        let located = answer.location().and_then(|url| job_id_of(url.path()));
        let named = status.as_ref().and_then(|status| status.id().map(str::to_owned));
        let process = status.as_ref().and_then(|status| status.process_id.clone()).or_else(|| Some(process.to_owned()));
        match named.or(located) {
            Some(id) => Ok(Job::new(self.clone(), id, process, status)),
            None if answer.status == reqwest::StatusCode::OK && !answer.is_empty() => {
                Err(Error::AnsweredSynchronously { url: answer.url.to_string(), results: Box::new(Results::of(answer)?) })
            }
            None => Err(Error::NoJobId { url: answer.url.to_string(), status: answer.status.as_u16() }),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.base()).field("prefer", &self.prefer).finish_non_exhaustive()
    }
}

/// The identifier in a path such as `/acme/ogc-api/jobs/{id}`.
fn job_id_of(path: &str) -> Option<String> {
    let mut segments = path.split('/').skip_while(|segment| *segment != "jobs").skip(1);
    let id = segments.next().filter(|id| !id.is_empty())?;
    let id = id.replace('+', "%2B");
    url::form_urlencoded::parse(id.as_bytes()).map(|(name, _)| name.into_owned()).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn job_ids_of_locations() {
        assert_eq!(job_id_of("/acme/ogc-api/jobs/a-b%20c+d/results").as_deref(), Some("a-b c+d"));
        assert_eq!(job_id_of("/acme/ogc-api/jobs/"), None);
        assert_eq!(job_id_of("/temp/x.json"), None);
    }

    #[test]
    fn no_secret_in_debug() {
        let builder = Client::builder("http://host/api").bearer("hush");
        assert!(!format!("{builder:?}").contains("hush"));
        assert!(!format!("{:?}", builder.build().expect("client")).contains("hush"));
    }
}
