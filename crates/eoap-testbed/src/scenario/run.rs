//! The table `[run]` of a process: what is done for a job, where its results are not simply written down.
//!
//! [`load`] reads it and finds what it needs in the scenario. How it is done is known in `work`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;

use super::object_store::S3;
use crate::error::Error;
use crate::fixture::{Folder, Toml};
use crate::scenes::Scenes;
use crate::work::{Cancelled, Outcome, Step, WaterBodies};

/// How long a command may take where the scenario does not say it.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How a job comes by its results.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    what: What,
    /// How many statuses there are before it is known what comes of it.
    pub(crate) after: usize,
}

/// What can be done.
#[derive(Debug, Clone)]
enum What {
    WaterBodies(WaterBodies),
    Step(Step),
}

impl Run {
    /// Does it, with names as they are for the job of the fixtures; the error says why it failed.
    pub(crate) fn carry_out(&self, job: &str, inputs: &Map<String, Value>, cancelled: &Cancelled) -> Result<Outcome, String> {
        match &self.what {
            What::WaterBodies(process) => process.run(job, inputs, cancelled),
            What::Step(step) => step.run(job, inputs, cancelled),
        }
    }
}

/// The table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RunTable {
    built_in: Option<Spanned<String>>,
    command: Option<Spanned<Vec<String>>>,
    timeout: Option<Spanned<String>>,
    after: Spanned<usize>,
    description: Option<String>,
    #[serde(default)]
    blanks: BTreeMap<Spanned<String>, u16>,
    storage_endpoint: Option<String>,
}

/// Reads the table of a process whose jobs have so many statuses.
pub(super) fn load<T>(
    folder: &mut Folder,
    file: &Toml<T>,
    (id, table): (&str, &RunTable),
    statuses: usize,
    (scenes, s3): (Option<&Arc<Scenes>>, &S3),
) -> Result<Run, Error> {
    let after = *table.after.get_ref();
    if after + 1 >= statuses {
        let message = format!("a job has {statuses} statuses: before the last one there are not {after} and another one");
        return Err(file.wrong(&table.after, "run.after", message));
    }
    let what = match (&table.built_in, &table.command) {
        (Some(name), None) => What::WaterBodies(built_in(file, table, name, scenes, s3)?),
        (None, Some(command)) => What::Step(step(folder, file, (id, table), command)?),
        _ => return Err(file.wrong(&table.after, "run", "it has to name either a built-in process or a command")),
    };
    Ok(Run { what, after })
}

/// A command: what of it is a file of the process is called by its whole path.
fn step<T>(
    folder: &mut Folder,
    file: &Toml<T>,
    (id, table): (&str, &RunTable),
    command: &Spanned<Vec<String>>,
) -> Result<Step, Error> {
    if command.get_ref().is_empty() {
        return Err(file.wrong(command, "run.command", "it has to name a program"));
    }
    if table.description.is_some() || table.storage_endpoint.is_some() || !table.blanks.is_empty() {
        return Err(file.wrong(command, "run.command", "description, blanks and storage-endpoint belong to a built-in process"));
    }
    let timeout = match &table.timeout {
        None => TIMEOUT,
        Some(text) => humantime::parse_duration(text.get_ref()).map_err(|error| {
            file.wrong(text, "run.timeout", format!("{:?} is not a time like \"30s\": {error}", text.get_ref()))
        })?,
    };
    let mut words = Vec::with_capacity(command.get_ref().len());
    for word in command.get_ref() {
        let name = format!("processes/{id}/{word}");
        let path = folder.path(&name);
        if path.is_file() {
            // It is a part of the scenario: when it changes, so may the answers.
            folder.bytes(&name)?;
            words.push(std::path::absolute(&path).unwrap_or(path).display().to_string());
        } else {
            words.push(word.clone());
        }
    }
    let home = folder.path(&format!("processes/{id}"));
    Ok(Step { command: words, folder: std::path::absolute(&home).unwrap_or(home), timeout })
}

fn built_in<T>(
    file: &Toml<T>,
    table: &RunTable,
    name: &Spanned<String>,
    scenes: Option<&Arc<Scenes>>,
    s3: &S3,
) -> Result<WaterBodies, Error> {
    if name.get_ref() != "water-bodies" {
        let message = format!("there is no process {:?} in the testbed: it has \"water-bodies\"", name.get_ref());
        return Err(file.wrong(name, "run.built-in", message));
    }
    if let Some(timeout) = &table.timeout {
        return Err(file.wrong(timeout, "run.timeout", "only a command has one"));
    }
    let Some(scenes) = scenes else {
        return Err(file.wrong(name, "run.built-in", "it works on scenes: the scenario has no scenes/scenes.toml"));
    };
    if let Some(item) = table.blanks.keys().find(|item| scenes.find(item.get_ref()).is_none()) {
        return Err(file.wrong(item, "run.blanks", format!("there is no scene {:?}", item.get_ref())));
    }
    Ok(WaterBodies {
        scenes: Arc::clone(scenes),
        description: table.description.clone().unwrap_or_default(),
        blanks: table.blanks.iter().map(|(item, blanks)| (item.get_ref().clone(), *blanks)).collect(),
        region: s3.region.clone(),
        endpoint: table.storage_endpoint.clone().unwrap_or_else(|| s3.endpoint.clone()),
    })
}
