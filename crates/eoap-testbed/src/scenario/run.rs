//! The table `[run]` of a process: what is done for a job, where its results are not simply written down.
//!
//! [`load`] reads it and finds what it needs in the scenario. How it is done is known in `work`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;

use super::settings::S3;
use crate::error::Error;
use crate::fixture::Toml;
use crate::scenes::Scenes;
use crate::work::{Cancelled, Outcome, WaterBodies};

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
}

impl Run {
    /// Does it, with names as they are for the job of the fixtures; the error says why it failed.
    pub(crate) fn carry_out(&self, job: &str, inputs: &Map<String, Value>, cancelled: &Cancelled) -> Result<Outcome, String> {
        match &self.what {
            What::WaterBodies(process) => process.run(job, inputs, cancelled),
        }
    }
}

/// The table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RunTable {
    built_in: Spanned<String>,
    after: Spanned<usize>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    blanks: BTreeMap<Spanned<String>, u16>,
    storage_endpoint: Option<String>,
}

/// Reads the table of a process whose jobs have so many statuses.
pub(super) fn load<T>(
    file: &Toml<T>,
    table: &RunTable,
    statuses: usize,
    scenes: Option<&Arc<Scenes>>,
    s3: &S3,
) -> Result<Run, Error> {
    let after = *table.after.get_ref();
    if after + 1 >= statuses {
        let message = format!("a job has {statuses} statuses: before the last one there are not {after} and another one");
        return Err(file.wrong(&table.after, "run.after", message));
    }
    if table.built_in.get_ref() != "water-bodies" {
        let message = format!("there is no process {:?} in the testbed: it has \"water-bodies\"", table.built_in.get_ref());
        return Err(file.wrong(&table.built_in, "run.built-in", message));
    }
    let Some(scenes) = scenes else {
        let message = "it works on scenes: the scenario has no scenes/scenes.toml";
        return Err(file.wrong(&table.built_in, "run.built-in", message));
    };
    if let Some(item) = table.blanks.keys().find(|item| scenes.find(item.get_ref()).is_none()) {
        return Err(file.wrong(item, "run.blanks", format!("there is no scene {:?}", item.get_ref())));
    }
    let process = WaterBodies {
        scenes: Arc::clone(scenes),
        description: table.description.clone(),
        blanks: table.blanks.iter().map(|(item, blanks)| (item.get_ref().clone(), *blanks)).collect(),
        region: s3.region.clone(),
        endpoint: table.storage_endpoint.clone().unwrap_or_else(|| s3.endpoint.clone()),
    };
    Ok(Run { what: What::WaterBodies(process), after })
}
