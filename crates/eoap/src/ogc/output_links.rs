//! The outputs that `Link` headers lead to (OGC API - Processes - Part 1, clause 7.11.4; RFC 8288).

use reqwest::header::LINK;
use serde_json::{Map, Value};

use crate::http::{media_type, message::Answer};

/// Relations of `Link` headers that lead to something else than an output.
const NO_OUTPUT: [&str; 11] = [
    "self",
    "alternate",
    "monitor",
    "profile",
    "up",
    "parent",
    "canonical",
    "describedby",
    "service-desc",
    "service-doc",
    "results",
];

/// The links of the headers that may lead to outputs, with the last segment of their relations.
pub(super) fn output_links(answer: &Answer) -> impl Iterator<Item = (String, Value)> {
    let values = answer.headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
    let links = values.flat_map(link_values).filter_map(|link| {
        let (href, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let parameter = |name: &str| media_type::parameter(parameters, name);
        let relation = parameter("rel").unwrap_or_default();
        let relation = relation.rsplit(['/', '#']).next().unwrap_or("").to_owned();
        let mut link = Map::from_iter([("href".to_owned(), Value::from(href.trim()))]);
        for name in ["rel", "type", "title"] {
            link.extend(parameter(name).map(|value| (name.to_owned(), value.into())));
        }
        (!NO_OUTPUT.contains(&relation.as_str())).then_some((relation, Value::Object(link)))
    });
    links.collect::<Vec<_>>().into_iter()
}

/// The links of a header's value (RFC 8288 clause 3): commas within `<…>` and `"…"` do not separate them.
fn link_values(value: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut bracketed) = (false, false);
    value.split(move |c| {
        match c {
            '"' if !bracketed => quoted = !quoted,
            '<' if !quoted => bracketed = true,
            '>' if !quoted => bracketed = false,
            _ => {}
        }
        c == ',' && !quoted && !bracketed
    })
}
