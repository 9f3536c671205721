//! A scenario: everything a testbed serves, read from one folder.
//!
//! [`Scenario`] is loaded once and can start any number of testbeds. It holds fixtures and never changes:
//! jobs, uploads and refusals are the state of a testbed and not known here.

mod answers;
mod check;
mod logs;
mod process;
mod pygeoapi_version;
mod recordings;
mod run;
mod server;
mod settings;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Error;
use crate::fixture::{Entry, Folder};
use crate::scenes::{self, Scenes};
use crate::store::{About, Bucket, Object};

pub(crate) use answers::Answers;
pub(crate) use process::{Failure, Package, Process, Status};
pub(crate) use pygeoapi_version::{Generation, Version};
pub(crate) use recordings::Recording;
pub use server::Personality;
pub(crate) use server::{ANONYMOUS, Links, Server, SetUp, StatusShape, split_namespace};
pub use settings::Clock;
pub(crate) use settings::S3;

/// A scenario folder, loaded and checked.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub(crate) fixtures: Arc<Fixtures>,
    pub(crate) personality: Personality,
    pub(crate) clock: Clock,
    /// Whose recorded session is played back, where one was named.
    session: Option<String>,
}

/// The contents of a scenario.
#[derive(Debug)]
pub(crate) struct Fixtures {
    pub(crate) name: String,
    pub(crate) server: Server,
    pub(crate) s3: S3,
    pub(crate) answers: Answers,
    /// Scenes that processes work on, if there are any.
    pub(crate) scenes: Option<Arc<Scenes>>,
    /// In the order of their ids, which is the order of the process list.
    pub(crate) processes: Vec<Arc<Process>>,
    /// Packages by the address from which they can be deployed.
    pub(crate) packages: BTreeMap<String, String>,
    pub(crate) buckets: Vec<Bucket>,
    /// Further variables in the environment of clients.
    pub(crate) environment: BTreeMap<String, String>,
    /// Exchanges that were recorded, by session.
    pub(crate) recordings: BTreeMap<String, Vec<Arc<Recording>>>,
    pub(crate) files: Vec<PathBuf>,
}

impl Scenario {
    /// Reads and checks the folder.
    ///
    /// # Errors
    /// Names the file, and the line or the member in it, that cannot be read or makes no sense.
    pub fn load(dir: &Path) -> Result<Self, Error> {
        let mut folder = Folder::new(dir);
        settings::extend(&mut folder)?;
        let settings = settings::load(&mut folder)?;
        let answers = answers::load(&mut folder)?;
        let scenes = scenes::load(&mut folder)?;
        let mut processes = Vec::new();
        for id in folder.names("processes", Entry::Folder)? {
            let process = process::load(&mut folder, &id, scenes.as_ref(), &settings.s3)?;
            check::results(&folder, &process)?;
            check_job_id(&folder, &processes, &process)?;
            processes.push(Arc::new(process));
        }
        let mut buckets = Vec::new();
        for name in folder.names("s3", Entry::Folder)? {
            let mut objects = Vec::new();
            for key in keys(&folder, &format!("s3/{name}"), "")? {
                let body = folder.bytes(&format!("s3/{name}/{key}"))?;
                let modified = settings.s3.modified_of(&name, &key);
                let content_type = settings.s3.content_type_of(&name, &key);
                objects.push(Object { about: About::typed(content_type), ..Object::new(key, body.into(), modified) });
            }
            buckets.push(Bucket { name, objects });
        }
        for process in &processes {
            check::addresses(&folder, process, &buckets)?;
        }
        let recordings = recordings::load(&mut folder)?;
        let (personality, clock) = (settings.personality, settings.clock);
        if personality == Personality::Recorded && recordings.is_empty() {
            let message = "nothing is recorded there; `nbsnap record` writes such folders".to_owned();
            return Err(Error::Value {
                path: folder.path("exchanges"),
                line: None,
                field: "server.personality".to_owned(),
                message,
            });
        }
        let fixtures = Fixtures {
            name: settings.name,
            server: settings.server,
            s3: settings.s3,
            answers,
            scenes,
            processes,
            packages: settings.packages,
            buckets,
            environment: settings.environment,
            recordings,
            files: folder.into_files(),
        };
        Ok(Self { fixtures: Arc::new(fixtures), personality, clock, session: None })
    }

    /// Fixtures without files of a scenario, for the testbed in front of a live deployment.
    pub(crate) fn of(fixtures: Fixtures, personality: Personality, clock: Clock) -> Self {
        Self { fixtures: Arc::new(fixtures), personality, clock, session: None }
    }

    /// The same scenario, answered by another kind of server than `scenario.toml` names.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), eoap_testbed::Error> {
    /// use eoap_testbed::{Personality, Scenario, Testbed};
    ///
    /// let scenario = Scenario::load("scenarios/water-bodies".as_ref())?;
    /// let testbed = Testbed::start(&scenario.with_personality(Personality::Pygeoapi))?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_personality(mut self, personality: Personality) -> Self {
        self.personality = personality;
        self
    }

    /// The same scenario, with jobs that are moved on by something else than `scenario.toml` says.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The same scenario, as it was recorded for this client: a recorded scenario has a session for each notebook. Where it has none of that name,
    /// or is not recorded, this changes nothing.
    #[must_use]
    pub fn for_session(mut self, session: &str) -> Self {
        self.session = self.fixtures.recordings.contains_key(session).then(|| session.to_owned());
        self
    }

    /// The recordings of the named session, or else of all, one after the other.
    pub(crate) fn recordings(&self) -> Vec<Arc<Recording>> {
        match &self.session {
            Some(session) => self.fixtures.recordings.get(session).cloned().unwrap_or_default(),
            None => self.fixtures.recordings.values().flatten().cloned().collect(),
        }
    }

    /// What the scenario calls itself.
    pub fn name(&self) -> &str {
        &self.fixtures.name
    }

    /// Every file that the scenario was read from: when one of them changes, so may what a testbed answers.
    pub fn files(&self) -> Vec<PathBuf> {
        self.fixtures.files.clone()
    }
}

/// Later jobs count up in the first group of the id, so that the rest has to tell the processes apart.
fn check_job_id(folder: &Folder, others: &[Arc<Process>], process: &Process) -> Result<(), Error> {
    let rest = |process: &Process| process.job.split_once('-').map(|(_, rest)| rest.to_owned());
    match others.iter().find(|other| rest(other) == rest(process)) {
        Some(other) => Err(Error::Value {
            path: folder.path(&format!("processes/{}/process.toml", process.id)),
            line: None,
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
