//! A process folder: description or package, results, and the timeline of its jobs.
//!
//! [`load`] reads it and has its parts checked; it does not know what a client may ask.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::cases::{Case, Recorded, RecordedTable};
use super::failure::{self, Failure, FailureTable};
use super::object_store::S3;
use super::run::{self, Run, RunTable};
use super::timeline::{self, Status, StatusTable, date};
use super::{check, logs, names};
use crate::cwl::{self, CwlError};
use crate::error::Error;
use crate::fixture::{Folder, Toml};
use crate::scenes::Scenes;

/// A process that the server offers, or would if its package were deployed.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub(crate) id: String,
    /// As a template.
    pub(crate) description: Value,
    /// What it was deployed with, if it was.
    pub(crate) package: Option<Package>,
    /// Results of the first job, by inputs; none where they are worked out.
    pub(crate) cases: Vec<Case>,
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
    /// How many requests after its creation get the answer that the job does not exist.
    pub(crate) unknown_for: u32,
    /// One status per status request; the last one ends the job.
    pub(crate) timeline: Vec<Status>,
    pub(crate) select: Option<Select>,
    pub(crate) failures: Vec<Failure>,
    /// What is done for a job; without it a job has the results that were recorded for its inputs.
    pub(crate) run: Option<Run>,
}

impl Process {
    /// Whether it has been deployed and may be replaced: `mutable`, which is true where a description does
    /// not say (Part 2, static indicator).
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

/// Which features of an output belong to which elements of an input.
#[derive(Debug, Clone)]
pub(crate) struct Select {
    pub(crate) input: String,
    pub(crate) output: String,
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
    recorded: Option<Spanned<RecordedTable>>,
    run: Option<RunTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SelectTable {
    input: Spanned<String>,
    output: Spanned<String>,
}

fn process() -> String {
    "process".to_owned()
}

/// Reads and checks the folder `processes/{id}`; `None` where what is wrong leaves nothing to serve.
pub(super) fn load(folder: &mut Folder, id: &str, scenes: Option<&Arc<Scenes>>, s3: &S3) -> Option<Process> {
    let file: Option<Toml<File>> = folder.noting(|folder| folder.toml(&format!("processes/{id}/process.toml")));
    let described = folder.noting(|folder| description(folder, id));
    let log_texts = folder.noting(|folder| logs::texts(folder, id))?;
    let logs = folder.noting(|folder| logs::links(folder, id, &log_texts))?;
    let (file, (description, package)) = (file?, described?);
    let table = &file.value;
    let created = folder.mistakes.value(date(&file, "created", &table.created));
    let timeline = timeline::load(&file, &table.status, created, &mut folder.mistakes);
    if table.status.is_empty() {
        folder.mistakes.add(file.wrong(&table.job, "status", "a job has to have at least the status that ends it"));
    }
    let job = table.job.get_ref();
    if !job.split_once('-').is_some_and(|(first, _)| u32::from_str_radix(first, 16).is_ok() && first.len() == 8) {
        folder.mistakes.add(file.wrong(&table.job, "job", format!("{job:?} is not a UUID")));
    }
    let select = table.select.as_ref().map(|table| select(&file, table, &description, folder));
    let none = RecordedTable::default();
    let recorded = Recorded {
        file: &file,
        table: table.recorded.as_ref().map_or(&none, Spanned::get_ref),
        description: &description,
        selecting: select.as_ref().map(|select| select.input.as_str()),
    };
    let cases = recorded.load(folder, id, table.run.is_some());
    if let (Some(recorded), Some(_)) = (&table.recorded, &table.run) {
        folder.mistakes.add(file.wrong(recorded, "recorded", "what is carried out has results for all inputs"));
    }
    let statuses = timeline.as_ref().map(Vec::len);
    let failures = failure::load(&file, &table.failure, &description, statuses, &mut folder.mistakes);
    let run = match (&table.run, statuses) {
        (Some(table), Some(statuses)) => {
            Some(folder.noting(|folder| run::load(folder, &file, (id, table), statuses, (scenes, s3)))?)
        }
        _ => None,
    };
    let process = Process {
        id: id.to_owned(),
        description,
        package,
        cases,
        logs,
        log_texts,
        fixtures_of: table.fixtures_of.clone().unwrap_or_else(|| job.clone()),
        job: job.clone(),
        kind: table.kind.clone(),
        created: created?,
        accepted: table.accepted.clone(),
        unknown_for: table.unknown_for,
        timeline: timeline?,
        select,
        failures,
        run,
    };
    check::results(folder, &process);
    Some(process)
}

/// What is selected, of an input and an output that there are.
fn select(file: &Toml<File>, table: &SelectTable, description: &Value, folder: &mut Folder) -> Select {
    for (field, name, known, what) in [
        ("select.input", &table.input, &description["inputs"], "input"),
        ("select.output", &table.output, &description["outputs"], "output"),
    ] {
        folder.mistakes.value(names::named(file, field, name, known, what));
    }
    Select { input: table.input.get_ref().clone(), output: table.output.get_ref().clone() }
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
