//! Talks to an OGC API - Processes server (Part 1: Core, OGC 18-062r2; Part 2: Deploy, Replace, Undeploy).
//!
//! [`Client`] has a method per resource. Its results are typed and lossless. The transport sends requests,
//! and [`Job`] waits for jobs.

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;
use reqwest::header::{ACCEPT, HeaderValue};
use serde_json::Value;
use url::Url;

use crate::{
    error::Result,
    http::{message::Request, transport::Transport},
    ogc::documents::{
        api_definition::ApiDefinition,
        landing::{Conformance, LandingPage},
        link::Link,
        prefer::Prefer,
        process::Process,
    },
};

/// What [`Client::api`] asks for.
const OPENAPI: &str = "application/vnd.oai.openapi+json;version=3.0, application/openapi+json, application/json;q=0.9";

/// A client of one server, cheap to clone.
///
/// Requests always go to the given base URL. The links of ZOO-Project name its configured host, which may
/// not be reachable. Credentials go only to the origin of the base URL. Proxies come from the environment
/// (`http_proxy`, `https_proxy`, `no_proxy`).
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
    /// As all requests: [`Error::Connection`](crate::Error::Connection) without an answer,
    /// [`Error::Api`](crate::Error::Api) or [`Error::Http`](crate::Error::Http) for an error status,
    /// [`Error::Decode`](crate::Error::Decode) for an answer that departs from the standard.
    pub fn landing_page(&self) -> BoxFuture<'_, Result<LandingPage>> {
        Box::pin(async move { self.transport.get_json(self.transport.url(&[""]), "a landing page").await })
    }

    /// The conformance classes that the server declares: `GET /conformance` (clause 7.4).
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page).
    pub fn conformance(&self) -> BoxFuture<'_, Result<Conformance>> {
        Box::pin(async move { self.transport.get_json(self.transport.url(&["conformance"]), "a conformance declaration").await })
    }

    /// The definition of the API (clause 7.3), at the landing page's link `service-desc`. Servers also call
    /// that link `service` or `openapi`, or have none. Then `/api` and `/openapi.json` are tried.
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page); [`Error::Decode`](crate::Error::Decode) for a
    /// definition that is not JSON.
    pub fn api(&self) -> BoxFuture<'_, Result<ApiDefinition>> {
        Box::pin(async move {
            let mut failure = None;
            for url in self.api_places(&self.landing_page().await?) {
                match self.api_at(url).await {
                    Ok(definition) => return Ok(definition),
                    // What the server says of its best place says most.
                    Err(error) => failure = failure.or(Some(error)),
                }
            }
            Err(failure.expect("there is a place to try without links, too"))
        })
    }

    /// Where the definition of the API may be, the likeliest place first.
    fn api_places(&self, landing_page: &LandingPage) -> Vec<Url> {
        let is_json = |link: &&Link| link.media_type.as_deref().is_none_or(|media_type| media_type.contains("json"));
        let described = || landing_page.links.iter().filter(|link| link.is("service-desc"));
        let other = landing_page
            .links
            .iter()
            .filter(|link| ["service", "openapi"].iter().any(|name| link.relation().eq_ignore_ascii_case(name)) && is_json(link));
        let links = described().filter(is_json).chain(described()).chain(other);
        let linked = links.filter_map(|link| self.follow(&self.transport.url(&[""]), &link.href).ok());
        let usual = [Some(self.transport.url(&["api"])), Some(self.transport.url(&["openapi.json"]))];
        let at_root = self.transport.base().join("/openapi.json").ok();
        let mut places = Vec::new();
        for place in linked.chain(usual.into_iter().chain([at_root]).flatten()) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }

    async fn api_at(&self, url: Url) -> Result<ApiDefinition> {
        const EXPECTED: &str = "an API definition in JSON";
        let request = Request::get(url).header(ACCEPT, HeaderValue::from_static(OPENAPI));
        let answer = self.transport.send(request).await?;
        let document: Value = answer.json(EXPECTED)?;
        if !["openapi", "swagger", "paths"].iter().any(|member| document.get(*member).is_some()) {
            return Err(answer.not(EXPECTED, "it has none of the members `openapi`, `swagger` and `paths`".to_owned()));
        }
        Ok(ApiDefinition::of(document))
    }

    /// The description of a process: `GET /processes/{id}` (clause 7.10).
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page); an unknown process is
    /// [`Error::Api`](crate::Error::Api) with
    /// [`ProblemKind::NoSuchProcess`](crate::ProblemKind::NoSuchProcess).
    pub fn process(&self, id: impl AsRef<str>) -> BoxFuture<'_, Result<Process>> {
        self.process_at(self.transport.url(&["processes", id.as_ref()]))
    }

    fn process_at(&self, url: Url) -> BoxFuture<'_, Result<Process>> {
        Box::pin(self.transport.get_json(url, "a process description"))
    }

    /// How executions are asked for that do not say it themselves.
    pub(crate) fn preference(&self) -> &Prefer {
        &self.prefer
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// The URL of a link on the page at `page`. A relative link starts at the page, an absolute one follows
    /// the link policy.
    pub(crate) fn follow(&self, page: &Url, href: &str) -> Result<Url> {
        match (Url::parse(href), page.join(href)) {
            (Err(url::ParseError::RelativeUrlWithoutBase), Ok(url)) => Ok(url),
            _ => self.transport.resolve(href),
        }
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
    fn no_secret_in_debug() {
        let builder = Client::builder("http://host/api").bearer("hush");
        assert!(!format!("{builder:?}").contains("hush"));
        assert!(!format!("{:?}", builder.build().expect("client")).contains("hush"));
    }
}
