//! Talks to an OGC API - Processes server (Part 1: Core, OGC 18-062r2; Part 2: Deploy, Replace, Undeploy).
//!
//! [`Client`] has a method per resource; what comes back is typed and lossless. How requests are sent is the business of the
//! transport; waiting for jobs that of [`Job`].

use std::{fmt, sync::Arc};

use reqwest::{
    Method, StatusCode,
    header::{ACCEPT, HeaderValue},
};
use url::{Host, Url};

use crate::{
    answered::{self, content_type},
    api_definition::ApiDefinition,
    client_builder::ClientBuilder,
    deploy::{self, Deploy, GetPackage},
    error::{Error, Result},
    execution::Execution,
    fetched::Fetched,
    job::Job,
    job_list::ListJobs,
    landing::{Conformance, LandingPage},
    link::Link,
    package::Package,
    paging::ListProcesses,
    prefer::Prefer,
    process::Process,
    results::Results,
    status::{Status, StatusInfo},
    transport::{Answer, Request, Transport},
};

/// What [`Client::api`] asks for.
const OPENAPI: &str = "application/vnd.oai.openapi+json;version=3.0, application/openapi+json, application/json;q=0.9";

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

    /// The definition of the API (clause 7.3): where the landing page's link `service-desc` leads, else `GET /api`.
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page); [`Error::Decode`] for a definition that is not JSON.
    pub async fn api(&self) -> Result<ApiDefinition> {
        let landing_page = self.landing_page().await?;
        let is_json = |link: &&Link| link.media_type.as_deref().is_some_and(|media_type| media_type.contains("json"));
        let mut links = landing_page.links.iter().filter(|link| link.is("service-desc"));
        let link = links.clone().find(is_json).or_else(|| links.next());
        let url = match link {
            Some(link) => self.follow(&self.transport.url(&[""]), &link.href)?,
            None => self.transport.url(&["api"]),
        };
        let request = Request::get(url).header(ACCEPT, HeaderValue::from_static(OPENAPI));
        let document = self.transport.send(request).await?.json("an API definition in JSON")?;
        Ok(ApiDefinition::of(document))
    }

    /// The processes of the server: `GET /processes` (clause 7.9). `.await` gives the first page as the server cuts it; set
    /// `limit` before, or take `all` pages or a `stream`.
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page).
    pub fn processes(&self) -> ListProcesses {
        ListProcesses::new(self.clone())
    }

    /// The jobs of the server: `GET /jobs` (clause 12, conformance class "job-list"). `.await` gives the first page; set
    /// filters and `limit` before, or take `all` pages or a `stream`.
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page).
    pub fn jobs(&self) -> ListJobs {
        ListJobs::new(self.clone())
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

    /// Deploys a process: `POST /processes` (Part 2). The request is sent exactly once.
    ///
    /// ```no_run
    /// # async fn run(client: eoap::Client) -> Result<(), eoap::Error> {
    /// use eoap::Package;
    ///
    /// let deployed = client.deploy(&Package::from_file("water-bodies.cwl")?).workflow("water-bodies").await?;
    /// println!("{deployed}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page); a process with this identifier is
    /// [`ProblemKind::DuplicatedProcess`](crate::ProblemKind::DuplicatedProcess), a media type that the server does not take
    /// [`ProblemKind::UnsupportedMediaType`](crate::ProblemKind::UnsupportedMediaType).
    pub fn deploy(&self, package: &Package) -> Deploy {
        Deploy::new(self.clone(), package.clone())
    }

    /// Replaces a deployed process: `PUT /processes/{id}` (Part 2). The request is sent exactly once.
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page); a process that belongs to the server is
    /// [`ProblemKind::ImmutableProcess`](crate::ProblemKind::ImmutableProcess).
    pub fn replace(&self, id: impl AsRef<str>, package: &Package) -> Deploy {
        Deploy::replacing(self.clone(), id.as_ref(), package.clone())
    }

    /// Removes a deployed process: `DELETE /processes/{id}` (Part 2).
    ///
    /// # Errors
    ///
    /// Those of [`replace`](Client::replace).
    pub async fn undeploy(&self, id: impl AsRef<str>) -> Result<()> {
        let url = self.transport.url(&["processes", id.as_ref()]);
        self.transport.send(Request::new(Method::DELETE, url)).await.map(drop)
    }

    /// What was deployed as this process: `GET /processes/{id}/package` (Part 2).
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page); a process that was not deployed is
    /// [`ProblemKind::ImmutableProcess`](crate::ProblemKind::ImmutableProcess).
    pub fn package(&self, id: impl AsRef<str>) -> GetPackage {
        GetPackage::new(self.clone(), id.as_ref())
    }

    /// Executes a process asynchronously: `POST /processes/{id}/execution` (clause 7.11). The request is sent exactly once,
    /// whatever happens: an execution is not repeatable.
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page), and [`Error::NoJobId`] if the server does not say which job it has
    /// made, [`Error::AnsweredSynchronously`] with the results if it ran the process at once.
    pub async fn execute(&self, process: impl AsRef<str>, execution: &Execution) -> Result<Job> {
        let prefer = execution.prefer_or(&self.prefer);
        let answer = self.post(process.as_ref(), execution, prefer).await?;
        // pygeoapi tells of a job even if it has run the process at once; its results are there, too.
        if let Some(job) = self.job_of(process.as_ref(), &answer, execution, prefer) {
            return Ok(job);
        }
        match answer.status {
            StatusCode::OK | StatusCode::NO_CONTENT if !(answer.is_empty() && answer.headers.get("link").is_none()) => {
                let results = answered::results(&answer, &execution.expected(prefer))?;
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
    pub async fn execute_sync(&self, process: impl AsRef<str>, execution: &Execution) -> Result<Results> {
        let prefer = execution.prefer_or(&self.prefer).synchronous(execution.response_form());
        match self.submit_with(process.as_ref(), execution, &prefer).await? {
            Submitted::Results(results) => Ok(results),
            Submitted::Job(job) => {
                let url = self.transport.url(&["processes", process.as_ref(), "execution"]).into();
                Err(Error::AnsweredAsynchronously { url, job: job.id().to_owned() })
            }
        }
    }

    /// Executes a process as the server likes best, which its answer tells: a job or the results. What is preferred is the
    /// execution's or the client's [`Prefer`]. The request is sent exactly once.
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page), and [`Error::NoJobId`] if the server has made a job and does not say
    /// which.
    pub async fn submit(&self, process: impl AsRef<str>, execution: &Execution) -> Result<Submitted> {
        self.submit_with(process.as_ref(), execution, execution.prefer_or(&self.prefer)).await
    }

    async fn submit_with(&self, process: &str, execution: &Execution, prefer: &Prefer) -> Result<Submitted> {
        let answer = self.post(process, execution, prefer).await?;
        let made_job = matches!(answer.status, StatusCode::CREATED | StatusCode::ACCEPTED) || status_of(&answer).is_some();
        if !made_job {
            return answered::results(&answer, &execution.expected(prefer)).map(Submitted::Results);
        }
        self.job_of(process, &answer, execution, prefer)
            .map(Submitted::Job)
            .ok_or_else(|| Error::NoJobId { url: answer.url.to_string(), status: answer.status.as_u16() })
    }

    async fn post(&self, process: &str, execution: &Execution, prefer: &Prefer) -> Result<Answer> {
        let url = self.transport.url(&["processes", process, "execution"]);
        let mut request = Request::new(Method::POST, url).json(&execution.to_value());
        prefer.put_into(&mut request.headers)?;
        self.transport.send(request).await
    }

    /// Fetches what a link leads to, such as an output that was sent by reference.
    ///
    /// A relative link belongs to the server. So does one to this machine (`localhost`) if the server is elsewhere: that is what
    /// ZOO-Project calls itself by default. Both follow the client's link policy; any other is data, and taken as it is.
    /// Credentials go to the server only.
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page), and [`Error::Url`] for a link that is not HTTP, such as one to S3, which
    /// [`Store`](crate::Store) reads.
    pub async fn fetch(&self, link: &Link) -> Result<Fetched> {
        let url = self.data_url(&link.href)?;
        let wanted = link.media_type.as_ref().and_then(|kind| HeaderValue::from_str(&format!("{kind}, */*;q=0.5")).ok());
        let accept = wanted.unwrap_or(HeaderValue::from_static("*/*"));
        let answer = self.transport.send(Request::get(url).header(ACCEPT, accept)).await?;
        let media_type = content_type(&answer).or_else(|| link.media_type.clone());
        Ok(Fetched { bytes: answer.body, media_type })
    }

    /// The job with this identifier, which may have been submitted long ago. Nothing is requested yet.
    pub fn job(&self, id: impl Into<String>) -> Job {
        Job::new(self.clone(), id.into(), None, None)
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Where a link to data leads, which may be the server's or anybody's.
    fn data_url(&self, href: &str) -> Result<Url> {
        match Url::parse(href) {
            Ok(url) if !is_loopback(&url) || is_loopback(self.transport.base()) => self.transport.external(href),
            _ => self.transport.resolve(href),
        }
    }

    /// Where a link on the page at `page` leads: a relative one starts at the page, an absolute one follows the link policy.
    pub(crate) fn follow(&self, page: &Url, href: &str) -> Result<Url> {
        match (Url::parse(href), page.join(href)) {
            (Err(url::ParseError::RelativeUrlWithoutBase), Ok(url)) => Ok(url),
            _ => self.transport.resolve(href),
        }
    }

    /// The job that the answer to an execution tells of: by its body, else by its `Location` header.
    fn job_of(&self, process: &str, answer: &Answer, execution: &Execution, prefer: &Prefer) -> Option<Job> {
        let status = status_of(answer);
        let located = answer.location().and_then(|url| deploy::after(url.path(), "jobs"));
        let named = status.as_ref().and_then(|status| status.id().map(str::to_owned));
        let process = status.as_ref().and_then(|status| status.process_id.clone()).unwrap_or_else(|| process.to_owned());
        let id = named.or(located)?;
        Some(Job::new(self.clone(), id, Some(process), status).expecting(execution.expected(prefer)))
    }
}

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
    pub async fn results(self) -> Result<Results> {
        match self {
            Self::Results(results) => Ok(results),
            Self::Job(job) => {
                job.wait().await?;
                job.results().await
            }
        }
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

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.base()).field("prefer", &self.prefer).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_start_where_they_are() {
        let client = Client::new("http://host/acme/ogc-api").expect("client");
        let page = client.transport().url(&["processes"]);
        let follow = |href: &str| client.follow(&page, href).expect("URL").to_string();
        assert_eq!(follow("?skip=1"), "http://host/acme/ogc-api/processes?skip=1");
        assert_eq!(follow("/acme/x"), "http://host/acme/x");
        assert_eq!(follow("http://host/y"), "http://host/y");
        assert_eq!(follow("http://localhost:8080/acme/ogc-api/processes?skip=1"), "http://host/acme/ogc-api/processes?skip=1");
    }

    #[test]
    fn data_lies_where_it_is_said_to_unless_that_is_the_server_itself() {
        let url = |base: &str, href: &str| Client::new(base).expect("client").data_url(href).expect("URL").to_string();
        let base = "http://zoo-project-dru-service/acme/ogc-api";
        assert_eq!(url(base, "https://store.example/mask.tif"), "https://store.example/mask.tif");
        assert_eq!(url(base, "http://localhost:8080/temp//j.json"), "http://zoo-project-dru-service/temp//j.json");
        assert_eq!(url(base, "http://[::1]/j.json"), "http://zoo-project-dru-service/j.json");
        assert_eq!(url(base, "/temp/j.json"), "http://zoo-project-dru-service/temp/j.json");
        assert_eq!(url("http://127.0.0.1:5000", "http://localhost:8080/j.json"), "http://localhost:8080/j.json");
        let error = Client::new(base).expect("client").data_url("s3://results/j.json").expect_err("not HTTP").to_string();
        assert!(error.contains("Store"), "{error}");
    }

    #[test]
    fn no_secret_in_debug() {
        let builder = Client::builder("http://host/api").bearer("hush");
        assert!(!format!("{builder:?}").contains("hush"));
        assert!(!format!("{:?}", builder.build().expect("client")).contains("hush"));
    }
}
