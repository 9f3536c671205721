//! Lists that servers cut into pages (OGC API - Processes - Part 1, clauses 7.9.3 and 12.4: `limit`, and the
//! links `next`).
//!
//! [`ListProcesses`] and [`ListJobs`](crate::ListJobs) request the first page, all pages, or a [`Paged`]
//! stream of their entries. They follow the server's link `next`, whatever is in its query. The type of the
//! entries is not known here.

use std::{
    collections::{HashSet, VecDeque},
    fmt,
    future::{Future, IntoFuture, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_util::Stream;
use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::Url;

use crate::{
    error::{Error, Result},
    http::message::Request,
    ogc::{
        client::Client,
        documents::{
            link::Link,
            process::{ProcessList, ProcessSummary},
        },
    },
};

type Fetching<L> = Pin<Box<dyn Future<Output = Result<(L, Option<Url>)>> + Send>>;

/// The length of a page if a server may cut it without a link to the next. Most servers return no more
/// anyway.
const LONG_PAGE: &str = "1000";

type Keeps<T> = Box<dyn Fn(&T) -> bool + Send>;

/// A page of a list.
pub(crate) trait Page: DeserializeOwned + Send + Unpin + 'static {
    /// What is listed.
    type Entry: Send + Unpin + 'static;
    /// What a page should be, for errors.
    const EXPECTED: &'static str;

    fn entries(&mut self) -> &mut Vec<Self::Entry>;
    fn links(&mut self) -> &mut Vec<Link>;
    /// All other members.
    fn extra(&self) -> &Map<String, Value>;
    fn id(entry: &Self::Entry) -> Option<&str>;

    /// How many entries the server has, if it says so: `numberTotal` of ZOO-Project, `numberMatched` of
    /// pygeoapi.
    fn total(&self) -> Option<u64> {
        ["numberTotal", "numberMatched"].iter().find_map(|name| self.extra().get(*name)?.as_u64())
    }
}

/// What is asked for.
pub(crate) struct Query<L: Page> {
    pub(crate) client: Client,
    pub(crate) url: Url,
    /// Whether the caller has set the length of a page.
    pub(crate) is_limited: bool,
    /// Which entries are wanted: not every server obeys the filters of the query.
    pub(crate) keeps: Keeps<L::Entry>,
}

impl Client {
    /// The processes of the server: `GET /processes` (clause 7.9). `.await` gives the first page as the
    /// server cuts it; set `limit` before, or take `all` pages or a `stream`.
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page).
    pub fn processes(&self) -> ListProcesses {
        ListProcesses::new(self.clone())
    }
}

impl Page for ProcessList {
    type Entry = ProcessSummary;
    const EXPECTED: &'static str = "a process list";

    fn entries(&mut self) -> &mut Vec<ProcessSummary> {
        &mut self.processes
    }

    fn links(&mut self) -> &mut Vec<Link> {
        &mut self.links
    }

    fn extra(&self) -> &Map<String, Value> {
        &self.extra
    }

    fn id(process: &ProcessSummary) -> Option<&str> {
        Some(&process.id)
    }
}

/// Asks for a page, and finds out where the next one is.
async fn fetch<L: Page>(client: Client, url: Url) -> Result<(L, Option<Url>)> {
    let answer = client.transport().send(Request::get(url)).await?;
    let mut page: L = answer.json(L::EXPECTED)?;
    let next = page.links().iter().find(|link| link.is("next")).map(|link| client.follow(&answer.url, &link.href));
    Ok((page, next.transpose()?))
}

/// The first page.
pub(crate) async fn first<L: Page>(query: Query<L>) -> Result<L> {
    let mut page: L = query.client.transport().get_json(query.url, L::EXPECTED).await?;
    page.entries().retain(&query.keeps);
    Ok(page)
}

/// All pages as one: the first, with the entries of all, and without links to neighbours.
pub(crate) async fn all<L: Page>(query: Query<L>) -> Result<L> {
    let mut pages = Pages::new(query);
    let mut whole: Option<L> = None;
    while let Some(page) = poll_fn(|context| pages.poll_page(context)).await {
        let mut page = page?;
        match &mut whole {
            None => whole = Some(page),
            Some(whole) => whole.entries().append(page.entries()),
        }
    }
    let mut whole = whole.expect("there is a first page or an error");
    whole.links().retain(|link| !link.is("next") && !link.is("prev"));
    Ok(whole)
}

/// The pages one after the other.
struct Pages<L: Page> {
    query: Query<L>,
    next: Option<Url>,
    asked: HashSet<Url>,
    fetching: Option<Fetching<L>>,
    /// The entries of the only page, when it is requested again with a larger limit.
    seen: Option<HashSet<String>>,
}

impl<L: Page> Pages<L> {
    fn new(query: Query<L>) -> Self {
        Self { next: Some(query.url.clone()), query, asked: HashSet::new(), fetching: None, seen: None }
    }

