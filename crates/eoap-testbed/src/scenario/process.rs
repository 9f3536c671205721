//! A process folder: description or package, results, and the timeline of its jobs.
//!
//! [`load`] checks that a timeline ends and that its dates can be read; it does not know what a client may ask.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use regex::Regex;
use serde::Deserialize;
use serde_json::{Value, json};
use toml::Spanned;

use super::logs;
use super::run::{self, Run, RunTable};
use super::settings::S3;
use crate::cwl::{self, CwlError};
use crate::error::Error;
use crate::fixture::{Folder, Toml, suggestion};
use crate::scenes::Scenes;

/// The words that a status may be scripted with.
const WORDS: [&str; 5] = ["accepted", "running", "paused", "successful", "failed"];

/// What is wrong with a condition that nothing is compared with.
const NO_INPUT: &str = "it has to be said of which input: failure.input is missing";

/// A process that the server offers, or would if its package were deployed.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub(crate) id: String,
    /// As a template.
    pub(crate) description: Value,
    /// What it was deployed with, if it was.
    pub(crate) package: Option<Package>,
    /// Results of the first job, word for word; placeholders are filled with the job's inputs.
    pub(crate) results: Value,
    /// Links that a successful job shows.
    pub(crate) logs: Value,
    /// Texts of the logs that have one, by file name.
    pub(crate) log_texts: Vec<(String, String)>,
    /// Id of the first job.
    pub(crate) job: String,
    /// The job's id that the fixtures are written for.
    pub(crate) fixtures_of: String,
    /// The `type` of its jobs.
    pub(crate) kind: String,
    pub(crate) created: DateTime<Utc>,
    /// Message of the answer that creates a job.
    pub(crate) accepted: String,
    /// How many requests after its creation are told that the job does not exist.
    pub(crate) unknown_for: u32,
    /// One status per status request; the last one ends the job.
    pub(crate) timeline: Vec<Status>,
    pub(crate) select: Option<Select>,
    pub(crate) failures: Vec<Failure>,
    /// What is done for a job; without it every job has the results of the first one.
    pub(crate) run: Option<Run>,
}

impl Process {
    /// Whether it has been deployed and may be replaced: `mutable`, which is true where a description does not say (Part 2, static
    /// indicator).
    pub(crate) fn is_mutable(&self) -> bool {
        self.description["mutable"] != false
    }
}

/// What a process was deployed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) media_type: String,
    /// The text as it was sent.
    pub(crate) text: String,
    /// The CWL, which is the text itself or in it, or lies where the text says.
    pub(crate) cwl: String,
}

/// What one status request learns.
#[derive(Debug, Clone)]
pub(crate) struct Status {
    pub(crate) status: String,
    pub(crate) progress: Option<Value>,
    pub(crate) message: String,
    pub(crate) updated: DateTime<Utc>,
    pub(crate) finished: Option<DateTime<Utc>>,
    /// By the clock: how long after the status before.
    pub(crate) after: Option<Duration>,
}

impl Status {
    /// Whether a job with this status is over.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self.status.as_str(), "successful" | "failed")
    }
}

/// Which features of an output belong to which elements of an input.
#[derive(Debug, Clone)]
pub(crate) struct Select {
    pub(crate) input: String,
    pub(crate) output: String,
}

