//! What the query of a list asks for, and the page that answers it: `limit`, `skip`, filters, links to the neighbours, total.
//!
//! The standard has 400 for a parameter that cannot be read; this server has 500. What is in a list is not known here.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::exception::Exception;
use crate::http::Request;
use crate::service::{Filter, Interval};

/// Entries in an answer when the client names no number.
const LIMIT: usize = 1000;

/// Every word that a status may be asked for by.
const STATUSES: [&str; 6] = ["accepted", "running", "paused", "successful", "failed", "dismissed"];

/// The part of the list that the query asks for, under its name, with links and total. The links to the neighbours keep whatever
/// else the query says.
pub(super) fn page(name: &str, entries: Vec<Value>, href: &str, request: &Request) -> Result<Value, Exception> {
    let limit = number(request, "limit")?.unwrap_or(LIMIT);
    let skip = number(request, "skip")?.unwrap_or(0);
    let total = entries.len();
    let others = request.url.query_pairs().filter(|(key, _)| key != "limit" && key != "skip");
    let kept = url_query(others.map(|(key, value)| (key.into_owned(), value.into_owned())));
    let link = |rel: &str, skip: usize| json!({"rel": rel, "type": "application/json", "href": format!("{href}?limit={limit}&skip={skip}{kept}")});
    let mut links = vec![json!({"rel": "self", "type": "application/json", "href": href})];
    if skip.saturating_add(limit) < total {
        links.push(link("next", skip + limit));
    }
    if skip > 0 {
        links.push(link("prev", skip.saturating_sub(limit)));
    }
    let part: Vec<Value> = entries.into_iter().skip(skip).take(limit).collect();
    Ok(json!({name: part, "links": links, "numberTotal": total}))
}

/// The filter of a job list.
pub(super) fn filter(request: &Request) -> Result<Filter, Exception> {
    let statuses = list(request, "status");
    if let Some(unknown) = statuses.iter().find(|status| !STATUSES.contains(&status.as_str())) {
        return Err(Exception::invalid_query("status", unknown));
    }
    let created = parameter(request, "datetime");
    let created = created.map(|text| Interval::parse(&text).ok_or_else(|| Exception::invalid_query("datetime", &text)));
    Ok(Filter {
        processes: list(request, "processID"),
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

/// The values of a parameter that may be given several times or as a list with commas.
fn list(request: &Request, name: &str) -> Vec<String> {
    let values = request.url.query_pairs().filter(|(key, _)| key == name || key.strip_suffix("[]") == Some(name));
    values.flat_map(|(_, value)| value.split(',').map(str::to_owned).collect::<Vec<_>>()).filter(|one| !one.is_empty()).collect()
}

fn number(request: &Request, name: &str) -> Result<Option<usize>, Exception> {
    let Some(text) = parameter(request, name) else { return Ok(None) };
    match text.parse() {
        Ok(number) if number > 0 || name == "skip" => Ok(Some(number)),
        _ => Err(Exception::invalid_query(name, &text)),
    }
}

/// Every duration that is given: several are alternatives, as they are of the other parameters.
fn seconds(request: &Request, name: &str) -> Result<Vec<TimeDelta>, Exception> {
    let read = |text: &String| text.parse::<u32>().map_err(|_| Exception::invalid_query(name, text));
    list(request, name).iter().map(|text| Ok(TimeDelta::seconds(read(text)?.into()))).collect()
}

/// The pairs as the rest of a query, percent-encoded where they have to be.
fn url_query(pairs: impl Iterator<Item = (String, String)>) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/,[]".contains(&byte);
    let encoded = |text: &str| -> String {
        text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
    };
    pairs.map(|(key, value)| format!("&{}={}", encoded(&key), encoded(&value))).collect()
}
