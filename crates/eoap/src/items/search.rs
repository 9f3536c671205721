//! Searches for items in catalogs that have an API (STAC API - Item Search 1.0, `GET /search`).
//!
//! [`Search`] requests page by page and returns one collection. The content of items is not examined here.

use std::{collections::HashSet, fmt, future::IntoFuture, sync::Arc};

use futures_util::future::BoxFuture;
use reqwest::{
    Method,
    header::{ACCEPT, HeaderValue},
};
use serde_json::{Map, Value};
use url::Url;

use super::collection::ItemCollection;
use crate::{
    error::{Error, Result},
    http::{
        auth::Auth,
        links::LinkPolicy,
        message::Request,
        transport::{Settings, Transport},
    },
    ogc::{Datetime, OneOrMore},
};

const EXPECTED: &str = "a page of items (a GeoJSON feature collection)";
/// So many items are asked for at once unless another number is set.
const PAGE: usize = 100;
/// So many items are taken unless more are wanted.
const MOST: usize = 1000;

/// A search for items, such as "which scenes cover my area?". Set the conditions, then `.await` the items of
/// all pages.
///
/// ```no_run
/// # async fn run() -> Result<(), eoap::Error> {
/// use eoap::items::Search;
///
/// let scenes = Search::at("https://earth-search.aws.element84.com/v1")?
///     .collections("sentinel-2-l2a")
///     .bbox([-121.399, 39.834, -120.74, 40.472])
///     .datetime("2023-12-01T00:00:00Z".."2023-12-31T23:59:59Z")
///     .parameter("query", r#"{"eo:cloud_cover":{"lt":20}}"#)
///     .await?;
/// println!("{scenes}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "nothing is asked for until `.await`"]
pub struct Search {
    transport: Arc<Transport>,
    query: Vec<(String, String)>,
    page: usize,
    most: usize,
}

impl Search {
    /// A search in the catalog at this address: that of its landing page, without `/search`.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] if it is not an http or https URL.
    pub fn at(base: impl AsRef<str>) -> Result<Self> {
        Self::with(base.as_ref(), Auth::None)
    }

    /// Like [`at`](Self::at), with a token (`Authorization: Bearer`), which is sent only to the catalog.
    ///
    /// # Errors
    ///
    /// Those of [`at`](Self::at).
    pub fn with_token(base: impl AsRef<str>, token: impl Into<String>) -> Result<Self> {
        Self::with(base.as_ref(), Auth::Bearer(token.into()))
    }

    fn with(base: &str, auth: Auth) -> Result<Self> {
        // Catalogs say where they are.
        let settings = Settings { auth, links: LinkPolicy::Follow, ..Settings::default() };
        Ok(Self { transport: Arc::new(Transport::new(base, settings)?), query: Vec::new(), page: PAGE, most: MOST })
    }

    /// Items of this collection, or of these.
    pub fn collections(self, ids: impl Into<OneOrMore>) -> Self {
        self.set("collections", ids.into().words().join(","))
    }

    /// Items with these identifiers.
    pub fn ids(self, ids: impl Into<OneOrMore>) -> Self {
        self.set("ids", ids.into().words().join(","))
    }

    /// Items that touch this rectangle: west, south, east and north in degrees. Across the antimeridian,
    /// west is larger than east.
    pub fn bbox(self, bbox: impl Into<[f64; 4]>) -> Self {
        let bbox: [f64; 4] = bbox.into();
        self.set("bbox", bbox.map(|degree| degree.to_string()).join(","))
    }

    /// Items that touch this shape (GeoJSON, longitude and latitude). The standard takes either this or
    /// [`bbox`](Self::bbox).
    pub fn intersects(self, geometry: &stac::Geometry) -> Self {
        self.set("intersects", geometry.to_string())
    }

