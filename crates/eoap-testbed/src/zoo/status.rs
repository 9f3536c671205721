//! Status documents: a job as the answers' templates show it.
//!
//! [`document`] chooses the template and fills its placeholders. It moves no job on.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use crate::scenario::{Fixtures, StatusShape};
use crate::service::{Job, Phase};
use crate::template::{Values, fill};

/// The job as it is.
pub(super) fn document(fixtures: &Fixtures, job: &Job) -> Value {
    let template = match job.phase() {
        Phase::New | Phase::Running => &fixtures.answers.running,
        Phase::Successful => &fixtures.answers.successful,
        Phase::Failed => &fixtures.answers.failed,
    };
    shaped(fixtures, fill(template, &values(fixtures, job)))
}

/// The job after its dismissal.
pub(super) fn dismissed(fixtures: &Fixtures, job: &Job) -> Value {
    shaped(fixtures, fill(&fixtures.answers.dismissed, &values(fixtures, job)))
}

/// The message for a subscriber about a job that goes on. The first one has neither process nor dates.
pub(super) fn notice(fixtures: &Fixtures, job: &Job) -> Value {
    let mut document = document(fixtures, job);
    if job.phase() == Phase::New
        && let Some(members) = document.as_object_mut()
    {
        members.retain(|name, _| !matches!(name.as_str(), "processID" | "created" | "started" | "updated"));
    }
    document
}

/// The server's own text, followed by the message of a failed process.
pub(super) fn failure(message: &str) -> String {
    format!("Unable to run the Service. The message returned back by the Service was the following: {message}")
}

fn values(fixtures: &Fixtures, job: &Job) -> Values {
    // In files it keeps whole seconds.
    let precision = if fixtures.server.set_up.has_database() { SecondsFormat::Millis } else { SecondsFormat::Secs };
    let date = |date: DateTime<Utc>| Value::from(date.to_rfc3339_opts(precision, true));
    let mut values = fixtures.server.addresses(&job.namespace);
    let mut set = |name: &str, value: Value| values.insert(name.to_owned(), value);
    set("job", job.id.clone().into());
    set("process", job.process.id.clone().into());
    set("type", job.process.kind.clone().into());
    set("created", date(job.created()));
    set("started", date(job.created()));
    set("updated", date(job.updated()));
    job.finished().map(|finished| set("finished", date(finished)));
    match job.now() {
        Some(status) => {
            let failed = job.phase() == Phase::Failed;
            set("status", status.status.clone().into());
            set("message", if failed { failure(&status.message) } else { status.message.clone() }.into());
            status.progress.clone().map(|progress| set("progress", progress));
        }
        // A new job is never `accepted` here.
        None => {
            set("status", "running".into());
            set("message", job.process.accepted.clone().into());
            if fixtures.server.status_shape == StatusShape::Of2025 {
                set("progress", 0.into());
            }
        }
    }
    let logs = fill(&job.process.logs, &values);
    values.insert("logs".to_owned(), logs);
    values
}

fn shaped(fixtures: &Fixtures, mut document: Value) -> Value {
    if fixtures.server.status_shape == StatusShape::Of2024
        && let Some(members) = document.as_object_mut()
    {
        members.shift_remove("id");
    }
    document
}
