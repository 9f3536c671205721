//! The jobs of a server (OGC API - Processes - Part 1, clause 12 "Requirements class Job list",
//! `jobList.yaml`).
//!
//! [`JobList`] is the server's list, [`ListJobs`] the request. Each filter is a query parameter of the
//! standard. It is also a [`JobFilter`] here, for servers that do not know it.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::{Url, form_urlencoded::byte_serialize};

use crate::{
    display::{Align, Table},
    error::Result,
    ogc::{
        client::Client,
        documents::{
            lenient,
            link::Link,
            lossless::{Members, lossless},
            status::{Status, StatusInfo},
        },
        job_filter::{Interval, JobFilter},
        job_parameters::{Datetime, OneOrMore},
        paging::{self, Page, Paged, Query},
    },
};

/// A list of jobs: one page of it, or all pages together.
///
/// ```no_run
/// # async fn run(client: eoap::Client) -> Result<(), eoap::Error> {
/// let jobs = client.jobs().all().await?;
/// for job in &jobs {
///     println!("{:?}: {}", job.id(), job.status);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct JobList {
    /// The jobs, in the server's order.
    #[serde(deserialize_with = "lenient::entries")]
    pub jobs: Vec<StatusInfo>,
    /// Links to this page in other forms, and to its neighbours.
    #[serde(default, deserialize_with = "lenient::list", skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// All other members, such as `numberTotal` of ZOO-Project.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
    #[serde(skip)]
    members: Members,
}

lossless!(JobList);

impl Client {
    /// The jobs of the server: `GET /jobs` (clause 12, conformance class "job-list"). `.await` gives the
    /// first page; set filters and `limit` before, or take `all` pages or a `stream`.
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page).
    pub fn jobs(&self) -> ListJobs {
        ListJobs::new(self.clone())
    }
}

impl JobList {
    /// The job with this identifier.
    pub fn get(&self, id: &str) -> Option<&StatusInfo> {
        self.jobs.iter().find(|job| job.id() == Some(id))
    }

    /// How many jobs the server has, if it says so (`numberTotal` of ZOO-Project, `numberMatched` of
    /// pygeoapi).
    pub fn number_total(&self) -> Option<u64> {
        self.total()
    }

    /// The first link with the relation `rel` (see [`Link::is`]), such as `next`.
    pub fn link(&self, rel: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.is(rel))
    }

    /// Shows the jobs in a notebook.
    pub fn evcxr_display(&self) {
        self.table().bundle().emit();
    }

    fn table(&self) -> Table {
        let left = ["job", "process", "status"].map(|name| (name, Align::Left));
        let right = ["progress", "seconds"].map(|name| (name, Align::Right));
        let rest = ["created", "message"].map(|name| (name, Align::Left));
        let mut table = Table::new(left.into_iter().chain(right).chain(rest));
        for job in &self.jobs {
            table.row([
                job.id().unwrap_or("").to_owned(),
                job.process_id.clone().unwrap_or_default(),
                job.status.to_string(),
                job.progress.as_ref().map(|progress| format!("{progress} %")).unwrap_or_default(),
                job.duration().map(|time| format!("{:.1}", time.as_secs_f64())).unwrap_or_default(),
                job.created.clone().unwrap_or_default(),
                job.message.as_deref().map(brief).unwrap_or_default(),
            ]);
            table.dot(2, job.status.paint());
        }
        table
    }
}

/// The beginning of a message, on one line. The job's status has all of it.
fn brief(message: &str) -> String {
    const LENGTH: usize = 60;
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

impl<'a> IntoIterator for &'a JobList {
    type Item = &'a StatusInfo;
    type IntoIter = std::slice::Iter<'a, StatusInfo>;

    fn into_iter(self) -> Self::IntoIter {
        self.jobs.iter()
    }
}

impl fmt::Display for JobList {
    /// A table: a line per job.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table().to_text())
    }
}

impl Page for JobList {
    type Entry = StatusInfo;
    const EXPECTED: &'static str = "a job list";

    fn entries(&mut self) -> &mut Vec<StatusInfo> {
        &mut self.jobs
    }

    fn links(&mut self) -> &mut Vec<Link> {
        &mut self.links
    }

    fn extra(&self) -> &Map<String, Value> {
        &self.extra
    }

    fn id(job: &StatusInfo) -> Option<&str> {
        job.id()
    }
}

