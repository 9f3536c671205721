//! The landing page and the declaration of conformance.
//!
//! These answers depend only on the scenario and the namespace. Processes and jobs are not known here.

use serde_json::Value;

use super::answer::Answer;
use super::call::Call;
use crate::template::fill;

pub(super) fn landing(call: &Call<'_>) -> Answer {
    Answer::json(200, &document(call))
}

/// What the landing page says.
pub(super) fn document(call: &Call<'_>) -> Value {
    fill(&call.fixtures.answers.landing, &call.fixtures.server.addresses(call.namespace))
}

pub(super) fn conformance(call: &Call<'_>) -> Answer {
    Answer::json(200, &fill(&call.fixtures.answers.conformance, &call.fixtures.server.addresses(call.namespace)))
}
