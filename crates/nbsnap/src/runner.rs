//! A whole run: from notebooks to verdicts, told as events.
//!
//! The main type is [`Runner`]. It joins engine, environment, redaction and snapshots, and decides what a cell's record means.
//! It prints nothing: whoever calls it hands in a function that takes the events.

mod judge;
mod one;
mod slow;
mod tell;
mod workers;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use one::{Meant, OneNotebook, Outcome};
use slow::SlowCells;

use crate::cache::{self, Parts, ResultCache, Surroundings};
use crate::digest::digest;
use crate::engine::{Engine, EngineError};
use crate::environment::Environment;
use crate::event::{Event, Summary};
use crate::notebook::Notebook;
use crate::project::{Notebooks, Project, ProjectError};
use crate::redact::{RedactError, RuleHits};
use crate::select::{Chosen, Selection};
use crate::snapshot::{OrphanKind, SnapshotError, SnapshotStore};

/// Why a run cannot go on. This says nothing about any notebook.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The project cannot be used.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The project has no notebooks.
    #[error("{folder} holds no notebooks (*.ipynb)")]
    NoNotebooks {
        /// The folder.
        folder: PathBuf,
    },
    /// The filter leaves no notebook.
    #[error("no notebook is as the filter says")]
    NothingSelected,
    /// The engine cannot work.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A snapshot cannot be read or written.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A redaction rule cannot be used.
    #[error(transparent)]
    Redact(#[from] RedactError),
    /// What a notebook needs around it cannot be set up.
    #[error("cannot set up what notebook {notebook} needs: {reason}")]
    Environment {
        /// The notebook.
        notebook: String,
        /// Why.
        reason: String,
    },
    /// The events cannot be shown.
    #[error("cannot write the report: {0}")]
    Report(std::io::Error),
}

/// Everything that a run needs.
pub struct Runner<'a> {
    /// The project.
    pub project: &'a Project,
    /// What runs the notebooks.
    pub engine: &'a mut dyn Engine,
    /// What the notebooks are lent.
    pub environment: &'a dyn Environment,
    /// Where the snapshots are.
    pub store: &'a SnapshotStore,
    /// What is known of earlier runs; without it every notebook runs.
    pub cache: Option<&'a ResultCache>,
    /// How many notebooks may run at once, at least one.
    pub jobs: usize,
    /// How often each notebook is run while it passes, at least once.
    pub repeat: u32,
}

/// What a selection comes to.
struct Selected {
    /// All notebooks of the project.
    notebooks: Notebooks,
    /// The names of those that are meant.
    names: Vec<String>,
    /// Those among them that can be run.
    meant: Vec<Meant>,
}

/// Takes events. An error ends the run.
pub type Emit<'a> = &'a mut dyn FnMut(Event) -> std::io::Result<()>;

