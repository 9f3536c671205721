//! A whole run: from notebooks to verdicts, told as events.
//!
//! The main type is [`Runner`]. It joins engine, environment, redaction and snapshots, and decides what a cell's record means.
//! It prints nothing: whoever calls it hands in a function that takes the events.

mod judge;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use judge::Judge;

use crate::cache::{Parts, ResultCache, Surroundings};
use crate::engine::{Engine, EngineError, Look, Progress, Run, Trust};
use crate::environment::{Environment, Loan};
use crate::event::{CellVerdict, Event, Evidence, NotebookProblem, Status, Summary, Timing};
use crate::notebook::Notebook;
use crate::project::{Notebooks, Project, ProjectError};
use crate::record::CellRecord;
use crate::redact::{RedactError, Redactor};
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
                confirm(&self.project.root, &notebook, Evidence::Cache, &mut summary, looked.elapsed(), emit)?;
            } else {
                to_run.push(notebook);
            }
        }
        if !to_run.is_empty() {
            self.build(&notebooks.usable, &to_run, emit)?;
        }
        for notebook in &to_run {
            let passed = self.run_notebook(notebook, &mut summary, emit)?;
            let sources = self.engine.sources();
            self.with_cache(notebook, &fingerprint, |cache, surroundings| match passed {
                true => cache.remember(notebook, surroundings, sources, began),
                false => cache.forget(notebook),
            })?;
        }
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

    /// Takes a quick look at the notebook, and says whether it passed. Nothing is said where the engine has to run it.
    fn look(&mut self, notebook: &Notebook, summary: &mut Summary, emit: Emit<'_>) -> Result<Option<bool>, RunError> {
        let (started, trust) = (Instant::now(), self.engine.trust());
        if trust == Trust::Never {
            return Ok(None);
        }
        // What the look does to its environment must not be there for a run that decides.
        let loan = self.lend(notebook)?;
        let run = self.run_of(notebook, &*loan);
        let reason = match self.engine.shortcut(&run)? {
            Look::Records(records) if trust == Trust::Always => {
                let redactor = self.redactor(notebook, &*loan)?;
                let mut judge = Judge::begin(self.project, self.store, notebook, &*loan, redactor, emit)?;
                for (cell, record) in notebook.cells.iter().zip(records) {
                    if judge.take(Progress::Started(cell)).is_break()
                        || judge.take(Progress::Ended(cell, record, Duration::ZERO)).is_break()
                    {
                        break;
                    }
                }
                return judge.finish(Evidence::Shortcut, summary, started.elapsed()).map(Some);
            }
            Look::Records(records) => match self.difference(notebook, &*loan, records)? {
                None => {
                    confirm(&self.project.root, notebook, Evidence::Shortcut, summary, started.elapsed(), emit)?;
                    return Ok(Some(true));
                }
                Some(difference) => difference,
            },
            Look::Declined(reason) => reason,
        };
        let message = format!("{}: evcxr runs it: {reason}", notebook.name);
        emit(Event::Notice { message }).map_err(RunError::Report)?;
        Ok(None)
    }

    /// What keeps records from being all that is recorded, if anything does, as half a sentence.
    fn difference(&self, notebook: &Notebook, loan: &dyn Loan, mut records: Vec<CellRecord>) -> Result<Option<String>, RunError> {
        let mut redactor = self.redactor(notebook, loan)?;
        for (cell, record) in notebook.cells.iter().zip(&mut records) {
            redactor.record(&cell.id, record);
            let at = |what: &str| Some(format!("at a quick look, cell {} `{}` {what}", cell.number, cell.id));
            match &record.failure {
                Some(failure) if cell.must_raise() && failure.is_raised_by_code() => {}
                Some(failure) => return Ok(at(&format!("fails ({})", failure.kind()))),
                None if cell.must_raise() => return Ok(at("raises nothing")),
                None => {}
            }
            if !self.store.is_as_recorded(notebook, cell, record)? {
                return Ok(at("is not as recorded"));
            }
        }
        if let Some(host) = loan.refused_hosts().first() {
            return Ok(Some(format!("it asked for the host `{host}`")));
        }
        // Only now, and knowing that it will find nothing: it takes back what earlier differences left for review.
        for (cell, record) in notebook.cells.iter().zip(&records) {
            self.store.check(notebook, cell, record)?;
        }
        let orphans = self.store.orphans(std::slice::from_ref(notebook), false)?;
        let orphan = orphans.iter().find(|orphan| orphan.kind != OrphanKind::Pending);
        Ok(orphan.map(|orphan| format!("{} belongs to no cell", relative(&self.project.root, &orphan.path).display())))
    }

    fn lend(&self, notebook: &Notebook) -> Result<Box<dyn Loan>, RunError> {
        self.environment.lend(notebook).map_err(|reason| environment_error(notebook, reason))
    }

    fn run_of<'n>(&self, notebook: &'n Notebook, loan: &dyn Loan) -> Run<'n> {
        let config = &self.project.config;
        Run {
            notebook,
            variables: loan.variables(),
            cell_timeout: config.cell_timeout,
            compile_timeout: config.compile_timeout,
            max_output: config.max_output,
        }
    }

    fn redactor(&self, notebook: &Notebook, loan: &dyn Loan) -> Result<Redactor, RunError> {
        let mut rules = Redactor::builder();
        rules.notebook(&notebook.name).configure(&self.project.config).variables(loan.variables()).variables(std::env::vars());
        rules.path(&self.project.root, "[ROOT]").path(&std::env::temp_dir(), "[TMP]");
        if let Some(home) = std::env::home_dir() {
            rules.home(&home);
        }
        for secret in loan.secrets() {
            rules.secret(secret);
        }
        Ok(rules.build()?)
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
            let (status, attempts) = (Status::Failed, 1);
            emit(Event::NotebookFinished { notebook, path, problems, status, attempts, evidence, elapsed })
                .map_err(RunError::Report)?;
        }
        Ok(())
    }

    /// Runs a notebook. Returns whether it passed.
    fn run_notebook(&mut self, notebook: &Notebook, summary: &mut Summary, emit: Emit<'_>) -> Result<bool, RunError> {
        let started = Instant::now();
        if let Some(passed) = self.look(notebook, summary, emit)? {
            return Ok(passed);
        }
        let loan = self.lend(notebook)?;
        let run = self.run_of(notebook, &*loan);
        let redactor = self.redactor(notebook, &*loan)?;
        let mut judge = Judge::begin(self.project, self.store, notebook, &*loan, redactor, emit)?;
        self.engine.run(&run, &mut |progress| judge.take(progress))?;
        judge.finish(Evidence::Run, summary, started.elapsed())
    }
}

