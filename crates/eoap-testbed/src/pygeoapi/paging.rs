//! Pages of a list: `limit` and `offset`.
//!
//! [`Page`] reads the query and writes the links to the neighbours. It does not know the list's entries.

use serde_json::{Value, json};

use super::exception::Exception;
use crate::http::Request;

/// Entries in an answer when the client names no number, and at most.
const LIMIT: usize = 10;
const MOST: usize = 1000;

/// What a query asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    pub(super) limit: usize,
    pub(super) offset: usize,
}

impl Page {
    pub(super) fn of(request: &Request) -> Result<Self, Exception> {
        let limit = limit(request)?;
        let offset = match parameter(request, "offset").map(|text| text.trim().parse::<i64>()) {
            None => 0,
            Some(Ok(number)) => {
                usize::try_from(number).map_err(|_| Exception::invalid("offset value should be positive or zero"))?
            }
            Some(Err(_)) => return Err(Exception::invalid("offset value should be an integer")),
        };
        Ok(Self { limit, offset })
    }

    /// Links to the pages before and after one that shows this many of all entries. There is one after every
    /// full page.
    pub(super) fn links(self, request: &Request, href: &str, shown: usize, total: usize) -> Vec<Value> {
        let mut others = request.url.clone();
        let kept = request.url.query_pairs().filter(|(name, _)| name != "f" && name != "offset");
        others.query_pairs_mut().clear().extend_pairs(kept);
        let rest = others.query().filter(|query| !query.is_empty()).map_or_else(String::new, |query| format!("&{query}"));
        let link = |rel: &str, offset: usize| {
            let title = format!("Items ({rel})");
            json!({"href": format!("{href}?offset={offset}{rest}"), "rel": rel, "type": "application/json", "title": title})
        };
        let prev = (self.offset > 0).then(|| link("prev", self.offset.saturating_sub(self.limit)));
        let next = (total > self.limit + self.offset || shown == self.limit).then(|| link("next", self.offset + self.limit));
        prev.into_iter().chain(next).collect()
    }
}

/// The number of entries that a query asks for.
pub(super) fn limit(request: &Request) -> Result<usize, Exception> {
    match parameter(request, "limit").map(|text| text.trim().parse::<i64>()) {
        None => Ok(LIMIT),
        Some(Ok(number)) if number > 0 => Ok(usize::try_from(number).unwrap_or(MOST).min(MOST)),
        Some(Ok(_)) => Err(Exception::invalid("limit value should be strictly positive")),
        Some(Err(_)) => Err(Exception::invalid("limit value should be an integer")),
    }
}

fn parameter(request: &Request, name: &str) -> Option<String> {
    request.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
