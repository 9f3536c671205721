//! A scenario: everything a testbed serves, read from one folder.
//!
//! [`Scenario`] is loaded once and can start any number of testbeds. It holds fixtures and never changes:
//! jobs, uploads and refusals are the state of a testbed and not known here.

mod answers;
mod cases;
mod check;
mod failure;
mod logs;
mod names;
mod object_store;
mod process;
mod pygeoapi_version;
mod recordings;
mod run;
mod server;
mod settings;
mod start;
mod timeline;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Error;
use crate::fixture::{Entry, Folder};
use crate::scenes::{self, Scenes};
use crate::store::{About, Bucket, Object};

pub(crate) use answers::Answers;
pub(crate) use cases::Case;
pub(crate) use failure::Failure;
pub(crate) use object_store::S3;
pub(crate) use process::{Package, Process};
pub(crate) use pygeoapi_version::{Generation, Version};
pub(crate) use recordings::Recording;
pub use server::Personality;
pub(crate) use server::{ANONYMOUS, Links, Server, SetUp, StatusShape, split_namespace};
pub use settings::Clock;
pub(crate) use settings::Expiry;
pub(crate) use timeline::Status;

/// A scenario folder, loaded and checked.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub(crate) fixtures: Arc<Fixtures>,
    pub(crate) personality: Personality,
    pub(crate) clock: Clock,
    /// Whose recorded session is played back, where one was named.
    session: Option<String>,
    /// Whether objects are kept in the scenario's folder for them.
    pub(crate) keeps_objects: bool,
}

/// The contents of a scenario.
#[derive(Debug)]
pub(crate) struct Fixtures {
    pub(crate) name: String,
    pub(crate) server: Server,
    pub(crate) s3: S3,
    /// When a job that is over is forgotten, if ever.
    pub(crate) expiry: Option<Expiry>,
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

/// The scenarios that this crate has, in the folder that it was built in.
const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");

impl Scenario {
    /// The scenario `water-bodies` of this crate: the tutorial's process, its results and its scenes. The
    /// files are read from the folder in which the crate was built.
    ///
    /// # Errors
    /// As [`Scenario::load`].
    pub fn water_bodies() -> Result<Self, Error> {
        Self::load(&Path::new(SHIPPED).join("water-bodies"))
    }

    /// The scenario `literal` of this crate: one built-in process, `greet`, whose outputs are a literal, a
    /// JSON, a text and a binary. The files are read from the folder in which the crate was built.
    ///
    /// # Errors
    /// As [`Scenario::load`].
    pub fn literal() -> Result<Self, Error> {
        Self::load(&Path::new(SHIPPED).join("literal"))
    }

    /// Reads and checks the folder.
    ///
    /// # Errors
    /// The first mistake, by its file, and the line or the member in it. [`Scenario::check`] has all of them.
    pub fn load(dir: &Path) -> Result<Self, Error> {
        Self::read(dir).map_err(|mistakes| {
            let nothing = || Error::Read { path: dir.to_owned(), source: std::io::ErrorKind::InvalidData.into() };
            mistakes.into_iter().next().unwrap_or_else(nothing)
        })
    }

    /// Reads and checks the folder, and goes on where something is wrong.
    ///
    /// # Errors
    /// Every mistake that was found. Where a file cannot be read, what depends on it is not checked.
    pub fn check(dir: &Path) -> Result<Self, Vec<Error>> {
        Self::read(dir)
    }

    /// Writes a small scenario to begin with into a new folder, whose name it has. The result is the files,
    /// with their folder.
    ///
    /// # Errors
    /// [`Error::Taken`] where there is something in the folder, and [`Error::Write`] where a file cannot be
    /// written.
    pub fn start(dir: &Path) -> Result<Vec<PathBuf>, Error> {
        start::write(dir)
    }

    fn read(dir: &Path) -> Result<Self, Vec<Error>> {
        let mut folder = Folder::new(dir);
        let fixtures = fixtures(&mut folder);
        let (files, mistakes) = folder.into_parts();
        match fixtures {
            Some((fixtures, personality, clock)) if mistakes.is_empty() => {
                let fixtures = Arc::new(Fixtures { files, ..fixtures });
                Ok(Self { fixtures, personality, clock, session: None, keeps_objects: true })
            }
            _ => Err(mistakes),
        }
    }