impl Runner<'_> {
    /// Runs the notebooks that `wanted` means.
    ///
    /// # Errors
    /// When the run itself breaks down, or the user stopped it, of which all is told first. Failed notebooks are counted in the summary.
    pub fn run(&mut self, wanted: &Selection, emit: Emit<'_>) -> Result<Summary, RunError> {
        let (started, began) = (Instant::now(), SystemTime::now());
        let Selected { notebooks, names, meant } = self.select(wanted)?;
        let cells = meant.iter().map(|meant| meant.cells().len()).sum();
        let engine = engine_name(&*self.engine, meant.iter().map(|meant| &meant.notebook));
        emit(Event::RunStarted { notebooks: names.len(), cells, engine }).map_err(RunError::Report)?;

        let mut summary = Summary::default();
        tell::unusable(&self.project.root, &notebooks, &names, &mut summary, emit)?;
        let is_asked = self.cache.is_some() && meant.iter().any(|meant| self.engine.knows_inputs(&meant.notebook));
        let fingerprint = if is_asked { self.engine.fingerprint()? } else { Parts::new() };
        let mut to_run = Vec::new();
        for meant in meant {
            let (looked, notebook) = (Instant::now(), &meant.notebook);
            let may_hold = self.repeat <= 1 && meant.cells.is_none();
            if let Some(reason) = &notebook.overrides.skip {
                tell::skipped(&self.project.root, &meant, reason, &mut summary, emit)?;
            } else if may_hold
                && self.with_cache(notebook, &fingerprint, |cache, surroundings| cache.holds(notebook, surroundings))?
                    == Some(true)
            {
                tell::cached(&self.project.root, notebook, &mut summary, looked.elapsed(), emit)?;
            } else {
                to_run.push(meant);
            }
        }
        let mut is_interrupted = false;
        if !to_run.is_empty() {
            let to_build: Vec<Notebook> = to_run.iter().map(|meant| meant.notebook.clone()).collect();
            match self.build(&notebooks.usable, &to_build, emit) {
                Err(RunError::Engine(EngineError::Interrupted)) => {
                    is_interrupted = true;
                    to_run.drain(..).try_for_each(|meant| tell::not_begun(&self.project.root, &meant, &mut summary, emit))?;
                }
                built => built?,
            }
        }
        let mut hits = Vec::new();
        let not_begun = self.run_all(&to_run, emit, &mut |meant, outcome| {
            is_interrupted |= outcome.is_interrupted;
            summary.add(&outcome.summary);
            add_hits(&mut hits, &outcome.hits);
            let notebook = &meant.notebook;
            let sources = self.engine.sources();
            let remember = |cache: &ResultCache, surroundings: Surroundings<'_>| {
                if outcome.is_clean {
                    cache.remember(notebook, surroundings, sources, began);
                } else if outcome.summary.failed > 0 || outcome.summary.flaky > 0 {
                    cache.forget(notebook);
                }
            };
            self.with_cache(notebook, &fingerprint, remember).map(drop)
        })?;
        for meant in &not_begun {
            tell::not_begun(&self.project.root, meant, &mut summary, emit)?;
        }
        // A rule may apply only in a notebook, or a cell, that was not run.
        let all_ran = wanted.is_all() && summary.cached + summary.skipped + summary.not_run + summary.cells_not_run == 0;
        let unused = if all_ran && notebooks.unusable.is_empty() { self.unused_rules(&hits) } else { Vec::new() };
        emit(Event::Redacted { hits, unused }).map_err(RunError::Report)?;
        // Snapshots of notebooks that are gone can only be told when all notebooks are looked at.
        for orphan in self.store.orphans(&notebooks.usable, wanted.is_all())? {
            if orphan.notebook.is_none() && orphan.kind != OrphanKind::Pending {
                summary.orphans += 1;
                let path = relative(&self.project.root, &orphan.path);
                let message = format!("{} belongs to no notebook: `nbsnap accept` removes it", path.display());
                emit(Event::Notice { message }).map_err(RunError::Report)?;
            }
        }
        summary.pending = self.store.pending()?.len();
        emit(Event::RunFinished { summary, elapsed: started.elapsed() }).map_err(RunError::Report)?;
        if is_interrupted { Err(EngineError::Interrupted.into()) } else { Ok(summary) }
    }

    /// Builds what the notebooks that `wanted` means depend on, all if it is empty, and runs nothing.
    ///
    /// # Errors
    /// When it cannot be built.
    pub fn prepare(&mut self, wanted: &[String], emit: Emit<'_>) -> Result<(), RunError> {
        let Selected { notebooks, meant, .. } = self.select(&Selection::of_names(wanted))?;
        let chosen: Vec<Notebook> = meant.into_iter().map(|meant| meant.notebook).collect();
        self.build(&notebooks.usable, &chosen, emit)
    }

    /// What the verdicts on the notebooks that `wanted` means rest on as it is now, by notebook; of one that cannot be tested, what its file
    /// holds. Folders of local packages are known once the engine is prepared.
    ///
    /// # Errors
    /// When the selection means nothing.
    pub fn inputs(&self, wanted: &Selection) -> Result<BTreeMap<String, Parts>, RunError> {
        let Selected { notebooks, names, meant } = self.select(wanted)?;
        let paths = notebooks.usable.iter().map(|notebook| (&notebook.name, &notebook.path));
        let paths = paths.chain(notebooks.unusable.iter().map(|(name, path, _)| (name, path)));
        let of_file = |(name, path): (&String, &PathBuf)| {
            let content = std::fs::read(path).unwrap_or_default();
            (name.clone(), Parts::from([("file".to_owned(), digest(&content))]))
        };
        let mut all: BTreeMap<String, Parts> = paths.filter(|(name, _)| names.contains(name)).map(of_file).collect();
        // Settings are those that the project was found with; the file may say something else by now.
        let settings = std::fs::read_to_string(self.project.config_file()).unwrap_or_default();
        let engine = Parts::from([("settings file".to_owned(), settings)]);
        for Meant { notebook, .. } in &meant {
            // An environment that cannot be told is as good as one that has changed.
            let Ok(environment) = self.environment.files(notebook) else { continue };
            let snapshots = self.store.root().join(&notebook.name);
            let (project, environment) = (self.project, environment.as_slice());
            let surroundings = Surroundings { project, snapshots: &snapshots, environment, engine: &engine };
            // Nor can it be told where a file goes away meanwhile.
            if let Ok(parts) = cache::inputs(notebook, surroundings, self.engine.sources()) {
                all.insert(notebook.name.clone(), parts);
            }
        }
        Ok(all)
    }

    /// The folders in which those inputs lie.
    ///
    /// # Errors
    /// As [`Runner::inputs`].
    pub fn input_folders(&self, wanted: &Selection) -> Result<BTreeSet<PathBuf>, RunError> {
        let mut folders = BTreeSet::from([self.project.notebooks_dir(), self.store.root().to_owned()]);
        folders.extend(self.engine.sources().iter().cloned());
        for Meant { notebook, .. } in &self.select(wanted)?.meant {
            let files = self.environment.files(notebook).unwrap_or_default();
            folders.extend(files.iter().filter_map(|file| file.parent()).map(Path::to_owned));
        }
        folders.retain(|folder| folder.is_dir());
        Ok(folders)
    }

    fn select(&self, wanted: &Selection) -> Result<Selected, RunError> {
        let notebooks = self.project.notebooks()?;
        if notebooks.names().is_empty() {
            return Err(RunError::NoNotebooks { folder: self.project.notebooks_dir() });
        }
        let chosen = wanted.choose(&notebooks).map_err(ProjectError::from)?;
        // One of several shares may well be empty.
        if chosen.is_empty() && wanted.partition.is_none() {
            return Err(RunError::NothingSelected);
        }
        let meant = |chosen: &Chosen| {
            let notebook = notebooks.usable.iter().find(|notebook| notebook.name == chosen.name)?.clone();
            Some(Meant { notebook, cells: chosen.cells })
        };
        let meant = chosen.iter().filter_map(meant).collect();
        let names = chosen.into_iter().map(|chosen| chosen.name).collect();
        Ok(Selected { notebooks, names, meant })
    }

    /// Rules of the project's own that never applied.
    fn unused_rules(&self, hits: &[RuleHits]) -> Vec<String> {
        let applied = |name: &str| hits.iter().any(|rule| rule.is_own && rule.rule == name && rule.hits > 0);
        self.project.config.redact.iter().map(|rule| rule.name.clone()).filter(|name| !applied(name)).collect()
    }

    fn build(&mut self, all: &[Notebook], selected: &[Notebook], emit: Emit<'_>) -> Result<(), RunError> {
        let mut written = Ok(());
        self.engine.prepare(all, selected, &mut |event| {
            if written.is_ok() {
                written = emit(event);
            }
        })?;
        written.map_err(RunError::Report)
    }

    /// Lets `act` ask or tell the cache, if there is one.
    fn with_cache<T>(
        &self,
        notebook: &Notebook,
        engine: &Parts,
        act: impl FnOnce(&ResultCache, Surroundings<'_>) -> T,
    ) -> Result<Option<T>, RunError> {
        let Some(cache) = self.cache.filter(|_| self.engine.knows_inputs(notebook)) else { return Ok(None) };
        let environment = self.environment.files(notebook).map_err(|reason| environment_error(notebook, reason))?;
        let snapshots = self.store.root().join(&notebook.name);
        let surroundings = Surroundings { project: self.project, snapshots: &snapshots, environment: &environment, engine };
        Ok(Some(act(cache, surroundings)))
    }

    /// Runs notebooks, as many at once as may be, and hands over what became of each. Returns those that were not begun.
    fn run_all(
        &self,
        meant: &[Meant],
        emit: Emit<'_>,
        done: &mut dyn FnMut(&Meant, Outcome) -> Result<(), RunError>,
    ) -> Result<Vec<Meant>, RunError> {
        let config = &self.project.config;
        let one = OneNotebook {
            project: self.project,
            environment: self.environment,
            store: self.store,
            engine: &*self.engine,
            retries: config.retries,
            repeat: self.repeat.max(1),
            fail_fast: config.fail_fast,
        };
        let jobs = self.jobs.min(meant.len());
        let start = |number| Ok(self.engine.worker(number)?);
        let mut slow = SlowCells::new(config.slow_after);
        workers::run(jobs, meant, &start, &one, emit, &mut slow, done)
    }
}

/// The names of what runs these notebooks.
pub(crate) fn engine_name<'n>(engine: &dyn Engine, notebooks: impl IntoIterator<Item = &'n Notebook>) -> String {
    let names: BTreeSet<&str> = notebooks.into_iter().map(|notebook| engine.name_for(notebook)).collect();
    if names.is_empty() { engine.name().to_owned() } else { names.into_iter().collect::<Vec<_>>().join(", ") }
}

/// Adds how often rules applied in one notebook to how often they applied in others.
fn add_hits(all: &mut Vec<RuleHits>, of_one: &[RuleHits]) {
    for rule in of_one {
        match all.iter_mut().find(|known| known.rule == rule.rule) {
            Some(known) => known.hits += rule.hits,
            None => all.push(rule.clone()),
        }
    }
}

fn environment_error(notebook: &Notebook, reason: String) -> RunError {
    RunError::Environment { notebook: notebook.name.clone(), reason }
}

/// A file of the project as seen from the project's folder.
fn relative(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_owned()
}
