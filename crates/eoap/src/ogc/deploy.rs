//! Deploying processes (OGC API - Processes - Part 2: Deploy, Replace, Undeploy).
//!
//! [`Deploy`] and [`GetPackage`] are requests with settings. [`Deployed`] is the server's answer to a
//! deployment. A request that changes something is sent exactly once.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
};

use futures_util::future::BoxFuture;
use reqwest::{
    Method,
    header::{ACCEPT, HeaderValue},
};
use url::Url;

use crate::{
    display::Table,
    error::{Error, Result},
    http::message::{Answer, Request},
    ogc::{
        client::Client,
        documents::{package::Package, process::ProcessSummary},
    },
};

/// What [`GetPackage`] accepts: CWL as it was deployed, or the OGC application package if there is only
/// that. ZOO-Project refuses requests that name neither. It searches the header for words, so
/// `application/cwl+json` would ask it to convert.
const PACKAGES: &str = "application/cwl+yaml, application/cwl;q=0.9, application/ogcapppkg+json;q=0.7";

/// Deploys or replaces a process, from [`Client::deploy`] or [`Client::replace`]. Change settings, then
/// `.await`.
#[derive(Clone, Debug)]
#[must_use = "nothing is deployed until `.await`"]
pub struct Deploy {
    client: Client,
    method: Method,
    url: Url,
    package: Package,
    /// Identifier of the process that is replaced.
    replaced: Option<String>,
}

impl Client {
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
    /// Those of [`landing_page`](Client::landing_page). If the process exists,
    /// [`ProblemKind::DuplicatedProcess`](crate::ProblemKind::DuplicatedProcess). If the server does not
    /// accept the media type,
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
    pub fn undeploy(&self, id: impl AsRef<str>) -> BoxFuture<'_, Result<()>> {
        self.undeploy_at(self.transport().url(&["processes", id.as_ref()]))
    }

    fn undeploy_at(&self, url: Url) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.transport().send(Request::new(Method::DELETE, url)).await.map(drop) })
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
}

impl Deploy {
    pub(crate) fn new(client: Client, package: Package) -> Self {
        let url = client.transport().url(&["processes"]);
        Self { client, method: Method::POST, url, package, replaced: None }
    }

    pub(crate) fn replacing(client: Client, id: &str, package: Package) -> Self {
        let url = client.transport().url(&["processes", id]);
        Self { client, method: Method::PUT, url, package, replaced: Some(id.to_owned()) }
    }

    /// Which workflow of the package to deploy, by its identifier (the query parameter `w`). Without it,
    /// servers take the first.
    pub fn workflow(mut self, id: impl AsRef<str>) -> Self {
        self.set_workflow(id.as_ref());
        self
    }

    fn set_workflow(&mut self, id: &str) {
        self.url.query_pairs_mut().clear().append_pair("w", id);
    }

    async fn run(self) -> Result<Deployed> {
        let media_type = HeaderValue::from_str(self.package.media_type()).map_err(|error| Error::Setup {
            reason: format!("{:?} cannot be the media type of a package: {error}", self.package.media_type()),
        })?;
        let request = Request::new(self.method, self.url).body(media_type, self.package.text().to_owned());
        let answer = self.client.transport().send(request).await?;
        Deployed::of(&answer, self.replaced)
    }
}

impl IntoFuture for Deploy {
    type Output = Result<Deployed>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// What a server says of a deployment or replacement.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Deployed {
    /// The process. A server may answer without a body, after a replacement or while a deployment is queued.
    /// Then only the identifier is known.
    pub process: ProcessSummary,
    /// Where the process is, as the server writes it (`Location`).
    pub location: Option<String>,
    /// HTTP status code: 201 deployed, 200 or 204 replaced, 202 queued.
    pub status: u16,
    /// All headers of the answer, names in lower case, in the order in which they came.
    pub headers: Vec<(String, String)>,
    replaced: bool,
}

