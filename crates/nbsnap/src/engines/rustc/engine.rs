//! The engine as the runner sees it: it pins and builds what notebooks depend on, and sets up workers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rust_cells::dependencies::{BuildEvent, BuildSettings, DependencySet, Libraries, Prepared, same_lock};
use rust_cells::{CancellationToken, Compiler, Toolchain, dependencies_of, dependency_stages};

use super::worker::RustcWorker;
use crate::config::Config;
use crate::engine::{Engine, EngineError, Interrupt, Worker};
use crate::engines::fingerprint;
use crate::event::Event;
use crate::files::atomic_write;
use crate::notebook::Notebook;

/// Where and how the engine builds.
#[derive(Clone, Debug)]
pub struct RustcSettings {
    /// Folder for builds, kept between runs.
    pub cache: PathBuf,
    /// The committed lock file of the notebooks' dependencies.
    pub lock_file: PathBuf,
    /// Whether that file may be written when it does not fit.
    pub may_write_lock: bool,
    /// The opt-level of cells and dependencies.
    pub opt_level: String,
    /// Crates that are built at opt-level 3, whatever the opt-level of the rest.
    pub optimized: Vec<String>,
    /// How long the notebooks' dependencies may take to build.
    pub prepare_timeout: Duration,
    /// Set when the user wants to stop.
    pub interrupt: Interrupt,
}

impl RustcSettings {
    /// A project's settings, for somebody who builds in `cache` and writes no lock file.
    pub fn new(config: &Config, cache: PathBuf, lock_file: PathBuf, interrupt: Interrupt) -> RustcSettings {
        RustcSettings {
            cache,
            lock_file,
            may_write_lock: false,
            opt_level: config.build.opt_level.clone(),
            optimized: config.build.optimize.clone(),
            prepare_timeout: config.prepare_timeout,
            interrupt,
        }
    }
}

/// The engine.
pub struct Rustc {
    settings: RustcSettings,
    ready: Option<Ready>,
    sources: Vec<PathBuf>,
    variables: Vec<String>,
}

/// What workers work with.
pub(super) struct Ready {
    pub(super) compiler: Compiler,
    pub(super) prepared: Prepared,
    pub(super) opt_level: String,
    pub(super) token: CancellationToken,
}

impl Rustc {
    /// An engine that has not started anything yet.
    pub fn new(settings: RustcSettings) -> Rustc {
        Rustc { settings, ready: None, sources: Vec::new(), variables: Vec::new() }
    }

    fn token(&self) -> CancellationToken {
        self.settings.interrupt.flag().into()
    }

    /// Writes the lock file that fits, or reports that the committed one does not.
    fn pin(&self, committed: Option<&str>, resolved: Option<&str>, emit: &mut dyn FnMut(Event)) -> Result<(), EngineError> {
        let Some(resolved) = resolved else { return Ok(()) };
        if committed.is_some_and(|committed| same_lock(committed, resolved)) {
            return Ok(());
        }
        let path = self.settings.lock_file.clone();
        if !self.settings.may_write_lock {
            let reason = match committed {
                None => "there is no such file".to_owned(),
                Some(committed) => first_difference(committed, resolved),
            };
            return Err(EngineError::LockOutOfDate { path, reason });
        }
        atomic_write::write(&path, resolved.as_bytes()).map_err(|source| EngineError::Io {
            action: "write",
            path: path.clone(),
            source,
        })?;
        let message = format!("wrote {}: commit it, it pins what the notebooks depend on", path.display());
        emit(Event::Notice { message });
        Ok(())
    }
}

/// The lock file with which the versions of notebooks' dependencies begin. A project
/// that is a Cargo workspace has tested versions already: it begins with those.
pub fn lock_to_begin_with(lock_file: &Path) -> Option<String> {
    let of_workspace = || {
        let folder = lock_file.parent()?.parent()?;
        std::fs::read_to_string(folder.join("Cargo.lock")).ok()
    };
    std::fs::read_to_string(lock_file).ok().or_else(of_workspace)
}

/// All dependencies that a notebook's cells ask for.
pub fn set_of(notebook: &Notebook) -> DependencySet {
    dependencies_of(notebook.cells.iter().map(|cell| cell.source.as_str()), notebook.directory())
}

/// The dependencies that a notebook's cells ask for one after another, where an earlier set differs from the
/// last.
fn stages_of(notebook: &Notebook) -> Vec<DependencySet> {
    dependency_stages(notebook.cells.iter().map(|cell| cell.source.as_str()), notebook.directory())
}

