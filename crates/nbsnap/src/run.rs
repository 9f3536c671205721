//! A whole run: from notebooks to verdicts, reported as events.
//!
//! The main type is [`Runner`]. It joins engine, environment, redaction and snapshots, and decides what a
//! cell's record means. It prints nothing: its caller provides a function that takes the events.

mod attempt;
pub mod cache;
pub mod compile;
mod inputs;
mod judge;
mod one;
pub mod outputs_only;
mod slow;
mod tally;
mod tell;
mod turn;
pub mod watch;
mod workers;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use attempt::Purpose;
use cache::ResultCache;
pub use inputs::Seen;
use one::{OneNotebook, Outcome, Target};
use slow::SlowCells;
use tally::Tally;
use turn::Turn;
use workers::Crew;

use crate::engine::{Engine, EngineError};
use crate::environment::Environment;
use crate::event::{Event, Summary};
use crate::notebook::Notebook;
use crate::project::{Notebooks, Project, ProjectError};
use crate::redact::{RedactError, RuleHits};
use crate::select::{Chosen, Selection};
use crate::snapshot::{OrphanKind, SnapshotError, SnapshotStore, UpdateMode};

/// Why a run cannot go on. This says nothing about any notebook.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The project cannot be used.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The project has no notebooks.
    #[error("{folder} holds no notebooks (*.ipynb); `nbsnap init --example` writes a first one")]
    NoNotebooks {
        /// The folder.
        folder: PathBuf,
    },
    /// The filter leaves no notebook.
    #[error("no notebook matches the filter; `nbsnap list` names them all")]
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
    /// What runs the notebooks: one engine, or several that must all find a notebook green. Pending snapshots
    /// are the first one's.
    pub engines: Vec<&'a mut dyn Engine>,
    /// What the notebooks are provided with.
    pub environment: &'a dyn Environment,
    /// Where the snapshots are.
    pub store: &'a SnapshotStore,
    /// What is known of earlier runs; without it every notebook runs.
    pub cache: Option<&'a ResultCache>,
    /// How many notebooks may run at once, at least one.
    pub jobs: usize,
    /// How often each notebook is run while it passes, at least once.
    pub repeat: u32,
    /// What the cells of each notebook asked for when it last ran. Runs note it here.
    pub seen: Seen,
}

/// The notebooks of a selection.
struct Selected {
    /// All notebooks of the project.
    notebooks: Notebooks,
    /// The names of those that are selected.
    names: Vec<String>,
    /// Those among them that can be run.
    targets: Vec<Target>,
}

/// Takes events. An error ends the run.
pub type Emit<'a> = &'a mut dyn FnMut(Event) -> std::io::Result<()>;

