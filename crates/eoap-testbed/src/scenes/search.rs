//! A client's search in a catalogue (STAC API - Item Search 1.0).
//!
//! [`Search`] reads the parameters of a query or of a body. It refuses unsupported ones, since they would
//! change the answer. It does not know how scenes are described.

use chrono::{DateTime, Utc};
use eoap_testbed_scenes::Scene;
use serde_json::{Map, Value};

use super::catalogue::Bounds;
use crate::http::Request;
use crate::service::Interval;

/// Items of a page, where a client names no number, and the most it gets.
const LIMIT: usize = 250;
const MOST: usize = 1000;

/// The supported parameters.
const PARAMETERS: [&str; 6] = ["collections", "ids", "bbox", "datetime", "limit", "token"];

/// A search for items.
#[derive(Debug, Clone, Default)]
pub(super) struct Search {
    collections: Option<Vec<String>>,
    ids: Option<Vec<String>>,
    bounds: Option<Bounds>,
    interval: Option<Interval>,
    pub(super) limit: usize,
    /// The item after which the page begins.
    after: Option<String>,
    /// As it was asked for, without the place of the page.
    pub(super) asked: Map<String, Value>,
}

impl Search {
    /// Reads the parameters. The error says which of them is wrong.
    pub(super) fn of(request: &Request) -> Result<Self, String> {
        let mut asked: Map<String, Value> = if request.method == http::Method::POST {
            serde_json::from_slice(&request.body).map_err(|error| format!("the body is not a JSON object: {error}"))?
        } else {
            request.url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect()
        };
        // Harmless: a client names the languages that it could have used.
        asked.retain(|name, value| !value.is_null() && name != "filter-lang");
        if let Some(unknown) = asked.keys().find(|name| !PARAMETERS.contains(&name.as_str())) {
            return Err(format!("this catalogue does not know the parameter {unknown:?}: it has {}", PARAMETERS.join(", ")));
        }
        let texts = |name: &str| asked.get(name).map(|value| list(value).iter().map(text).collect::<Vec<String>>());
        let limit = match asked.get("limit").map(|limit| text(limit).parse::<usize>()) {
            None => LIMIT,
            Some(Ok(limit)) if limit > 0 => limit.min(MOST),
            Some(_) => return Err("limit has to be a number from 1 on".to_owned()),
        };
        let interval = asked.get("datetime").map(|value| {
            Interval::parse(&text(value)).ok_or_else(|| format!("datetime is neither a date nor an interval: {value}"))
        });
        let after = asked.get("token").map(|token| text(token).strip_prefix("next:").unwrap_or_default().to_owned());
        Ok(Self {
            collections: texts("collections"),
            ids: texts("ids"),
            bounds: asked.get("bbox").map(bounds).transpose()?,
            interval: interval.transpose()?,
            limit,
            after,
            asked,
        })
    }

    /// Whether items of this collection are wanted.
    pub(super) fn wants_collection(&self, collection: &str) -> bool {
        self.collections.as_ref().is_none_or(|all| all.iter().any(|one| one == collection))
    }

    /// Whether the search finds a scene at this position.
    pub(super) fn wants(&self, scene: &Scene, place: &Bounds) -> bool {
        let date: DateTime<Utc> = scene.date;
        self.ids.as_ref().is_none_or(|ids| ids.contains(&scene.id))
            && self.interval.is_none_or(|interval| interval.holds(date))
            && self.bounds.is_none_or(|wanted| {
                wanted[0] <= place[2] && wanted[2] >= place[0] && wanted[1] <= place[3] && wanted[3] >= place[1]
            })
    }

    /// The requested page of the scenes that were found, and the token of the next one.
    pub(super) fn page<'a>(&self, found: &[&'a Scene]) -> (Vec<&'a Scene>, Option<String>) {
        let start = match &self.after {
            None => 0,
            Some(id) => found.iter().position(|scene| scene.id == *id).map_or(found.len(), |at| at + 1),
        };
        let page: Vec<&Scene> = found.iter().skip(start).take(self.limit).copied().collect();
        let more = start + page.len() < found.len();
        let next = page.last().filter(|_| more).map(|last| format!("next:{}", last.id));
        (page, next)
    }
}

/// The values of a parameter: an array in a body, with commas in a query.
fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values.clone(),
        Value::String(text) => text.split(',').map(Value::from).collect(),
        other => vec![other.clone()],
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn bounds(value: &Value) -> Result<Bounds, String> {
    let numbers: Vec<f64> = list(value).iter().filter_map(|one| text(one).trim().parse().ok()).collect();
    let wrong = || format!("bbox has to be west, south, east, north: {value}");
    let bounds = match *numbers.as_slice() {
        [west, south, east, north] | [west, south, _, east, north, _] if list(value).len() == numbers.len() => {
            [west, south, east, north]
        }
        _ => return Err(wrong()),
    };
    let is_place = bounds.iter().all(|one| one.is_finite()) && bounds[1] <= bounds[3] && bounds[0] <= bounds[2];
    if is_place { Ok(bounds) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rectangles_are_numbers_in_order() {
        assert_eq!(bounds(&json!("-121.4,39.8,-120.7,40.5")), Ok([-121.4, 39.8, -120.7, 40.5]));
        assert_eq!(bounds(&json!([1, 2, 0, 3, 4, 9])), Ok([1.0, 2.0, 3.0, 4.0]));
        for wrong in [json!("1,2,3"), json!([3, 2, 1, 4]), json!("a,b,c,d"), json!([1, 4, 3, 2])] {
            assert!(bounds(&wrong).unwrap_err().contains("west, south, east, north"), "{wrong}");
        }
    }
}
