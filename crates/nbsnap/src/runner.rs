//! A whole run: from notebooks to verdicts, told as events.
//!
//! The main type is [`Runner`]. It joins engine, environment, redaction and snapshots, and decides what a cell's record means.
//! It prints nothing: whoever calls it hands in a function that takes the events.

mod judge;
mod one;
mod workers;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use one::OneNotebook;

use crate::cache::{Parts, ResultCache, Surroundings};
use crate::engine::{Engine, EngineError};
use crate::environment::Environment;
use crate::event::{CellVerdict, Event, Evidence, NotebookProblem, Summary};
use crate::notebook::Notebook;
use crate::project::{Notebooks, Project, ProjectError};
use crate::redact::RedactError;
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
}

/// Takes events. An error ends the run.
pub type Emit<'a> = &'a mut dyn FnMut(Event) -> std::io::Result<()>;

impl Runner<'_> {
    /// Runs the notebooks that `wanted` means, all if it is empty.
    ///
    /// # Errors
    /// When the run itself breaks down. Failed notebooks are counted in the summary.
    pub fn run(&mut self, wanted: &[String], emit: Emit<'_>) -> Result<Summary, RunError> {
        let (started, began) = (Instant::now(), SystemTime::now());
        let (notebooks, selected, chosen) = self.select(wanted)?;
        let cells = chosen.iter().map(|notebook| notebook.cells.len()).sum();
        emit(Event::RunStarted { notebooks: selected.len(), cells, engine: self.engine.name() }).map_err(RunError::Report)?;

        let mut summary = Summary::default();
        self.report_unusable(&notebooks, &selected, &mut summary, emit)?;
        let fingerprint = if self.cache.is_some() { self.engine.fingerprint()? } else { Parts::new() };
        let mut to_run = Vec::new();
        for notebook in chosen {
            let looked = Instant::now();
            if self.with_cache(&notebook, &fingerprint, |cache, surroundings| cache.holds(&notebook, surroundings))? == Some(true)
            {
                tell_cached(&self.project.root, &notebook, &mut summary, looked.elapsed(), emit)?;
            } else {
                to_run.push(notebook);
            }
        }
        if !to_run.is_empty() {
            self.build(&notebooks.usable, &to_run, emit)?;
        }
        self.run_all(&to_run, &mut summary, emit, &mut |notebook, passed| {
            let sources = self.engine.sources();
            let remember = |cache: &ResultCache, surroundings: Surroundings<'_>| match passed {
                true => cache.remember(notebook, surroundings, sources, began),
                false => cache.forget(notebook),
            };
            self.with_cache(notebook, &fingerprint, remember).map(drop)
        })?;
        // Snapshots of notebooks that are gone can only be told when all notebooks are looked at.
        for orphan in self.store.orphans(&notebooks.usable, wanted.is_empty())? {
            if orphan.notebook.is_none() && orphan.kind != OrphanKind::Pending {
                summary.orphans += 1;
                let path = relative(&self.project.root, &orphan.path);
                let message = format!("{} belongs to no notebook: `nbsnap accept` removes it", path.display());
                emit(Event::Notice { message }).map_err(RunError::Report)?;
            }
        }
        summary.pending = self.store.pending()?.len();
        emit(Event::RunFinished { summary, elapsed: started.elapsed() }).map_err(RunError::Report)?;
        Ok(summary)
    }

    /// Builds what the notebooks that `wanted` means depend on, all if it is empty, and runs nothing.
    ///
    /// # Errors
    /// When it cannot be built.
    pub fn prepare(&mut self, wanted: &[String], emit: Emit<'_>) -> Result<(), RunError> {
        let (notebooks, _, chosen) = self.select(wanted)?;
        self.build(&notebooks.usable, &chosen, emit)
    }

    /// All notebooks, the names of those that are meant, and those among them that can be run.
    fn select(&self, wanted: &[String]) -> Result<(Notebooks, Vec<String>, Vec<Notebook>), RunError> {
        let notebooks = self.project.notebooks()?;
        let selected = notebooks.select(wanted)?;
        if selected.is_empty() {
            return Err(RunError::NoNotebooks { folder: self.project.notebooks_dir() });
        }
        let chosen = notebooks.usable.iter().filter(|notebook| selected.contains(&notebook.name)).cloned().collect();
        Ok((notebooks, selected, chosen))
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
        let Some(cache) = self.cache else { return Ok(None) };
        let environment = self.environment.files(notebook).map_err(|reason| environment_error(notebook, reason))?;
        let snapshots = self.store.root().join(&notebook.name);
        let surroundings = Surroundings { project: self.project, snapshots: &snapshots, environment: &environment, engine };
        Ok(Some(act(cache, surroundings)))
    }

    /// Runs notebooks, as many at once as may be, and tells what became of each.
    fn run_all(
        &self,
        notebooks: &[Notebook],
        summary: &mut Summary,
        emit: Emit<'_>,
        done: &mut dyn FnMut(&Notebook, bool) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        let one = OneNotebook {
            project: self.project,
            environment: self.environment,
            store: self.store,
            quick: self.engine.has_shortcut(),
        };
        let jobs = self.jobs.min(notebooks.len());
        let start = |number| Ok(self.engine.worker(number)?);
        workers::run(
            jobs,
            notebooks,
            &start,
            &|worker, notebook, emit| one.run(worker, notebook, emit),
            emit,
            &mut |notebook, its| {
                summary.add(&its);
                done(notebook, its.failed == 0)
            },
        )
    }

    fn report_unusable(
        &self,
        notebooks: &Notebooks,
        selected: &[String],
        summary: &mut Summary,
        emit: Emit<'_>,
    ) -> Result<(), RunError> {
        for (name, path, error) in notebooks.unusable.iter().filter(|(name, ..)| selected.contains(name)) {
            summary.failed += 1;
            let problems = vec![NotebookProblem::Unusable { reason: error.to_string() }];
            let (notebook, path) = (name.clone(), relative(&self.project.root, path));
            let (evidence, elapsed) = (Evidence::Run, Duration::ZERO);
            emit(Event::NotebookFinished { notebook, path, problems, passed: false, evidence, elapsed })
                .map_err(RunError::Report)?;
        }
        Ok(())
    }
}

/// Tells of a notebook that is known to be as recorded without the engine having run it.
fn tell_cached(
    root: &Path,
    notebook: &Notebook,
    summary: &mut Summary,
    elapsed: Duration,
    emit: Emit<'_>,
) -> Result<(), RunError> {
    let (name, path, cells) = (notebook.name.clone(), relative(root, &notebook.path), notebook.cells.len());
    emit(Event::NotebookStarted { notebook: name.clone(), cells }).map_err(RunError::Report)?;
    summary.cached += 1;
    summary.cells_cached += cells;
    for cell in &notebook.cells {
        let (notebook, path, cell, verdict) = (name.clone(), path.clone(), cell.clone(), CellVerdict::Cached);
        emit(Event::CellFinished { notebook, path, cell, verdict, elapsed: Duration::ZERO }).map_err(RunError::Report)?;
    }
    let (problems, evidence) = (Vec::new(), Evidence::Cache);
    emit(Event::NotebookFinished { notebook: name, path, problems, passed: true, evidence, elapsed }).map_err(RunError::Report)
}

fn environment_error(notebook: &Notebook, reason: String) -> RunError {
    RunError::Environment { notebook: notebook.name.clone(), reason }
}

/// A file of the project as seen from the project's folder.
fn relative(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_owned()
}
