//! The query of a list, and the page that answers it: `limit`, `skip`, filters, links to the neighbours,
//! total.
//!
//! The standard has 400 for an unreadable parameter. This server reads a bad number as 0, and returns an
//! empty page. Other unreadable parameters are a 500 with a database. Without one, an unreadable date
//! crashes the kernel. The entries of a list are not known here.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::exception::Exception;
use crate::http::Request;
use crate::scenario::SetUp;
use crate::service::{Filter, Interval};

/// Entries in an answer when the client names no number.
const LIMIT: usize = 1000;

/// The part of the list that the query asks for, under its name, with links and total. No other entry is
/// made. The links to the neighbours keep whatever else the query says.
pub(super) fn page(name: &str, entries: impl ExactSizeIterator<Item = Value>, href: &str, request: &Request) -> Value {
    // What the client wrote is repeated in links, whatever it is taken for.
    let limit = parameter(request, "limit").unwrap_or_else(|| LIMIT.to_string());
    let (most, skip) = (number(&limit), usize::try_from(parameter(request, "skip").map_or(0, |skip| number(&skip))).unwrap_or(0));
    let page = usize::try_from(most).unwrap_or(0);
    let total = entries.len();
    let others = request.url.query_pairs().filter(|(key, _)| key != "limit" && key != "skip");
    let kept = url_query(others.map(|(key, value)| (key.into_owned(), value.into_owned())));
    let link = |rel: &str, skip: usize| json!({"rel": rel, "type": "application/json", "href": format!("{href}?limit={limit}&skip={skip}{kept}")});
    let mut links = vec![json!({"rel": "self", "type": "application/json", "href": href})];
    if skip > 0 {
        links.push(link("prev", skip.saturating_sub(page)));
    }
    if most >= 0 && skip.saturating_add(page) < total {
        links.push(link("next", skip + page));
    }
    let part: Vec<Value> = entries.skip(skip).take(page).collect();
    json!({name: part, "links": links, "numberTotal": total})
}

/// The filter of a job list. Without a database the kernel finds no job by its status, and ignores type and
/// duration.
pub(super) fn filter(request: &Request, set_up: SetUp) -> Result<Filter, Exception> {
    let statuses = list(request, "status");
    let processes = list(request, "processID");
    let created = parameter(request, "datetime").map(|text| {
        let unread = if set_up.has_database() { Exception::invalid_query("datetime", &text) } else { Exception::crashed() };
        Interval::parse(&text).ok_or(unread)
    });
    if !set_up.has_database() {
        let statuses = if statuses.is_empty() { statuses } else { vec!["none".to_owned()] };
        return Ok(Filter { processes, statuses, created: created.transpose()?, ..Filter::default() });
    }
    Ok(Filter {
        processes,
        statuses,
        types: list(request, "type"),
        created: created.transpose()?,
        at_least: seconds(request, "minDuration")?.into_iter().min(),
        at_most: seconds(request, "maxDuration")?.into_iter().max(),
    })
}

/// A parameter of the query.
pub(super) fn parameter(request: &Request, name: &str) -> Option<String> {
    request.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The values of a parameter that may be given several times, or as a list with commas.
fn list(request: &Request, name: &str) -> Vec<String> {
    let values = request.url.query_pairs().filter(|(key, _)| key == name || key.strip_suffix("[]") == Some(name));
    values.flat_map(|(_, value)| value.split(',').map(str::to_owned).collect::<Vec<_>>()).filter(|one| !one.is_empty()).collect()
}

/// The number at the beginning of a text, as C reads it: 0 if there is no number.
fn number(text: &str) -> i64 {
    let text = text.trim_start();
    let sign = usize::from(text.starts_with(['-', '+']));
    let digits = text[sign..].bytes().take_while(u8::is_ascii_digit).count();
    text[..sign + digits].parse().unwrap_or(0)
}

/// Every duration that is given: several are alternatives, as they are of the other parameters.
fn seconds(request: &Request, name: &str) -> Result<Vec<TimeDelta>, Exception> {
    let read = |text: &String| text.parse::<u32>().map_err(|_| Exception::invalid_query(name, text));
    list(request, name).iter().map(|text| Ok(TimeDelta::seconds(read(text)?.into()))).collect()
}

/// The pairs as the rest of a query, percent-encoded where necessary.
fn url_query(pairs: impl Iterator<Item = (String, String)>) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/,[]".contains(&byte);
    let encoded = |text: &str| -> String {
        text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
    };
    pairs.map(|(key, value)| format!("&{}={}", encoded(&key), encoded(&value))).collect()
}