impl Engine for Rustc {
    fn name(&self) -> &'static str {
        "rustc"
    }

    fn prepare(&mut self, all: &[Notebook], selected: &[Notebook], emit: &mut dyn FnMut(Event)) -> Result<(), EngineError> {
        let started = Instant::now();
        let toolchain = Toolchain::find().map_err(engine_error)?;
        let compiler = Compiler::new(&toolchain, &self.settings.cache).map_err(engine_error)?;
        let committed = std::fs::read_to_string(&self.settings.lock_file).ok();
        let lock = lock_to_begin_with(&self.settings.lock_file);
        let (all, wanted): (Vec<DependencySet>, Vec<DependencySet>) =
            (all.iter().flat_map(stages_of).collect(), selected.iter().flat_map(stages_of).collect());
        let settings = BuildSettings { opt_level: self.settings.opt_level.clone(), optimized: self.settings.optimized.clone() };
        let token = self.token();
        let libraries = Libraries {
            toolchain: &toolchain,
            folder: &self.settings.cache.join("dependencies"),
            settings: &settings,
            token: &token,
            deadline: started + self.settings.prepare_timeout,
        };
        let mut tell = |event: BuildEvent| match event {
            BuildEvent::Waiting => {
                emit(Event::Notice { message: "another run is using the build folder: waiting for it to end".into() });
            }
            BuildEvent::Started { crates } => emit(Event::PreparationStarted { crates }),
            BuildEvent::Crate { done, crates, name } => emit(Event::PreparationProgress { done, crates, name }),
            _ => {}
        };
        let prepared = libraries.prepare(&all, &wanted, lock.as_deref(), &mut tell).map_err(engine_error)?;
        if wanted.iter().any(|set| !set.is_empty())
            && prepared.libraries.values().any(|library| library.as_ref().is_ok_and(|library| !library.set().is_empty()))
        {
            self.pin(committed.as_deref(), prepared.lock.as_deref(), emit)?;
        }
        let (crates, compiled) = (prepared.crates, prepared.compiled);
        emit(Event::PreparationFinished { crates, compiled, elapsed: started.elapsed() });
        let built = prepared.libraries.values().filter_map(|library| library.as_ref().ok());
        self.variables = built.clone().flat_map(|library| library.variables().map(str::to_owned).collect::<Vec<_>>()).collect();
        self.variables.sort();
        self.variables.dedup();
        self.sources = built.flat_map(|library| library.sources().map(PathBuf::from).collect::<Vec<_>>()).collect();
        // What did not build is watched, too: a user in watch mode waits until it is mended.
        let broken = prepared.libraries.iter().filter(|(_, library)| library.is_err());
        self.sources.extend(broken.flat_map(|(set, _)| set.paths().collect::<Vec<_>>()));
        self.sources.sort();
        self.sources.dedup();
        self.ready = Some(Ready { compiler, prepared, opt_level: self.settings.opt_level.clone(), token });
        Ok(())
    }

    fn fingerprint(&self) -> Result<BTreeMap<String, String>, EngineError> {
        fingerprint::of_engine(self.name())
    }

    fn sources(&self) -> &[PathBuf] {
        &self.sources
    }

    fn variables(&self) -> &[String] {
        &self.variables
    }

    fn knows_inputs(&self, _notebook: &Notebook) -> bool {
        true
    }

    fn worker(&self, _number: usize) -> Result<Box<dyn Worker + '_>, EngineError> {
        let missing = || EngineError::Failed { message: "the engine was not prepared".into() };
        Ok(Box::new(RustcWorker::new(self.ready.as_ref().ok_or_else(missing)?)))
    }
}

/// The runner's error for an error of `rust-cells`.
pub(super) fn engine_error(error: rust_cells::Error) -> EngineError {
    match error {
        rust_cells::Error::Io { action, path, source } => EngineError::Io { action, path, source },
        rust_cells::Error::Program { program, source } => EngineError::Program { program, source },
        rust_cells::Error::Dependencies { output } => EngineError::Dependencies { output },
        rust_cells::Error::DependenciesTimeout => EngineError::PrepareTimeout,
        rust_cells::Error::Cancelled => EngineError::Interrupted,
        other => EngineError::Failed { message: other.to_string() },
    }
}

/// The first package that one lock file has and the other lacks.
fn first_difference(committed: &str, resolved: &str) -> String {
    use std::collections::BTreeSet;
    let packages = |text: &str| -> BTreeSet<String> {
        let table: toml::Table = rust_cells::dependencies::without_members(text).parse().unwrap_or_default();
        let list = table.get("package").and_then(toml::Value::as_array).cloned().unwrap_or_default();
        let name =
            |package: &toml::Value| Some(format!("{} {}", package.get("name")?.as_str()?, package.get("version")?.as_str()?));
        list.iter().filter_map(name).collect()
    };
    let (old, new) = (packages(committed), packages(resolved));
    match (new.difference(&old).next(), old.difference(&new).next()) {
        (Some(added), _) => format!("it lacks {added}"),
        (None, Some(removed)) => format!("it still has {removed}"),
        (None, None) => "a notebook's dependencies changed".to_owned(),
    }
}