/// Asks for the jobs of a server, from [`Client::jobs`]: set filters, then `.await` for the first page,
/// [`all`](ListJobs::all) for every page, or [`stream`](ListJobs::stream) for one job after the other.
///
/// Not every server obeys filters. Jobs that do not match are left out here, so a page can be shorter than
/// `limit`. A member that the server does not send counts as a match.
///
/// ```no_run
/// # async fn run(client: eoap::Client) -> Result<(), eoap::Error> {
/// use eoap::Status;
///
/// let jobs = client.jobs().process_id("water-bodies").status([Status::Running, Status::Failed]).limit(20).await?;
/// println!("{jobs}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is asked for until `.await`, `all` or `stream`"]
pub struct ListJobs {
    client: Client,
    query: Vec<(&'static str, String)>,
    filter: JobFilter,
}

impl ListJobs {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, query: Vec::new(), filter: JobFilter::default() }
    }

    /// The most jobs on a page (`limit`). Servers have their own maximum.
    pub fn limit(self, limit: usize) -> Self {
        self.set("limit", limit.to_string())
    }

    /// Jobs of this process, or of these (`processID`).
    pub fn process_id(mut self, ids: impl Into<OneOrMore>) -> Self {
        let ids = ids.into();
        self.filter.processes = ids.words().to_vec();
        self.set("processID", ids.query())
    }

    /// Jobs in this state, or in one of these (`status`).
    pub fn status(mut self, status: impl Into<OneOrMore>) -> Self {
        let status = status.into();
        self.filter.states = status.words().iter().cloned().map(Status::from).collect();
        self.set("status", status.query())
    }

    /// Jobs of this kind (`type`), which is `process` for what OGC API - Processes executes.
    pub fn job_type(mut self, kinds: impl Into<OneOrMore>) -> Self {
        let kinds = kinds.into();
        self.filter.kinds = kinds.words().to_vec();
        self.set("type", kinds.query())
    }

    /// Jobs that were created then (`datetime`): a moment, or an interval such as `"2024-10-22T00:00:00Z"..`.
    pub fn datetime(mut self, datetime: impl Into<Datetime>) -> Self {
        let datetime = datetime.into();
        self.filter.created = Interval::of(datetime.as_str());
        // Slashes, colons and points of an interval are fine in a query; a plus sign of a time zone is not.
        let datetime = datetime.as_str().replace('%', "%25").replace('+', "%2B").replace('&', "%26").replace('#', "%23");
        self.set("datetime", datetime)
    }

    /// Jobs that ran at least this long (`minDuration`), or have been running this long; whole seconds,
    /// rounded down.
    pub fn min_duration(mut self, duration: Duration) -> Self {
        self.filter.at_least = Some(Duration::from_secs(duration.as_secs()));
        self.set("minDuration", duration.as_secs().to_string())
    }

    /// Jobs that ran at most so long (`maxDuration`); whole seconds, rounded up.
    pub fn max_duration(mut self, duration: Duration) -> Self {
        let seconds = duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0));
        self.filter.at_most = Some(Duration::from_secs(seconds));
        self.set("maxDuration", seconds.to_string())
    }

    /// Sets another query parameter, such as `skip` of ZOO-Project.
    pub fn parameter(self, name: &'static str, value: impl AsRef<str>) -> Self {
        self.set(name, byte_serialize(value.as_ref().as_bytes()).collect())
    }

    /// The jobs of all pages as one list, which keeps the other members of the first page.
    ///
    /// # Errors
    ///
    /// Those of [`Client::landing_page`]. [`Error::PagingLoop`](crate::Error::PagingLoop) if the pages lead
    /// back to one of them.
    pub fn all(self) -> BoxFuture<'static, Result<JobList>> {
        Box::pin(paging::all(self.query()))
    }

    /// The jobs one after the other, page by page.
    pub fn stream(self) -> Paged<StatusInfo> {
        Paged::of(self.query())
    }

    /// Sets a parameter to a value that is encoded already; the same again replaces it.
    fn set(mut self, name: &'static str, value: String) -> Self {
        self.query.retain(|(other, _)| *other != name);
        self.query.push((name, value));
        self
    }

    fn query(self) -> Query<JobList> {
        let (url, is_limited) = (self.url(), self.query.iter().any(|(name, _)| *name == "limit"));
        let filter = self.filter;
        Query { client: self.client, url, is_limited, keeps: Box::new(move |job| filter.keeps(job)) }
    }

    fn url(&self) -> Url {
        let mut url = self.client.transport().url(&["jobs"]);
        let query: Vec<String> = self.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !query.is_empty() {
            url.set_query(Some(&query.join("&")));
        }
        url
    }
}

impl IntoFuture for ListJobs {
    type Output = Result<JobList>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(paging::first(self.query()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_spelled_as_in_the_standard() {
        let client = Client::new("http://host/acme/ogc-api").expect("client");
        let query = |list: ListJobs| list.url().query().map(str::to_owned);
        assert_eq!(query(client.jobs()), None);
        assert_eq!(
            query(
                client
                    .jobs()
                    .process_id(["water-bodies", "a,b c"])
                    .status([Status::Running, Status::Other("paused".into())])
                    .job_type("process")
                    .datetime("2024-10-22T00:00:00+02:00"..)
                    .min_duration(Duration::from_millis(1500))
                    .max_duration(Duration::from_millis(1500))
                    .limit(5)
                    .limit(10)
            )
            .as_deref(),
            Some(
                "processID=water-bodies,a%2Cb+c&status=running,paused&type=process&datetime=2024-10-22T00:00:00%2B02:00/..\
                 &minDuration=1&maxDuration=2&limit=10"
            )
        );
    }
}