/// A job that fails, and why.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    /// Only the job with this number, counted from one.
    pub(crate) job: Option<u64>,
    /// Only where this input ...
    pub(crate) input: Option<String>,
    /// ... is or has this value, ...
    pub(crate) value: Option<Value>,
    /// ... a text with this pattern in it, ...
    pub(crate) pattern: Option<Regex>,
    /// ... a number below this one, ...
    pub(crate) below: Option<f64>,
    /// ... or one above this.
    pub(crate) above: Option<f64>,
    /// After how many statuses of the timeline.
    pub(crate) after: usize,
    pub(crate) message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    job: Spanned<String>,
    fixtures_of: Option<String>,
    #[serde(rename = "type", default = "process")]
    kind: String,
    created: Spanned<String>,
    accepted: String,
    #[serde(default)]
    unknown_for: u32,
    select: Option<SelectTable>,
    status: Vec<Spanned<StatusTable>>,
    #[serde(default)]
    failure: Vec<FailureTable>,
    run: Option<RunTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SelectTable {
    input: Spanned<String>,
    output: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FailureTable {
    job: Option<u64>,
    input: Option<Spanned<String>>,
    value: Option<Value>,
    pattern: Option<Spanned<String>>,
    below: Option<Spanned<f64>>,
    above: Option<Spanned<f64>>,
    after: Option<Spanned<usize>>,
    message: String,
}

fn process() -> String {
    "process".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatusTable {
    status: Spanned<String>,
    progress: Option<Spanned<Value>>,
    message: String,
    updated: Spanned<String>,
    finished: Option<Spanned<String>>,
    after: Option<Spanned<String>>,
    #[serde(default = "once")]
    repeat: usize,
}

fn once() -> usize {
    1
}

/// Reads and checks the folder `processes/{id}`.
pub(super) fn load(folder: &mut Folder, id: &str, scenes: Option<&Arc<Scenes>>, s3: &S3) -> Result<Process, Error> {
    let file: Toml<File> = folder.toml(&format!("processes/{id}/process.toml"))?;
    let created = date(&file, "created", &file.value.created)?;
    let timeline = timeline(&file, created)?;
    let job = file.value.job.get_ref();
    if !job.split_once('-').is_some_and(|(first, _)| u32::from_str_radix(first, 16).is_ok() && first.len() == 8) {
        return Err(file.wrong(&file.value.job, "job", format!("{job:?} is not a UUID")));
    }
    let (description, package) = description(folder, id)?;
    let name = format!("processes/{id}/results.json");
    // A process that is carried out has its results from there.
    let by_inputs = !folder.exists(&name) && folder.exists(&format!("processes/{id}/results"));
    let has_none = (file.value.run.is_some() || by_inputs) && !folder.exists(&name);
    let results = if has_none { json!({}) } else { folder.json(&name)? };
    if !results.is_object() {
        let message = "the results have to be an object: outputs by name".to_owned();
        return Err(Error::Value { path: folder.path(&name), line: None, field: "results".to_owned(), message });
    }
    let run = match &file.value.run {
        Some(table) => Some(run::load(folder, &file, (id, table), timeline.len(), (scenes, s3))?),
        None if by_inputs => Some(run::by_inputs(folder, id, timeline.len())?),
        None => None,
    };
    let log_texts = logs::texts(folder, id)?;
    let select = file.value.select.as_ref().map(|table| select(&file, table, &description)).transpose()?;
    let failures = failures(&file, &description, timeline.len())?;
    Ok(Process {
        id: id.to_owned(),
        description,
        package,
        results,
        logs: logs::links(folder, id, &log_texts)?,
        log_texts,
        fixtures_of: file.value.fixtures_of.clone().unwrap_or_else(|| job.clone()),
        job: job.clone(),
        kind: file.value.kind,
        created,
        accepted: file.value.accepted,
        unknown_for: file.value.unknown_for,
        timeline,
        select,
        failures,
        run,
    })
}

/// What is selected, of an input and an output that there are.
fn select(file: &Toml<File>, table: &SelectTable, description: &Value) -> Result<Select, Error> {
    named(file, "select.input", &table.input, &description["inputs"], "input")?;
    named(file, "select.output", &table.output, &description["outputs"], "output")?;
    Ok(Select { input: table.input.get_ref().clone(), output: table.output.get_ref().clone() })
}

fn failures(file: &Toml<File>, description: &Value, statuses: usize) -> Result<Vec<Failure>, Error> {
    let read = |table: &FailureTable| {
        if let Some(input) = &table.input {
            named(file, "failure.input", input, &description["inputs"], "input")?;
        }
        if let Some(after) = table.after.as_ref().filter(|after| *after.get_ref() >= statuses) {
            let message = format!("a job has {statuses} statuses: it cannot fail after {}", after.get_ref());
            return Err(file.wrong(after, "failure.after", message));
        }
        let pattern = table.pattern.as_ref().map(|pattern| {
            Regex::new(pattern.get_ref())
                .map_err(|error| file.wrong(pattern, "failure.pattern", format!("not a valid regular expression: {error}")))
        });
        let conditions = [
            table.pattern.as_ref().map(|pattern| file.wrong(pattern, "failure.pattern", NO_INPUT)),
            table.below.as_ref().map(|below| file.wrong(below, "failure.below", NO_INPUT)),
            table.above.as_ref().map(|above| file.wrong(above, "failure.above", NO_INPUT)),
        ];
        if let (None, Some(error)) = (&table.input, conditions.into_iter().flatten().next()) {
            return Err(error);
        }
        Ok(Failure {
            pattern: pattern.transpose()?,
            below: table.below.as_ref().map(|below| *below.get_ref()),
            above: table.above.as_ref().map(|above| *above.get_ref()),
            job: table.job,
            input: table.input.as_ref().map(|input| input.get_ref().clone()),
            value: table.value.clone(),
            after: table.after.as_ref().map_or(0, |after| *after.get_ref()),
            message: table.message.clone(),
        })
    };
    file.value.failure.iter().map(read).collect()
}

/// Whether a name is one of those that the description has.
fn named(file: &Toml<File>, field: &str, name: &Spanned<String>, known: &Value, what: &str) -> Result<(), Error> {
    let known = || known.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    if known().any(|known| known == name.get_ref()) {
        return Ok(());
    }
    let hint = suggestion(name.get_ref(), known());
    Err(file.wrong(name, field, format!("the process has no {what} {:?}{hint}", name.get_ref())))
}

/// A progress, in percent where it is a number.
fn progress(file: &Toml<File>, progress: Option<&Spanned<Value>>) -> Result<Option<Value>, Error> {
    match progress {
        Some(value) if value.get_ref().as_f64().is_some_and(|number| !(0.0..=100.0).contains(&number)) => {
            Err(file.wrong(value, "status.progress", format!("{} is not between 0 and 100", value.get_ref())))
        }
        progress => Ok(progress.map(|value| value.get_ref().clone())),
    }
}

fn timeline(file: &Toml<File>, created: DateTime<Utc>) -> Result<Vec<Status>, Error> {
    let mut timeline = Vec::new();
    for table in &file.value.status {
        let status = table.get_ref();
        let word = status.status.get_ref();
        if !WORDS.contains(&word.as_str()) {
            let message = format!("{word:?} is none of {}", WORDS.join(", "));
            return Err(file.wrong(&status.status, "status.status", message));
        }
        let after = status.after.as_ref().map(|after| {
            duration(after.get_ref()).ok_or_else(|| {
                let message = format!("{:?} is no time: write it as \"2s\" or \"150ms\"", after.get_ref());
                file.wrong(after, "status.after", message)
            })
        });
        let step = Status {
            updated: date(file, "status.updated", &status.updated)?,
            finished: status.finished.as_ref().map(|text| date(file, "status.finished", text)).transpose()?,
            status: word.clone(),
            progress: progress(file, status.progress.as_ref())?,
            message: status.message.clone(),
            after: after.transpose()?,
        };
        let before = timeline.last().map_or(created, |before: &Status| before.updated);
        if step.updated < before {
            let message = format!("{:?} is earlier than what comes before it, {before:?}", status.updated.get_ref());
            return Err(file.wrong(&status.updated, "status.updated", message));
        }
        if let (Some(finished), Some(date)) = (&status.finished, step.finished)
            && date < before
        {
            let message = format!("{:?} is earlier than what comes before it, {before:?}", finished.get_ref());
            return Err(file.wrong(finished, "status.finished", message));
        }
        timeline.extend(std::iter::repeat_n(step, status.repeat));
    }
    let ends = timeline.iter().filter(|status| status.is_final()).count();
    match file.value.status.last() {
        Some(last) if ends != 1 || !timeline.last().is_some_and(Status::is_final) => {
            Err(file.wrong(last, "status", "exactly the last status has to be successful or failed"))
        }
        Some(_) => Ok(timeline),
        None => Err(file.wrong(&file.value.job, "status", "a job has to have at least the status that ends it")),
    }
}

fn date(file: &Toml<File>, field: &str, text: &Spanned<String>) -> Result<DateTime<Utc>, Error> {
    instant(text.get_ref()).map_err(|message| file.wrong(text, field, message))
}

/// `description.json`, or what follows from `package.cwl`.
fn description(folder: &mut Folder, id: &str) -> Result<(Value, Option<Package>), Error> {
    let [name, package] = ["description.json", "package.cwl"].map(|name| format!("processes/{id}/{name}"));
    let wrong = |path: PathBuf, line: Option<usize>, message: String| match line {
        Some(line) => Error::Syntax { path, line, message },
        None => Error::Value { path, line: None, field: "id".to_owned(), message },
    };
    if !folder.exists(&name) && folder.exists(&package) {
        let text = folder.text(&package)?;
        let described = cwl::Package::parse(&text).and_then(|cwl| cwl::description(cwl.workflow(Some(id))?));
        let description = described.map_err(|error| match error {
            CwlError::Syntax { line, message } => wrong(folder.path(&package), Some(line), message),
            error => wrong(folder.path(&package), None, error.to_string()),
        })?;
        return Ok((description, Some(Package { media_type: "application/cwl+yaml".to_owned(), cwl: text.clone(), text })));
    }
    let description = folder.json(&name)?;
    if description["id"] != id {
        let message = format!("{} is not the name of the folder, {id:?}", description["id"]);
        return Err(wrong(folder.path(&name), None, message));
    }
    Ok((description, None))
}

/// A date with its time, as RFC 3339 writes it.
pub(crate) fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text).map(|date| date.to_utc()).map_err(|error| format!("{text:?} is not a date: {error}"))
}

/// A time in seconds (`2s`, `0.5s`) or milliseconds (`150ms`).
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.strip_suffix("ms").map(|number| (number, 1e-3)).or_else(|| Some((text.strip_suffix('s')?, 1.0)))?;
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * unit).ok()
}
