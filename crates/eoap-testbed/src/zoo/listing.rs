//! Pages of a list: `limit`, `skip`, the links to the neighbours and the total.
//!
//! [`page`] cuts any list; what is in it is not known here.

use serde_json::{Value, json};
use wiremock::Request;

use super::exception::Exception;

/// Entries in an answer when the client names no number.
const LIMIT: usize = 1000;

/// The part of the list that the query asks for, under its name, with links and total.
pub(super) fn page(name: &str, entries: Vec<Value>, href: &str, request: &Request) -> Result<Value, Exception> {
    let limit = number(request, "limit")?.unwrap_or(LIMIT);
    let skip = number(request, "skip")?.unwrap_or(0);
    let total = entries.len();
    let link = |rel: &str, skip: usize| json!({"rel": rel, "type": "application/json", "href": format!("{href}?limit={limit}&skip={skip}")});
    let mut links = vec![json!({"rel": "self", "type": "application/json", "href": href})];
    if skip + limit < total {
        links.push(link("next", skip + limit));
    }
    if skip > 0 {
        links.push(link("prev", skip.saturating_sub(limit)));
    }
    let part: Vec<Value> = entries.into_iter().skip(skip).take(limit).collect();
    Ok(json!({name: part, "links": links, "numberTotal": total}))
}

/// A parameter of the query.
pub(super) fn parameter(request: &Request, name: &str) -> Option<String> {
    request.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn number(request: &Request, name: &str) -> Result<Option<usize>, Exception> {
    let Some(text) = parameter(request, name) else { return Ok(None) };
    match text.parse() {
        Ok(number) if number > 0 || name == "skip" => Ok(Some(number)),
        _ => Err(Exception::invalid_query(name, &text)),
    }
}
