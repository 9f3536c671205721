//! Jobs: created by an execution, moved on by status requests, gone when dismissed.
//!
//! [`Jobs`] is the only state of the server. The first job of a process is the documented one; a later one has the same timeline,
//! later, and the same results under its own id. HTTP is not known here.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Value};
use wiremock::Request;

use super::answer::Answer;
use super::exception::Exception;
use super::{listing, processes};
use crate::scenario::{Parts, Process, Status, StatusShape};
use crate::store::Store;
use crate::template::{Values, fill};

/// How much later than the one before a job of the same process was created.
const BETWEEN_JOBS: TimeDelta = TimeDelta::minutes(10);

/// The jobs of a server.
#[derive(Debug)]
pub(super) struct Jobs {
    parts: Arc<Parts>,
    store: Store,
    all: Vec<Job>,
    /// How many jobs each process ever had: ids are not used twice.
    counts: Map<String, Value>,
}

#[derive(Debug)]
struct Job {
    id: String,
    process: String,
    /// Against the dates of the scenario.
    later: TimeDelta,
    /// What its status requests learn.
    timeline: Vec<Status>,
    /// How many statuses of the timeline have been told.
    told: usize,
    /// How many more requests do not find it.
    unknown_for: u32,
    results: Value,
    is_first: bool,
}

impl Job {
    fn now(&self) -> Option<&Status> {
        self.told.checked_sub(1).and_then(|index| self.timeline.get(index))
    }

    fn is_over(&self) -> bool {
        self.now().is_some_and(Status::is_final)
    }
}

impl Jobs {
    pub(super) fn new(parts: Arc<Parts>, store: Store) -> Self {
        Self { parts, store, all: Vec::new(), counts: Map::new() }
    }

    /// A new job: its id and its first status document.
    pub(super) fn create(&mut self, process: &Process, inputs: &Map<String, Value>) -> (String, Value) {
        let number = self.counts.get(&process.id).and_then(Value::as_u64).unwrap_or(0);
        self.counts.insert(process.id.clone(), (number + 1).into());
        let count = i32::try_from(number).unwrap_or(i32::MAX);
        let id = nth_id(&process.job, u32::try_from(number).unwrap_or(u32::MAX));
        let job = Job {
            later: BETWEEN_JOBS * count,
            timeline: timeline(process, inputs, number),
            told: 0,
            unknown_for: process.unknown_for,
            results: with_id(results(&self.parts, process, inputs), &process.job, &id),
            is_first: number == 0,
            process: process.id.clone(),
            id: id.clone(),
        };
        let document = self.document(&job, process);
        self.all.push(job);
        (id, document)
    }

    /// The next status of the job.
    pub(super) fn status(&mut self, id: &str) -> Result<Answer, Exception> {
        let index = self.find(id)?;
        let job = &mut self.all[index];
        let was_over = job.is_over();
        job.told = (job.told + 1).min(job.timeline.len());
        let job = &self.all[index];
        let process = processes::find(&self.parts, &job.process).ok_or_else(Exception::no_such_job)?;
        if !was_over && !job.is_first && job.now().is_some_and(|status| status.status == "successful") {
            // The documented job's objects are there from the start.
            let modified = self.parts.s3.modified + job.later.to_std().unwrap_or_default();
            self.store.stage_out(&process.job, &job.id, modified);
        }
        Ok(Answer::json(200, &self.document(job, process)))
    }

    pub(super) fn results(&mut self, id: &str) -> Result<Answer, Exception> {
        let index = self.find(id)?;
        let job = &self.all[index];
        match job.now().map(|status| status.status.as_str()) {
            Some("successful") => Ok(Answer::json(200, &job.results)),
            Some("failed") => Err(Exception::failed()),
            _ => Err(Exception::result_not_ready()),
        }
    }

    /// Ends the job if it runs, and forgets it.
    pub(super) fn dismiss(&mut self, id: &str) -> Result<Answer, Exception> {
        let index = self.find(id)?;
        let job = self.all.remove(index);
        let process = processes::find(&self.parts, &job.process).ok_or_else(Exception::no_such_job)?;
        let values = self.values(&job, process);
        Ok(Answer::json(200, &self.shaped(fill(&self.parts.answers.dismissed, &values))))
    }

    /// Every job as it is; looking at the list moves nothing on.
    pub(super) fn list(&self, request: &Request) -> Result<Answer, Exception> {
        let one_of = |name: &str, value: &str| {
            listing::parameter(request, name).is_none_or(|wanted| wanted.split(',').any(|wanted| wanted == value))
        };
        let entries = self
            .all
            .iter()
            .filter(|job| one_of("processID", &job.process))
            .filter(|job| one_of("status", job.now().map_or("running", |status| status.status.as_str())))
            .filter_map(|job| Some(self.document(job, processes::find(&self.parts, &job.process)?)))
            .collect();
        let href = format!("{}/jobs", self.parts.server.root);
        Ok(Answer::json(200, &listing::page("jobs", entries, &href, request)?))
    }

    fn find(&mut self, id: &str) -> Result<usize, Exception> {
        let index = self.all.iter().position(|job| job.id == id).ok_or_else(Exception::no_such_job)?;
        let job = &mut self.all[index];
        if job.unknown_for > 0 {
            job.unknown_for -= 1;
            return Err(Exception::no_such_job());
        }
        Ok(index)
    }

