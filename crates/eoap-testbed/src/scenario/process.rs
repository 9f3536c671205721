//! A process folder: description, results, and the timeline of its jobs.
//!
//! [`load`] checks that a timeline ends and that its dates can be read; it does not know what a client may ask.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::Error;
use crate::fixture::Folder;

/// A process that the server offers.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) id: String,
    pub(crate) description: Value,
    /// Results of the first job, word for word; placeholders are filled with the job's inputs.
    pub(crate) results: Value,
    /// Links that a successful job shows.
    pub(crate) logs: Value,
    /// Id of the first job.
    pub(crate) job: String,
    pub(crate) created: DateTime<Utc>,
    /// Message of the answer that creates a job.
    pub(crate) accepted: String,
    /// How many requests after its creation are told that the job does not exist.
    pub(crate) unknown_for: u32,
    /// One status per status request; the last one ends the job.
    pub(crate) timeline: Vec<Status>,
    pub(crate) select: Option<Select>,
    pub(crate) failures: Vec<Failure>,
}

/// What one status request learns.
#[derive(Debug, Clone)]
pub(crate) struct Status {
    pub(crate) status: String,
    pub(crate) progress: Option<Value>,
    pub(crate) message: String,
    pub(crate) updated: DateTime<Utc>,
    pub(crate) finished: Option<DateTime<Utc>>,
}

impl Status {
    /// Whether a job with this status is over.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self.status.as_str(), "successful" | "failed")
    }
}

/// Which features of an output belong to which elements of an input.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Select {
    pub(crate) input: String,
    pub(crate) output: String,
}

/// A job that fails, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Failure {
    /// Only the job with this number, counted from one.
    pub(crate) job: Option<usize>,
    /// Only where this input ...
    pub(crate) input: Option<String>,
    /// ... is or has this value.
    pub(crate) value: Option<Value>,
    /// After how many statuses of the timeline.
    #[serde(default)]
    pub(crate) after: usize,
    pub(crate) message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    job: String,
    created: String,
    accepted: String,
    #[serde(default)]
    unknown_for: u32,
    select: Option<Select>,
    status: Vec<StatusTable>,
    #[serde(default)]
    failure: Vec<Failure>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatusTable {
    status: String,
    progress: Option<Value>,
    message: String,
    updated: String,
    finished: Option<String>,
    #[serde(default = "once")]
    repeat: usize,
}

fn once() -> usize {
    1
}

/// Reads and checks the folder `processes/{id}`.
pub(super) fn load(folder: &mut Folder, id: &str) -> Result<Process, Error> {
    let name = format!("processes/{id}/process.toml");
    let file: File = folder.toml(&name)?;
    let path = folder.path(&name);
    let wrong = |field: &str, message: String| Error::Value { path: path.clone(), field: field.to_owned(), message };
    let date = |field: &str, text: &str| instant(text).map_err(|message| wrong(field, message));

    let mut timeline = Vec::new();
    for status in file.status {
        let step = Status {
            updated: date("status.updated", &status.updated)?,
            finished: status.finished.as_deref().map(|text| date("status.finished", text)).transpose()?,
            status: status.status,
            progress: status.progress,
            message: status.message,
        };
        timeline.extend(std::iter::repeat_n(step, status.repeat));
    }
    let ends = timeline.iter().filter(|status| status.is_final()).count();
    if ends != 1 || !timeline.last().is_some_and(Status::is_final) {
        return Err(wrong("status", "exactly the last status has to be successful or failed".to_owned()));
    }
    if !file.job.split_once('-').is_some_and(|(first, _)| u32::from_str_radix(first, 16).is_ok() && first.len() == 8) {
        return Err(wrong("job", format!("{:?} is not a UUID", file.job)));
    }
    let created = date("created", &file.created)?;

    let name = format!("processes/{id}/description.json");
    let description = folder.json(&name)?;
    if description["id"] != id {
        let message = format!("{} is not the name of the folder, {id:?}", description["id"]);
        return Err(Error::Value { path: folder.path(&name), field: "id".to_owned(), message });
    }
    let logs = format!("processes/{id}/logs.json");
    Ok(Process {
        id: id.to_owned(),
        description,
        results: folder.json(&format!("processes/{id}/results.json"))?,
        logs: if folder.exists(&logs) { folder.json(&logs)? } else { Value::Array(Vec::new()) },
        job: file.job,
        created,
        accepted: file.accepted,
        unknown_for: file.unknown_for,
        timeline,
        select: file.select,
        failures: file.failure,
    })
}

/// A date with its time, as RFC 3339 writes it.
pub(crate) fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text).map(|date| date.to_utc()).map_err(|error| format!("{text:?} is not a date: {error}"))
}