    fn poll_page(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<L>>> {
        if self.fetching.is_none() {
            let Some(url) = self.next.take() else { return Poll::Ready(None) };
            if !self.asked.insert(url.clone()) {
                return Poll::Ready(Some(Err(Error::PagingLoop { url: url.into() })));
            }
            self.fetching = Some(Box::pin(fetch(self.query.client.clone(), url)));
        }
        let Some(fetching) = &mut self.fetching else { return Poll::Ready(None) };
        let outcome = ready!(fetching.as_mut().poll(context));
        self.fetching = None;
        let (mut page, next) = match (outcome, self.seen.take()) {
            (Ok((mut page, next)), Some(seen)) => {
                page.entries().retain(|entry| L::id(entry).is_some_and(|id| !seen.contains(id)));
                (page, next)
            }
            (Ok(page), None) => page,
            // Who cannot give more has given all.
            (Err(_), Some(_)) => return Poll::Ready(None),
            (Err(error), None) => return Poll::Ready(Some(Err(error))),
        };
        // A server that keeps linking to empty pages would never end.
        self.next = next.filter(|_| !page.entries().is_empty());
        if self.next.is_none() && self.asked.len() == 1 {
            self.next = self.with_room_for_more(&mut page);
        }
        page.entries().retain(&self.query.keeps);
        Poll::Ready(Some(Ok(page)))
    }

    /// The next request after a single page that may be incomplete. pygeoapi cuts its list of processes and
    /// links to no next page.
    fn with_room_for_more(&mut self, page: &mut L) -> Option<Url> {
        let here = page.entries().len() as u64;
        if self.query.is_limited || here == 0 || page.total().is_some_and(|total| total <= here) {
            return None;
        }
        self.seen = Some(page.entries().iter().filter_map(|entry| L::id(entry).map(str::to_owned)).collect());
        let mut url = self.query.url.clone();
        url.query_pairs_mut().append_pair("limit", LONG_PAGE);
        Some(url)
    }
}

/// A stream of entries, page by page. A page is requested when the one before it is used up. The stream ends
/// with the last page, with an empty page, or after an error.
///
/// It is a [`futures_util::Stream`]. [`next`](Paged::next) also works without importing a trait.
///
/// ```no_run
/// # async fn run(client: eoap::Client) -> Result<(), eoap::Error> {
/// let mut processes = client.processes().limit(10).stream();
/// while let Some(process) = processes.next().await {
///     println!("{}", process?.id);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream asks for nothing until it is polled"]
pub struct Paged<T> {
    source: Box<dyn Source<T>>,
    buffer: VecDeque<T>,
    ended: bool,
}

/// Pages without their type: only the entries matter.
trait Source<T>: Send {
    fn poll_entries(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Vec<T>>>>;
}

impl<L: Page> Source<L::Entry> for Pages<L> {
    fn poll_entries(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Vec<L::Entry>>>> {
        self.poll_page(context).map(|page| page.map(|page| page.map(|mut page| std::mem::take(page.entries()))))
    }
}

impl<T: Send + Unpin + 'static> Paged<T> {
    pub(crate) fn of<L: Page<Entry = T>>(query: Query<L>) -> Self {
        Self { source: Box::new(Pages::new(query)), buffer: VecDeque::new(), ended: false }
    }

    /// The next entry; nothing after the last one.
    ///
    /// # Errors
    ///
    /// Those of [`Client::landing_page`]; [`Error::PagingLoop`] if the pages lead back to one of them.
    pub async fn next(&mut self) -> Option<Result<T>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl<T: Unpin> Stream for Paged<T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let this = self.get_mut();
        loop {
            if let Some(entry) = this.buffer.pop_front() {
                return Poll::Ready(Some(Ok(entry)));
            }
            if this.ended {
                return Poll::Ready(None);
            }
            match ready!(this.source.poll_entries(context)) {
                Some(Ok(entries)) => this.buffer.extend(entries),
                Some(Err(error)) => {
                    this.ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
                None => this.ended = true,
            }
        }
    }
}

impl<T> fmt::Debug for Paged<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Paged").field("buffered", &self.buffer.len()).field("ended", &self.ended).finish_non_exhaustive()
    }
}

/// Requests the processes of a server, from [`Client::processes`]: `.await` gives the first page,
/// [`all`](ListProcesses::all) every page, [`stream`](ListProcesses::stream) one process after the other.
#[derive(Clone, Debug)]
#[must_use = "nothing is asked for until `.await`, `all` or `stream`"]
pub struct ListProcesses {
    client: Client,
    limit: Option<usize>,
}

impl ListProcesses {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, limit: None }
    }

    /// The most processes on a page (`limit`). Servers have their own maximum.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The processes of all pages as one list, which keeps the other members of the first page.
    ///
    /// # Errors
    ///
    /// Those of [`Client::landing_page`]. [`Error::PagingLoop`] if the pages lead back to one of them.
    pub fn all(self) -> BoxFuture<'static, Result<ProcessList>> {
        Box::pin(all(self.query()))
    }

    /// The processes one after the other, page by page.
    pub fn stream(self) -> Paged<ProcessSummary> {
        Paged::of(self.query())
    }

    fn query(self) -> Query<ProcessList> {
        let mut url = self.client.transport().url(&["processes"]);
        if let Some(limit) = self.limit {
            url.query_pairs_mut().append_pair("limit", &limit.to_string());
        }
        Query { client: self.client, url, is_limited: self.limit.is_some(), keeps: Box::new(|_| true) }
    }
}

impl IntoFuture for ListProcesses {
    type Output = Result<ProcessList>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(first(self.query()))
    }
}