    /// Fixtures without files of a scenario, for the testbed in front of a live deployment.
    pub(crate) fn of(fixtures: Fixtures, personality: Personality, clock: Clock) -> Self {
        Self { fixtures: Arc::new(fixtures), personality, clock, session: None, keeps_objects: true }
    }

    /// The same scenario, answered by another kind of server than `scenario.toml` names.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), eoap_testbed::Error> {
    /// use eoap_testbed::{Personality, Scenario, Testbed};
    ///
    /// let scenario = Scenario::water_bodies()?;
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

    /// The same scenario, with objects in memory alone: every testbed starts with the same ones, whatever
    /// `s3.folder` says.
    #[must_use]
    pub fn in_memory(mut self) -> Self {
        self.keeps_objects = false;
        self
    }

    /// The same scenario, as it was recorded for this client: a recorded scenario has a session for each
    /// notebook. Where it has none of that name, or is not recorded, this changes nothing.
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

    /// The ids of its processes.
    pub fn processes(&self) -> Vec<&str> {
        self.fixtures.processes.iter().map(|process| process.id.as_str()).collect()
    }

    /// How many objects are on its S3 from the start.
    pub fn object_count(&self) -> usize {
        self.fixtures.buckets.iter().map(|bucket| bucket.objects.len()).sum()
    }

    /// Every file that the scenario was read from: when one of them changes, so may what a testbed answers.
    pub fn files(&self) -> Vec<PathBuf> {
        self.fixtures.files.clone()
    }
}

/// What can be read of the folder; what is wrong is among its mistakes.
fn fixtures(folder: &mut Folder) -> Option<(Fixtures, Personality, Clock)> {
    let settings = match folder.noting(settings::extend) {
        Some(()) => settings::load(folder),
        None => None,
    };
    let answers = folder.noting(answers::load);
    let scenes = folder.noting(scenes::load).flatten();
    // Only where the settings are wrong, which is said then.
    let none = S3::new("", &[], "", "");
    let s3 = settings.as_ref().map_or(&none, |settings| &settings.s3);
    let mut processes: Vec<Arc<Process>> = Vec::new();
    for id in folder.noting(|folder| folder.names("processes", Entry::Folder)).unwrap_or_default() {
        if let Some(process) = process::load(folder, &id, scenes.as_ref(), s3) {
            check::job_id(folder, &processes, &process);
            processes.push(Arc::new(process));
        }
    }
    let buckets = folder.noting(|folder| buckets(folder, s3)).unwrap_or_default();
    for process in &processes {
        check::addresses(folder, process, &buckets);
    }
    let recordings = folder.noting(recordings::load).unwrap_or_default();
    let settings = settings?;
    if settings.personality == Personality::Recorded && recordings.is_empty() {
        let path = folder.path("exchanges");
        let message = "nothing is recorded there; `nbsnap record` writes such folders".to_owned();
        folder.mistakes.add(Error::Value { path, line: None, field: "server.personality".to_owned(), message });
    }
    let fixtures = Fixtures {
        name: settings.name,
        server: settings.server,
        s3: settings.s3,
        expiry: settings.expiry,
        answers: answers?,
        scenes,
        processes,
        packages: settings.packages,
        buckets,
        environment: settings.environment,
        recordings,
        files: Vec::new(),
    };
    Some((fixtures, settings.personality, settings.clock))
}

/// The objects that are there from the start.
fn buckets(folder: &mut Folder, s3: &S3) -> Result<Vec<Bucket>, Error> {
    let mut buckets = Vec::new();
    for name in folder.names("s3", Entry::Folder)? {
        let mut objects = Vec::new();
        for key in keys(folder, &format!("s3/{name}"), "")? {
            let body = folder.bytes(&format!("s3/{name}/{key}"))?;
            let modified = s3.modified_of(&name, &key);
            let content_type = s3.content_type_of(&name, &key);
            objects.push(Object { about: About::typed(content_type), ..Object::new(key, body.into(), modified) });
        }
        buckets.push(Bucket { name, objects });
    }
    Ok(buckets)
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