/// Tells of a notebook that is known to be as recorded without the engine having run it.
fn confirm(
    root: &Path,
    notebook: &Notebook,
    evidence: Evidence,
    summary: &mut Summary,
    elapsed: Duration,
    emit: Emit<'_>,
) -> Result<(), RunError> {
    let (name, path, cells) = (notebook.name.clone(), relative(root, &notebook.path), notebook.cells.len());
    emit(Event::NotebookStarted { notebook: name.clone(), cells }).map_err(RunError::Report)?;
    let (verdict, notebooks, counted) = match evidence {
        Evidence::Cache => (CellVerdict::Cached, &mut summary.cached, &mut summary.cells_cached),
        _ => (CellVerdict::Passed, &mut summary.passed, &mut summary.cells_passed),
    };
    *notebooks += 1;
    *counted += cells;
    for cell in &notebook.cells {
        let (notebook, path, cell, verdict) = (name.clone(), path.clone(), cell.clone(), verdict.clone());
        let (record, timing) = (None, Timing::default());
        emit(Event::CellFinished { notebook, path, cell, verdict, record, timing }).map_err(RunError::Report)?;
    }
    let (problems, attempts) = (Vec::new(), 1);
    let status = if evidence == Evidence::Cache { Status::Cached } else { Status::Passed };
    emit(Event::NotebookFinished { notebook: name, path, problems, status, attempts, evidence, elapsed })
        .map_err(RunError::Report)
}

fn environment_error(notebook: &Notebook, reason: String) -> RunError {
    RunError::Environment { notebook: notebook.name.clone(), reason }
}

/// A file of the project as seen from the project's folder.
fn relative(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_owned()
}