    /// Items of this time: a moment, or an interval such as `"2023-12-01T00:00:00Z"..`.
    pub fn datetime(self, datetime: impl Into<Datetime>) -> Self {
        let datetime = datetime.into();
        self.set("datetime", datetime.as_str().to_owned())
    }

    /// Sets another parameter of the query, such as `sortby` or `filter`, if the server has that extension.
    pub fn parameter(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.set(name, value.into())
    }

    /// The most items on a page: 100 by default. Servers have their own maximum.
    pub fn page(mut self, items: usize) -> Self {
        self.page = items.max(1);
        self
    }

    /// How many items are taken at most (1000 unless set).
    pub fn at_most(mut self, items: usize) -> Self {
        self.most = items;
        self
    }

    fn set(mut self, name: impl Into<String>, value: String) -> Self {
        let name = name.into();
        self.query.retain(|(other, _)| *other != name);
        self.query.push((name, value));
        self
    }

    async fn run(self) -> Result<ItemCollection> {
        let mut url = self.transport.url(&["search"]);
        url.query_pairs_mut().extend_pairs(&self.query).append_pair("limit", &self.page.min(self.most.max(1)).to_string());
        let mut next = Some((Method::GET, url, None));
        let mut asked = HashSet::new();
        let mut found = ItemCollection::from(stac::ItemCollection::from(Vec::new()));
        while let Some((method, url, body)) = next.take().filter(|_| found.items.len() < self.most) {
            if !asked.insert((url.clone(), body.as_ref().map(Value::to_string))) {
                return Err(Error::PagingLoop { url: url.into() });
            }
            let accept = HeaderValue::from_static("application/geo+json, application/json;q=0.9");
            let request = Request::new(method, url).header(ACCEPT, accept);
            let request = match &body {
                Some(body) => request.json(body),
                None => request,
            };
            let answer = self.transport.send(request).await?;
            let document: Value = answer.json(EXPECTED)?;
            let link = next_link(&document).cloned();
            let page = ItemCollection::try_from(document).map_err(|reason| answer.not(EXPECTED, reason))?;
            let is_empty = page.items.is_empty() && page.refused().is_empty();
            found.append(page);
            next = match link.filter(|_| !is_empty) {
                Some(link) => Some(self.step(&answer.url, &link, body)?),
                None => None,
            };
        }
        found.items.truncate(self.most);
        Ok(found)
    }

    /// The request of a link `next` (STAC API, "Paging"): an address, or an address and a body. The body may
    /// have to be merged into the one before.
    fn step(&self, page: &Url, link: &Map<String, Value>, before: Option<Value>) -> Result<(Method, Url, Option<Value>)> {
        let href = link.get("href").and_then(Value::as_str).unwrap_or_default();
        let url = page
            .join(href)
            .map_err(|error| Error::Url { url: href.to_owned(), reason: format!("the link `next` is no URL: {error}") })?;
        let url = self.transport.external(url.as_str())?;
        let is_post = link.get("method").and_then(Value::as_str).is_some_and(|method| method.eq_ignore_ascii_case("POST"));
        if !is_post {
            return Ok((Method::GET, url, None));
        }
        let own = link.get("body").cloned().unwrap_or_default();
        let body = match (link.get("merge") == Some(&Value::Bool(true)), before, own) {
            (true, Some(Value::Object(mut before)), Value::Object(own)) => {
                before.extend(own);
                Value::Object(before)
            }
            (.., own) => own,
        };
        Ok((Method::POST, url, Some(body)))
    }
}

fn next_link(document: &Value) -> Option<&Map<String, Value>> {
    document["links"]
        .as_array()?
        .iter()
        .filter_map(Value::as_object)
        .find(|link| link.get("rel").is_some_and(|rel| rel == "next"))
}

impl IntoFuture for Search {
    type Output = Result<ItemCollection>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Search")
            .field("base", &self.transport.base().as_str())
            .field("query", &self.query)
            .finish_non_exhaustive()
    }
}