impl Deployed {
    fn of(answer: &Answer, replaced: Option<String>) -> Result<Self> {
        let location = answer.headers.get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let headers = answer
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let expected = "a process summary";
        let is_replaced = replaced.is_some();
        let named = || replaced.or_else(|| answer.location().and_then(|url| after(url.path(), "processes")));
        let queued = answer.status == reqwest::StatusCode::ACCEPTED;
        let process =
            match answer.json::<ProcessSummary>(expected) {
                // A queued deployment may be answered with the status of a job instead.
                Ok(process) if !(queued && process.extra.contains_key("status")) => process,
                Err(error) if !queued && !answer.is_empty() => return Err(error),
                _ => ProcessSummary::of_id(named().ok_or_else(|| {
                    answer.not(expected, "neither its body nor its Location header names the process".to_owned())
                })?),
            };
        Ok(Self { process, location, status: answer.status.as_u16(), headers: headers.collect(), replaced: is_replaced })
    }

    /// Whether the server has only queued the request (202): the process is not there yet.
    pub fn is_queued(&self) -> bool {
        self.status == 202
    }

    /// The first header with this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Shows the process in a notebook, and where it is.
    pub fn evcxr_display(&self) {
        self.card().bundle().emit();
    }

    fn card(&self) -> crate::display::Card {
        let mut table = Table::pairs();
        let state = match self.replaced {
            _ if self.is_queued() => "queued",
            true => "replaced",
            false => "deployed",
        };
        table.row(["status", &format!("{} {state}", self.status)]);
        if let Some(location) = &self.location {
            table.row(["location", location]);
        }
        self.process.card().table("Deployment", table)
    }
}

impl fmt::Display for Deployed {
    /// The process, and where it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.card().to_text())
    }
}

/// Requests a deployed package, from [`Client::package`]. Set another media type if necessary, then
/// `.await`.
#[derive(Clone, Debug)]
#[must_use = "nothing is asked for until `.await`"]
pub struct GetPackage {
    client: Client,
    url: Url,
    accept: String,
}

impl GetPackage {
    pub(crate) fn new(client: Client, id: &str) -> Self {
        let url = client.transport().url(&["processes", id, "package"]);
        Self { client, url, accept: PACKAGES.to_owned() }
    }

    /// Asks for these media types (`Accept`), in place of CWL before an OGC application package.
    pub fn accept(mut self, media_types: impl Into<String>) -> Self {
        self.accept = media_types.into();
        self
    }

    async fn run(self) -> Result<Package> {
        let accept = HeaderValue::from_str(&self.accept).map_err(|error| Error::Setup {
            reason: format!("{:?} cannot be the value of the Accept header: {error}", self.accept),
        })?;
        let answer = self.client.transport().send(Request::get(self.url).header(ACCEPT, accept)).await?;
        let text = String::from_utf8(answer.body.to_vec())
            .map_err(|error| answer.not("a package (CWL or an OGC application package)", error.to_string()))?;
        Ok(Package::answered(&answer.content_type().unwrap_or_default(), text))
    }
}

impl IntoFuture for GetPackage {
    type Output = Result<Package>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// The segment of a path after the last one called `name` that has one, percent-decoded.
pub(crate) fn after(path: &str, name: &str) -> Option<String> {
    let segments: Vec<&str> = path.split('/').collect();
    let found = segments.windows(2).rev().find(|pair| pair[0] == name && !pair[1].is_empty())?[1];
    // Form decoding is percent-decoding, except that it replaces `+`, so that is encoded first.
    let found = found.replace('+', "%2B");
    url::form_urlencoded::parse(found.as_bytes()).map(|(name, _)| name.into_owned()).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_in_paths() {
        assert_eq!(after("/acme/ogc-api/jobs/a-b%20c+d/results", "jobs").as_deref(), Some("a-b c+d"));
        assert_eq!(after("/jobs/ogc-api/jobs/a", "jobs").as_deref(), Some("a"));
        assert_eq!(after("/acme/ogc-api/jobs/", "jobs"), None);
        assert_eq!(after("/temp/x.json", "jobs"), None);
    }
}
