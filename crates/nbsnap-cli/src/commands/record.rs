//! `nbsnap record`: runs notebooks against a live deployment, and writes the traffic as a scenario.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use eoap_testbed::{Live, LiveStore, Recorder, Recording, Scenario, Session};
use nbsnap::document::Document;
use nbsnap::environment::{Environment, Lease};
use nbsnap::notebook::Notebook;
use nbsnap::project::{Project, ProjectError};
use nbsnap::report::Reporter;
use nbsnap::run::outputs_only::{AfterFailure, Executed, OutputsOnly};

use super::session;
use super::session::LockFile;
use super::targets::{Place, Targets};
use crate::args::RecordArgs;
use crate::environment::{self, Testbeds};
use crate::error::{CommandError, chain};
use crate::exit::Exit;
use crate::screen;

/// Runs the command.
pub(crate) fn run(place: &Place<'_>, args: &RecordArgs) -> Result<Exit, CommandError> {
    let targets = Targets::find(place, &args.names)?;
    let Some(project) = &targets.project else {
        let start = targets.paths.first().cloned().unwrap_or_default();
        return Err(ProjectError::NotFound { start }.into());
    };
    let variables =
        args.env_file.as_deref().map(environment::variables).transpose().map_err(CommandError::Usage)?.unwrap_or_default();
    let live = live(project, args, &variables)?;
    let mut notebooks: Vec<Notebook> = Vec::new();
    for path in &targets.paths {
        notebooks.push(targets.notebook(&Document::read(path)?)?);
    }
    let mut provided = variables.clone();
    // Those of S3 are the recorder's own business, which provides others.
    provided.retain(|name, _| !name.starts_with("AWS_"));
    provided.insert("EOAP_POLL_INTERVAL".to_owned(), args.poll_interval.to_string());
    let recorders = Recorders { live, variables: provided, sessions: Arc::default() };
    let choice = session::one_engine(project, args.engine);
    let mut engine = session::engine(project, &args.build, choice, LockFile::usual())?;
    let mut reporter = session::reporter(&args.report);
    let after_failure = AfterFailure::Stop;
    let mut execution = OutputsOnly { project, engine: &mut engine, environment: &recorders, after_failure };
    let mut all_passed = true;
    let mut done = |_: usize, executed: Executed| all_passed &= executed.passed;
    let summary = execution.run(&notebooks, &mut |event| reporter.report(&event), &mut done)?;
    drop(reporter);

    let mut out = screen::stdout();
    let mut say = |text: String| writeln!(out, "{text}").map_err(CommandError::Output);
    if !all_passed {
        say("nothing is recorded: only what passes can be played back".to_owned())?;
        return Ok(Exit::of_summary(&summary));
    }
    let mut recording = Recording::new(&recorders.live);
    // Values that reports hide are not written here either.
    for (name, value) in std::env::vars().chain(variables) {
        if text_secrets::is_secret_variable(&name, &value) {
            recording.add_secret(value);
        }
    }
    for (name, value) in recorders.variables.iter().filter(|(name, _)| *name != "EOAP_POLL_INTERVAL") {
        recording.add_variable(name, value);
    }
    for (notebook, session) in recorders.sessions.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        recording.add(notebook.as_str(), session.clone());
    }
    let extent = recording.write(&args.into)?;
    say(format!("recorded {} exchanges and {} objects into {}", extent.exchanges, extent.objects, args.into.display()))?;
    for notebook in notebooks.iter().filter(|notebook| notebook.settings.get("scenario").is_some()) {
        say(format!("{} names a scenario of its own in its metadata, and is tested with that", notebook.name))?;
    }
    Ok(Exit::Success)
}

/// The deployment, and the addresses that the project's notebooks use for it.
fn live(project: &Project, args: &RecordArgs, variables: &BTreeMap<String, String>) -> Result<Live, CommandError> {
    let testbeds = Testbeds::of(project).map_err(CommandError::Usage)?;
    // The project may name the very scenario that this recording creates.
    let own = testbeds.default_folder().filter(|folder| folder.join("scenario.toml").exists());
    let known = own.map(|folder| Scenario::load(&folder)).transpose()?;
    let mut live = match (&args.known_as, &known) {
        (None, Some(scenario)) => Live::as_in(scenario, &args.upstream)?,
        (known_as, _) => Live::new(known_as.as_deref().unwrap_or(&args.upstream), &args.upstream)?,
    };
    for (documented, upstream) in &args.maps {
        live = live.and(documented, upstream)?;
    }
    Ok(match &args.s3 {
        None => live,
        Some(endpoint) => {
            let setting = |name: &str| {
                let value = variables.get(name).cloned().or_else(|| std::env::var(name).ok());
                value.filter(|value| !value.is_empty())
            };
            let region =
                setting("AWS_REGION").or_else(|| setting("AWS_DEFAULT_REGION")).unwrap_or_else(|| "us-east-1".to_owned());
            let store = LiveStore::new(endpoint, region);
            live.with_store(match (setting("AWS_ACCESS_KEY_ID"), setting("AWS_SECRET_ACCESS_KEY")) {
                (Some(key), Some(secret)) => store.with_credentials(key, secret, setting("AWS_SESSION_TOKEN")),
                _ => store,
            })
        }
    })
}

/// Provides a recorder for each notebook, and keeps the recordings.
struct Recorders {
    live: Live,
    variables: BTreeMap<String, String>,
    sessions: Arc<Mutex<BTreeMap<String, Session>>>,
}

impl Environment for Recorders {
    fn provision(&self, notebook: &Notebook) -> Result<Box<dyn Lease>, String> {
        let recorder = Recorder::start(&self.live).map_err(|error| chain(&error))?;
        let mut variables = recorder.testbed().environment();
        variables.extend(self.variables.clone());
        let sessions = Arc::clone(&self.sessions);
        Ok(Box::new(LentRecorder { notebook: notebook.name.clone(), variables, recorder, sessions }))
    }

    fn files(&self, _: &Notebook) -> Result<Vec<std::path::PathBuf>, String> {
        Ok(Vec::new())
    }
}

struct LentRecorder {
    notebook: String,
    variables: BTreeMap<String, String>,
    recorder: Recorder,
    sessions: Arc<Mutex<BTreeMap<String, Session>>>,
}

impl Lease for LentRecorder {
    fn variables(&self) -> BTreeMap<String, String> {
        self.variables.clone()
    }

    fn secrets(&self) -> Vec<String> {
        self.recorder.testbed().secrets()
    }

    fn refused_hosts(&self) -> Vec<String> {
        self.recorder.testbed().refused_hosts()
    }
}

impl Drop for LentRecorder {
    /// If a notebook runs several times, the last run counts.
    fn drop(&mut self) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.insert(self.notebook.clone(), self.recorder.session());
    }
}
