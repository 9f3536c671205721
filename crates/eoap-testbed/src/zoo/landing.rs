//! The landing page and the declaration of conformance.
//!
//! These answers depend on the scenario and the namespace alone; processes and jobs are not known here.

use serde_json::Value;

use super::Call;
use super::answer::Answer;
use crate::scenario::StatusShape;
use crate::template::fill;

pub(super) fn landing(call: &Call<'_>) -> Answer {
    let document = document(call);
    let answer = Answer::json(200, &document);
    match (call.fixtures.server.status_shape, header(&document)) {
        (StatusShape::Of2025, Some(links)) => answer.header("Link", links),
        _ => answer,
    }
}

/// What the landing page says.
pub(super) fn document(call: &Call<'_>) -> Value {
    fill(&call.fixtures.answers.landing, &call.fixtures.server.addresses(call.namespace))
}

pub(super) fn conformance(call: &Call<'_>) -> Answer {
    Answer::json(200, &fill(&call.fixtures.answers.conformance, &call.fixtures.server.addresses(call.namespace)))
}

/// The links of a document as RFC 8288 writes them.
fn header(document: &Value) -> Option<String> {
    let links = document["links"].as_array()?.iter().filter_map(|link| {
        let text = |name: &str| link[name].as_str();
        let parameters = ["rel", "type", "title"].into_iter().filter_map(|name| Some(format!("; {name}=\"{}\"", text(name)?)));
        Some(format!("<{}>{}", text("href")?, parameters.collect::<String>()))
    });
    Some(links.collect::<Vec<_>>().join(", ")).filter(|links| !links.is_empty())
}