impl Runner<'_> {
    /// Runs the notebooks that `wanted` selects, on one engine after the other.
    ///
    /// # Errors
    /// When the run itself breaks down, or the user stopped it. A stopped run reports everything first.
    /// Failed notebooks are counted in the summary.
    pub fn run(&mut self, wanted: &Selection, emit: Emit<'_>) -> Result<Summary, RunError> {
        let (started, began) = (Instant::now(), SystemTime::now());
        let Selected { notebooks, names, targets } = self.select(wanted)?;
        let cells = targets.iter().map(|target| target.cells().len()).sum();
        let engine = self.engine_names(targets.iter().map(|target| &target.notebook));
        emit(Event::RunStarted { notebooks: names.len(), cells, engine }).map_err(RunError::Report)?;

        if wanted.is_all() {
            for pattern in &notebooks.idle_patterns {
                let message = format!("`{pattern}` in [project] fits no notebook");
                emit(Event::Notice { message }).map_err(RunError::Report)?;
            }
            for folder in &notebooks.inner_projects {
                let folder = relative(&self.project.root, folder).display().to_string();
                let message = format!("{folder} is a project of its own: `nbsnap test --project {folder}` tests it");
                emit(Event::Notice { message }).map_err(RunError::Report)?;
            }
        }
        let mut summary = Summary::default();
        tell::unusable(&self.project.root, &notebooks, &names, &mut summary, emit)?;
        let mut tally = Tally::default();
        let mut is_interrupted = false;
        for place in 0..self.engines.len() {
            let targets = self.turn(place, &targets);
            let turn = Turn { place, notebooks: &notebooks.usable, began };
            is_interrupted = is_interrupted || self.take_turn(&turn, targets, &mut tally, emit)?;
        }
        summary.add(&tally.summary());
        // A rule may apply only in a notebook, or a cell, that was not run.
        let all_ran = wanted.is_all() && summary.cached + summary.skipped + summary.not_run + summary.cells_not_run == 0;
        let unused = if all_ran && notebooks.unusable.is_empty() { self.unused_rules(&tally.hits) } else { Vec::new() };
        emit(Event::Redacted { hits: tally.hits, unused }).map_err(RunError::Report)?;
        // Only a run of all notebooks finds the snapshots of notebooks that no longer exist.
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

    /// Builds the dependencies of the notebooks that `wanted` names, of all if it is empty. It runs nothing.
    ///
    /// # Errors
    /// When they cannot be built.
    pub fn prepare(&mut self, wanted: &[String], emit: Emit<'_>) -> Result<(), RunError> {
        let Selected { notebooks, targets, .. } = self.select(&Selection::of_names(wanted))?;
        let chosen: Vec<Notebook> = targets.into_iter().map(|target| target.notebook).collect();
        (0..self.engines.len()).try_for_each(|place| self.build(place, &notebooks.usable, &chosen, emit))
    }

    fn select(&self, wanted: &Selection) -> Result<Selected, RunError> {
        let notebooks = self.project.notebooks()?;
        if notebooks.names().is_empty() {
            return Err(RunError::NoNotebooks { folder: self.project.notebooks_dir() });
        }
        let chosen = wanted.choose(&notebooks).map_err(ProjectError::from)?;
        // One of several partitions may be empty.
        if chosen.is_empty() && wanted.partition.is_none() {
            return Err(RunError::NothingSelected);
        }
        let target = |chosen: &Chosen| {
            let notebook = notebooks.usable.iter().find(|notebook| notebook.name == chosen.name)?.clone();
            Some(Target { label: notebook.name.clone(), notebook, cells: chosen.cells, inputs_changed: false })
        };
        let targets = chosen.iter().filter_map(target).collect();
        let names = chosen.into_iter().map(|chosen| chosen.name).collect();
        Ok(Selected { notebooks, names, targets })
    }

    /// Folders of the local packages that the prepared notebooks depend on.
    fn sources(&self) -> Vec<PathBuf> {
        let sources: BTreeSet<PathBuf> = self.engines.iter().flat_map(|engine| engine.sources()).cloned().collect();
        sources.into_iter().collect()
    }

    /// The names of the engines and kernels that run these notebooks.
    fn engine_names<'n>(&self, notebooks: impl Iterator<Item = &'n Notebook> + Clone) -> String {
        let names: Vec<String> = self.engines.iter().map(|engine| engine_name(&**engine, notebooks.clone())).collect();
        let names: BTreeSet<&str> = names.iter().flat_map(|names| names.split(", ")).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    }

    /// Rules of the project's own that never applied.
    fn unused_rules(&self, hits: &[RuleHits]) -> Vec<String> {
        let applied = |name: &str| hits.iter().any(|rule| rule.is_own && rule.rule == name && rule.hits > 0);
        self.project.config.redact.iter().map(|rule| rule.name.clone()).filter(|name| !applied(name)).collect()
    }

    fn build(&mut self, place: usize, all: &[Notebook], selected: &[Notebook], emit: Emit<'_>) -> Result<(), RunError> {
        build(&mut *self.engines[place], all, selected, emit)
    }

    /// Runs notebooks, as many at once as allowed, and passes the outcome of each to `done`. Returns those
    /// that were not begun.
    fn run_all(
        &self,
        place: usize,
        targets: &[Target],
        emit: Emit<'_>,
        done: &mut dyn FnMut(&Target, Outcome) -> Result<(), RunError>,
    ) -> Result<Vec<Target>, RunError> {
        let config = &self.project.config;
        // The pending snapshots of the first engine stay as they are.
        let untouched = self.store.clone().with_update(UpdateMode::OfFurtherEngine);
        let store = if place == 0 { self.store } else { &untouched };
        let one = OneNotebook {
            project: self.project,
            environment: self.environment,
            purpose: Purpose::Test(store),
            retries: config.retries,
            repeat: self.repeat.max(1),
            fail_fast: config.fail_fast,
        };
        let start = |number| Ok(self.engines[place].worker(number)?);
        let crew = Crew { jobs: self.jobs.min(targets.len()), targets, start: &start, one: &one };
        crew.run(emit, &mut SlowCells::new(config.slow_after), done)
    }
}

/// Builds the dependencies of notebooks, in versions that fit all notebooks of the project. These notebooks
/// count as they are now.
fn prepare(project: &Project, engine: &mut dyn Engine, notebooks: &[Notebook], emit: Emit<'_>) -> Result<(), RunError> {
    let mut all = project.notebooks()?.usable;
    all.retain(|known| !notebooks.iter().any(|notebook| notebook.name == known.name));
    all.extend_from_slice(notebooks);
    build(engine, &all, notebooks, emit)
}

/// Has an engine prepare, and passes its events on.
fn build(engine: &mut dyn Engine, all: &[Notebook], selected: &[Notebook], emit: Emit<'_>) -> Result<(), RunError> {
    let mut written = Ok(());
    engine.prepare(all, selected, &mut |event| {
        if written.is_ok() {
            written = emit(event);
        }
    })?;
    written.map_err(RunError::Report)
}

/// The engine's names for what runs these notebooks.
fn engine_name<'n>(engine: &dyn Engine, notebooks: impl IntoIterator<Item = &'n Notebook>) -> String {
    let names: BTreeSet<&str> = notebooks.into_iter().map(|notebook| engine.name_for(notebook)).collect();
    if names.is_empty() { engine.name().to_owned() } else { names.into_iter().collect::<Vec<_>>().join(", ") }
}

fn environment_error(notebook: &Notebook, reason: String) -> RunError {
    RunError::Environment { notebook: notebook.name.clone(), reason }
}

/// A file of the project as seen from the project's folder.
fn relative(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_owned()
}