    fn document(&self, job: &Job, process: &Process) -> Value {
        let answers = &self.parts.answers;
        let template = match job.now().map(|status| status.status.as_str()) {
            Some("successful") => &answers.successful,
            Some("failed") => &answers.failed,
            _ => &answers.running,
        };
        self.shaped(fill(template, &self.values(job, process)))
    }

    fn values(&self, job: &Job, process: &Process) -> Values {
        let date = |date: DateTime<Utc>| Value::from((date + job.later).to_rfc3339_opts(SecondsFormat::Millis, true));
        let mut values = processes::addresses(&self.parts);
        let mut set = |name: &str, value: Value| values.insert(name.to_owned(), value);
        set("job", job.id.clone().into());
        set("process", job.process.clone().into());
        set("created", date(process.created));
        set("started", date(process.created));
        match job.now() {
            Some(status) => {
                set("status", status.status.clone().into());
                set("message", status.message.clone().into());
                set("updated", date(status.updated));
                status.finished.map(|finished| set("finished", date(finished)));
                status.progress.clone().map(|progress| set("progress", progress));
            }
            None => {
                set("status", "running".into());
                set("message", process.accepted.clone().into());
                set("updated", date(process.created));
                if self.parts.server.status_shape == StatusShape::Of2025 {
                    set("progress", 0.into());
                }
            }
        }
        let logs = fill(&process.logs, &values);
        values.insert("logs".to_owned(), logs);
        values
    }

    fn shaped(&self, mut document: Value) -> Value {
        if self.parts.server.status_shape == StatusShape::Of2024
            && let Some(members) = document.as_object_mut()
        {
            members.shift_remove("id");
        }
        document
    }
}

/// The results of a process for these inputs, under the id of its first job.
pub(super) fn results(parts: &Parts, process: &Process, inputs: &Map<String, Value>) -> Value {
    let mut values = processes::addresses(parts);
    for (name, input) in inputs {
        let value = input.get("value").unwrap_or(input);
        values.insert(format!("inputs.{name}"), value.clone());
    }
    let mut results = fill(&process.results, &values);
    if let Some(select) = &process.select
        && let Some(features) = results.pointer_mut(&format!("/{}/value/features", select.output)).and_then(Value::as_array_mut)
    {
        *features = elements(inputs.get(&select.input)).filter_map(|item| feature(features, item).cloned()).collect();
    }
    results
}

/// The job's statuses: the scenario's, cut short if it fails.
fn timeline(process: &Process, inputs: &Map<String, Value>, number: u64) -> Vec<Status> {
    let mut timeline = process.timeline.clone();
    let scripted = process.failures.iter().find(|failure| {
        let by_number = failure.job.is_none_or(|job| job as u64 == number + 1);
        let by_input = failure.input.as_ref().is_none_or(|name| {
            elements(inputs.get(name)).any(|value| failure.value.as_ref().is_none_or(|wanted| wanted == value))
        });
        by_number && by_input
    });
    let failure = match scripted {
        Some(failure) => Some((failure.after, failure.message.clone())),
        None => unknown_item(process, inputs).map(|item| {
            let message = format!("The scenario has no result for {item}.");
            (timeline.len() - 1, message)
        }),
    };
    if let Some((after, message)) = failure {
        timeline.truncate(after + 1);
        if let Some(last) = timeline.last_mut() {
            "failed".clone_into(&mut last.status);
            last.message =
                format!("Unable to run the Service. The message returned back by the Service was the following: {message}");
            last.finished = last.finished.or(Some(last.updated));
            last.progress = None;
        }
    }
    timeline
}

/// The first element of the selecting input for which the scenario has no feature.
fn unknown_item(process: &Process, inputs: &Map<String, Value>) -> Option<Value> {
    let select = process.select.as_ref()?;
    let features = process.results.pointer(&format!("/{}/value/features", select.output))?.as_array()?;
    elements(inputs.get(&select.input)).find(|item| feature(features, item).is_none()).cloned()
}

/// The feature whose id is the last segment of the item's address.
fn feature<'a>(features: &'a [Value], item: &Value) -> Option<&'a Value> {
    let address = item.get("href").unwrap_or(item).as_str()?;
    let last = address.split(['?', '#']).next()?.trim_end_matches('/').rsplit('/').next()?;
    features.iter().find(|feature| feature["id"] == *last)
}

/// The values of an input that may be one value, several, or none.
fn elements(input: Option<&Value>) -> impl Iterator<Item = &Value> {
    match input.map(|input| input.get("value").unwrap_or(input)) {
        Some(Value::Array(values)) => values.iter(),
        Some(value) => std::slice::from_ref(value).iter(),
        None => [].iter(),
    }
}

/// The id of a later job: the first group of the UUID, counted up.
fn nth_id(first: &str, number: u32) -> String {
    match first.split_once('-').and_then(|(time, rest)| Some((u32::from_str_radix(time, 16).ok()?, rest))) {
        Some((time, rest)) => format!("{:08x}-{rest}", time.wrapping_add(number)),
        None => first.to_owned(),
    }
}

/// The document with one id put for another in all its texts.
fn with_id(document: Value, from: &str, to: &str) -> Value {
    match document {
        Value::String(text) => text.replace(from, to).into(),
        Value::Array(values) => values.into_iter().map(|value| with_id(value, from, to)).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, with_id(value, from, to))).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_ids_count_up() {
        let first = "68046976-7dcb-11f0-90ac-2a20aea25780";
        assert_eq!(nth_id(first, 0), first);
        assert_eq!(nth_id(first, 10), "68046980-7dcb-11f0-90ac-2a20aea25780");
    }
}
