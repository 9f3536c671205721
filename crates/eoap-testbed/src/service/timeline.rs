//! What a job will go through: the statuses of its process, cut short where the scenario lets it fail.
//!
//! [`of`] decides it when the job is created; [`told_by`] says how far it has come by the clock. Jobs are not
//! known here.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::results::{elements, unrecorded};
use crate::scenario::{Failure, Process, Status};

/// The statuses of the job with this number, counted from zero, of a process.
pub(super) fn of(process: &Process, inputs: &Map<String, Value>, number: u32) -> Vec<Status> {
    let mut timeline = process.timeline.clone();
    if let Some((after, message)) = failure(process, inputs, Some(number)) {
        fail(&mut timeline, after, message);
    }
    timeline
}

/// Cuts a timeline short: after so many statuses comes a failure.
pub(super) fn fail(timeline: &mut Vec<Status>, after: usize, message: String) {
    timeline.truncate(after + 1);
    if let Some(last) = timeline.last_mut() {
        "failed".clone_into(&mut last.status);
        last.message = message;
        last.finished = last.finished.or(Some(last.updated));
        last.progress = None;
    }
}

/// After how many statuses a run with these inputs fails, and why, if it does. What only one job does is done
/// by no run that is not a job.
pub(super) fn failure(process: &Process, inputs: &Map<String, Value>, number: Option<u32>) -> Option<(usize, String)> {
    let scripted = process.failures.iter().find(|failure| {
        let by_number = failure.job.is_none_or(|job| number.is_some_and(|number| job == u64::from(number) + 1));
        let by_input = failure.input.as_ref().is_none_or(|name| elements(inputs.get(name)).any(|value| meets(failure, value)));
        by_number && by_input
    });
    match scripted {
        Some(failure) => Some((failure.after, failure.message.clone())),
        None => unrecorded(process, inputs).map(|message| (process.timeline.len() - 1, message)),
    }
}

/// Whether a value is as a failure wants it.
fn meets(failure: &Failure, value: &Value) -> bool {
    let number = || value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    failure.value.as_ref().is_none_or(|wanted| wanted == value)
        && failure.pattern.as_ref().is_none_or(|pattern| value.as_str().is_some_and(|text| pattern.is_match(text)))
        && failure.below.is_none_or(|limit| number().is_some_and(|number| number < limit))
        && failure.above.is_none_or(|limit| number().is_some_and(|number| number > limit))
}

/// How many statuses a job has reached when it is so old: each comes its own time after the one before, which
/// is the time between their dates unless the scenario says otherwise.
pub(super) fn told_by(age: Duration, created: DateTime<Utc>, timeline: &[Status]) -> usize {
    let mut due = Duration::ZERO;
    let mut before = created;
    let reached = timeline.iter().take_while(|status| {
        due += status.after.unwrap_or_else(|| (status.updated - before).to_std().unwrap_or_default());
        before = status.updated;
        due <= age
    });
    reached.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(second: u32, after: Option<u64>) -> Status {
        Status {
            status: "running".to_owned(),
            progress: None,
            message: String::new(),
            updated: format!("2025-01-01T00:00:{second:02}Z").parse().unwrap(),
            finished: None,
            after: after.map(Duration::from_secs),
        }
    }

    #[test]
    fn a_status_is_reached_when_its_time_has_come() {
        let timeline = [status(2, None), status(10, Some(1)), status(15, None)];
        let told = |age| told_by(Duration::from_secs(age), status(0, None).updated, &timeline);
        assert_eq!([1, 2, 3, 7, 8].map(told), [0, 1, 2, 2, 3]);
    }
}
