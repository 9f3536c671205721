//! A scenario: everything a testbed serves, read from one folder.
//!
//! [`Scenario`] is loaded once and can start any number of testbeds. It holds fixtures and never changes: jobs, uploads and refusals
//! are the state of a testbed and not known here.

mod process;
mod settings;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::Error;
use crate::fixture::{Entry, Folder};
use crate::store::Object;

pub(crate) use process::{Process, Status};
pub(crate) use settings::{S3, Server, StatusShape};

/// A scenario folder, loaded and checked.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub(crate) parts: Arc<Parts>,
}

/// The contents of a scenario.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) name: String,
    pub(crate) server: Server,
    pub(crate) s3: S3,
    pub(crate) answers: Answers,
    /// In the order of their ids, which is the order of the process list.
    pub(crate) processes: Vec<Process>,
    pub(crate) buckets: Vec<Bucket>,
    files: Vec<PathBuf>,
}

/// The JSON of every answer that does not belong to one process.
#[derive(Debug)]
pub(crate) struct Answers {
    pub(crate) landing: Value,
    pub(crate) conformance: Value,
    pub(crate) running: Value,
    pub(crate) successful: Value,
    pub(crate) failed: Value,
    pub(crate) dismissed: Value,
}

/// A bucket and what lies in it when a testbed starts.
#[derive(Debug)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) objects: Vec<Object>,
}

impl Scenario {
    /// Reads and checks the folder.
    ///
    /// # Errors
    /// Names the file, and the line or the member in it, that cannot be read or makes no sense.
    pub fn load(dir: &Path) -> Result<Self, Error> {
        let mut folder = Folder::new(dir);
        let settings = settings::load(&mut folder)?;
        let answers = Answers {
            landing: folder.json("answers/landing.json")?,
            conformance: folder.json("answers/conformance.json")?,
            running: folder.json("answers/running.json")?,
            successful: folder.json("answers/successful.json")?,
            failed: folder.json("answers/failed.json")?,
            dismissed: folder.json("answers/dismissed.json")?,
        };
        let mut processes = Vec::new();
        for id in folder.names("processes", Entry::Folder)? {
            let process = process::load(&mut folder, &id)?;
            check_job_id(&folder, &processes, &process)?;
            processes.push(process);
        }
        let mut buckets = Vec::new();
        for name in folder.names("s3", Entry::Folder)? {
            let mut objects = Vec::new();
            for key in keys(&folder, &format!("s3/{name}"), "")? {
                let body = folder.bytes(&format!("s3/{name}/{key}"))?;
                let modified = settings.s3.modified_of(&name, &key);
                objects.push(Object::new(key, body.into(), modified));
            }
            buckets.push(Bucket { name, objects });
        }
        let files = folder.into_files();
        let parts = Parts { name: settings.name, server: settings.server, s3: settings.s3, answers, processes, buckets, files };
        Ok(Self { parts: Arc::new(parts) })
    }

    /// What the scenario calls itself.
    pub fn name(&self) -> &str {
        &self.parts.name
    }

    /// Every file that the scenario was read from: when one of them changes, so may what a testbed answers.
    pub fn files(&self) -> Vec<PathBuf> {
        self.parts.files.clone()
    }
}

/// Later jobs count up in the first group of the id, so that the rest has to tell the processes apart.
fn check_job_id(folder: &Folder, others: &[Process], process: &Process) -> Result<(), Error> {
    let rest = |process: &Process| process.job.split_once('-').map(|(_, rest)| rest.to_owned());
    match others.iter().find(|other| rest(other) == rest(process)) {
        Some(other) => Err(Error::Value {
            path: folder.path(&format!("processes/{}/process.toml", process.id)),
            field: "job".to_owned(),
            message: format!("differs from the one of {} in its first group only", other.id),
        }),
        None => Ok(()),
    }
}

/// The keys of the objects below a folder.
fn keys(folder: &Folder, base: &str, prefix: &str) -> Result<Vec<String>, Error> {
    let here = format!("{base}/{prefix}");
    let mut all: Vec<String> = folder.names(&here, Entry::File)?.iter().map(|name| format!("{prefix}{name}")).collect();
    for name in folder.names(&here, Entry::Folder)? {
        all.extend(keys(folder, base, &format!("{prefix}{name}/"))?);
    }
    Ok(all)
}
