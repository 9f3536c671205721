//! A whole run: from notebooks to verdicts, told as events.
//!
//! The main type is [`Runner`]. It joins engine, environment, redaction and snapshots, and decides what a cell's record means.
//! It prints nothing: whoever calls it hands in a function that takes the events.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::engine::{Engine, EngineError, Progress, Run};
use crate::environment::{Environment, Loan};
use crate::event::{CellProblem, CellVerdict, Event, NotebookProblem, Summary};
use crate::notebook::{CodeCell, Notebook};
use crate::project::{Notebooks, Project, ProjectError};
use crate::record::{CellRecord, Failure};
use crate::redact::{RedactError, Redactor};
use crate::snapshot::{OrphanKind, SnapshotError, SnapshotStore};

/// Lines of standard error that are shown with a failed cell.
const STDERR_LINES: usize = 12;

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
}

/// Takes events. An error ends the run.
pub type Emit<'a> = &'a mut dyn FnMut(Event) -> std::io::Result<()>;

impl Runner<'_> {
    /// Runs the notebooks that `wanted` means, all if it is empty.
    ///
    /// # Errors
    /// When the run itself breaks down. Failed notebooks are counted in the summary.
    pub fn run(&mut self, wanted: &[String], emit: Emit<'_>) -> Result<Summary, RunError> {
        let started = Instant::now();
        let notebooks = self.project.notebooks()?;
        let selected = notebooks.select(wanted)?;
        if selected.is_empty() {
            return Err(RunError::NoNotebooks { folder: self.project.notebooks_dir() });
        }
        let chosen: Vec<Notebook> =
            notebooks.usable.iter().filter(|notebook| selected.contains(&notebook.name)).cloned().collect();
        let cells = chosen.iter().map(|notebook| notebook.cells.len()).sum();
        emit(Event::RunStarted { notebooks: selected.len(), cells, engine: self.engine.name() }).map_err(RunError::Report)?;

        let mut written = Ok(());
        self.engine.prepare(&notebooks.usable, &chosen, &mut |event| {
            if written.is_ok() {
                written = emit(event);
            }
        })?;
        written.map_err(RunError::Report)?;

        let mut summary = Summary::default();
        self.report_unusable(&notebooks, &selected, &mut summary, emit)?;
        for notebook in &chosen {
            self.run_notebook(notebook, &mut summary, emit)?;
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

    /// Whether a quick look is enough to see that the notebook does just what is recorded, and leaves nothing over.
    fn is_as_recorded(&mut self, notebook: &Notebook) -> Result<bool, RunError> {
        if !self.engine.has_shortcut() {
            return Ok(false);
        }
        // What the look does to its environment must not be there for the run that decides.
        let loan = self.lend(notebook)?;
        let run = self.run_of(notebook, &*loan);
        let Some(mut records) = self.engine.shortcut(&run)? else { return Ok(false) };
        let mut redactor = self.redactor(&*loan)?;
        for (cell, record) in notebook.cells.iter().zip(&mut records) {
            redactor.record(record);
            if !self.store.is_as_recorded(notebook, cell, record)? {
                return Ok(false);
            }
        }
        if !loan.refused_hosts().is_empty() {
            return Ok(false);
        }
        // Only now, and knowing that it will find nothing: it takes back what earlier differences left for review.
        for (cell, record) in notebook.cells.iter().zip(&records) {
            self.store.check(notebook, cell, record)?;
        }
        let orphans = self.store.orphans(std::slice::from_ref(notebook), false)?;
        Ok(orphans.iter().all(|orphan| orphan.kind == OrphanKind::Pending))
    }

    fn lend(&self, notebook: &Notebook) -> Result<Box<dyn Loan>, RunError> {
        let lent = self.environment.lend(notebook);
        lent.map_err(|reason| RunError::Environment { notebook: notebook.name.clone(), reason })
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

    fn redactor(&self, loan: &dyn Loan) -> Result<Redactor, RunError> {
        let mut rules = Redactor::builder();
        rules.path(&self.project.root, "[ROOT]").path(&std::env::temp_dir(), "[TMP]");
        if let Some(home) = std::env::home_dir() {
            rules.home(&home);
        }
        for secret in loan.secrets() {
            rules.secret(secret);
        }
        for rule in &self.project.config.redact {
            rules.rule(&rule.name, &rule.pattern, &rule.replace);
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
            emit(Event::NotebookFinished {
                notebook,
                path,
                problems,
                passed: false,
                by_shortcut: false,
                elapsed: Duration::ZERO,
            })
            .map_err(RunError::Report)?;
        }
        Ok(())
    }

    fn run_notebook(&mut self, notebook: &Notebook, summary: &mut Summary, emit: Emit<'_>) -> Result<(), RunError> {
        let started = Instant::now();
        let (name, count) = (notebook.name.clone(), notebook.cells.len());
        emit(Event::NotebookStarted { notebook: name, cells: count }).map_err(RunError::Report)?;

        if self.is_as_recorded(notebook)? {
            return confirm(&self.project.root, notebook, summary, started.elapsed(), emit);
        }
        let loan = self.lend(notebook)?;
        let redactor = self.redactor(&*loan)?;
        let run = self.run_of(notebook, &*loan);
        let mut judge = Judge {
            root: &self.project.root,
            notebook,
            store: self.store,
            loan: &*loan,
            redactor,
            verdicts: Vec::new(),
            problems: Vec::new(),
            broken: None,
            emit,
        };
        self.engine.run(&run, &mut |progress| judge.take(progress))?;
        if let Some(error) = judge.broken.take() {
            return Err(error);
        }
        judge.finish(summary, started.elapsed())
    }
}

/// Tells of a notebook that a quick look has found to be as recorded.
fn confirm(root: &Path, notebook: &Notebook, summary: &mut Summary, elapsed: Duration, emit: Emit<'_>) -> Result<(), RunError> {
    let (name, path) = (notebook.name.clone(), relative(root, &notebook.path));
    for cell in &notebook.cells {
        let (notebook, path, cell, verdict) = (name.clone(), path.clone(), cell.clone(), CellVerdict::Passed);
        emit(Event::CellFinished { notebook, path, cell, verdict, elapsed: Duration::ZERO }).map_err(RunError::Report)?;
    }
    summary.cells_passed += notebook.cells.len();
    summary.passed += 1;
    let (notebook, problems) = (name, Vec::new());
    emit(Event::NotebookFinished { notebook, path, problems, passed: true, by_shortcut: true, elapsed }).map_err(RunError::Report)
}

/// Turns what the engine reports of one notebook into verdicts.
struct Judge<'a> {
    root: &'a Path,
    notebook: &'a Notebook,
    store: &'a SnapshotStore,
    loan: &'a dyn Loan,
    redactor: Redactor,
    /// Of the cells that ended, in order. Held back by one, as output that comes late still belongs to the cell before.
    verdicts: Vec<(CellVerdict, Duration)>,
    problems: Vec<NotebookProblem>,
    broken: Option<RunError>,
    emit: Emit<'a>,
}

impl Judge<'_> {
    fn take(&mut self, progress: Progress<'_>) -> ControlFlow<()> {
        match self.try_take(progress) {
            Ok(flow) => flow,
            Err(error) => {
                self.broken = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    fn try_take(&mut self, progress: Progress<'_>) -> Result<ControlFlow<()>, RunError> {
        match progress {
            Progress::Started(cell) => {
                let (notebook, cell) = (self.notebook.name.clone(), cell.clone());
                (self.emit)(Event::CellStarted { notebook, cell }).map_err(RunError::Report)?;
                Ok(ControlFlow::Continue(()))
            }
            Progress::Ended(cell, record, elapsed) => {
                self.settle(self.verdicts.len())?;
                let verdict = self.judge(cell, record)?;
                let flow = if matches!(&verdict, CellVerdict::Failed { problems, .. } if problems.iter().any(ends_notebook)) {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                };
                self.verdicts.push((verdict, elapsed));
                Ok(flow)
            }
            Progress::Late(text) => {
                let text = self.redactor.text(&text);
                match self.verdicts.last_mut() {
                    Some((verdict, _)) => {
                        verdict.add(CellProblem::Failed(Failure::LateOutput { text }));
                        Ok(ControlFlow::Break(()))
                    }
                    // Nothing of the notebook's has run yet: evcxr's own start-up code does not print.
                    None => Ok(ControlFlow::Continue(())),
                }
            }
            Progress::CannotBegin(failure) => {
                let message = self.redactor.text(&failure.to_string());
                self.problems.push(NotebookProblem::Engine { message });
                Ok(ControlFlow::Break(()))
            }
        }
    }

    fn judge(&mut self, cell: &CodeCell, mut record: CellRecord) -> Result<CellVerdict, RunError> {
        self.redactor.record(&mut record);
        let stderr = last_lines(&record.stderr);
        let mut problems = Vec::new();
        match &record.failure {
            Some(failure) if cell.must_raise() && failure.is_raised_by_code() => {
                problems.extend(self.compare(cell, &record)?);
            }
            Some(failure) => problems.push(CellProblem::Failed(failure.clone())),
            None => {
                if cell.must_raise() {
                    problems.push(CellProblem::DidNotRaise);
                }
                problems.extend(self.compare(cell, &record)?);
            }
        }
        Ok(if problems.is_empty() { CellVerdict::Passed } else { CellVerdict::Failed { problems, stderr } })
    }

    fn relative(&self, path: &Path) -> PathBuf {
        relative(self.root, path)
    }

    /// Compares with the snapshot. Reports name files as seen from the project's folder.
    fn compare(&self, cell: &CodeCell, record: &CellRecord) -> Result<Option<CellProblem>, RunError> {
        let mut problem = self.store.check(self.notebook, cell, record)?;
        if let Some(
            CellProblem::OutputChanged { snapshot, .. }
            | CellProblem::OutputMissing { snapshot, .. }
            | CellProblem::SnapshotMissing { snapshot, .. },
        ) = &mut problem
        {
            *snapshot = self.relative(snapshot);
        }
        Ok(problem)
    }

    /// Tells the verdict of the cell before the one at `index`: nothing can be added to it any more.
    fn settle(&mut self, index: usize) -> Result<(), RunError> {
        let Some(at) = index.checked_sub(1) else { return Ok(()) };
        let (verdict, elapsed) = self.verdicts[at].clone();
        self.tell(&self.notebook.cells[at], verdict, elapsed)
    }

    fn tell(&mut self, cell: &CodeCell, verdict: CellVerdict, elapsed: Duration) -> Result<(), RunError> {
        let (notebook, path, cell) = (self.notebook.name.clone(), self.relative(&self.notebook.path), cell.clone());
        (self.emit)(Event::CellFinished { notebook, path, cell, verdict, elapsed }).map_err(RunError::Report)
    }

    fn finish(mut self, summary: &mut Summary, elapsed: Duration) -> Result<(), RunError> {
        self.settle(self.verdicts.len())?;
        for cell in &self.notebook.cells[self.verdicts.len()..] {
            self.tell(cell, CellVerdict::NotRun, Duration::ZERO)?;
        }
        self.problems.extend(self.loan.refused_hosts().into_iter().map(|host| NotebookProblem::RefusedHost { host }));
        // Asked now, as a cell that passed has taken back what an earlier difference left.
        for orphan in self.store.orphans(std::slice::from_ref(self.notebook), false)? {
            if orphan.kind != OrphanKind::Pending {
                let snapshot = self.relative(&orphan.path);
                self.problems.push(NotebookProblem::OrphanSnapshot { snapshot });
            }
        }
        let failed = self.verdicts.iter().filter(|(verdict, _)| *verdict != CellVerdict::Passed).count();
        let not_run = self.notebook.cells.len() - self.verdicts.len();
        let passed = failed == 0 && not_run == 0 && self.problems.is_empty();
        summary.cells_failed += failed;
        summary.cells_not_run += not_run;
        summary.cells_passed += self.verdicts.len() - failed;
        summary.passed += usize::from(passed);
        summary.failed += usize::from(!passed);
        let (notebook, path) = (self.notebook.name.clone(), self.relative(&self.notebook.path));
        (self.emit)(Event::NotebookFinished { notebook, path, problems: self.problems, passed, by_shortcut: false, elapsed })
            .map_err(RunError::Report)
    }
}

impl CellVerdict {
    fn add(&mut self, problem: CellProblem) {
        match self {
            CellVerdict::Failed { problems, .. } => problems.push(problem),
            _ => *self = CellVerdict::Failed { problems: vec![problem], stderr: String::new() },
        }
    }
}

/// Whether the cells after this one would only fail for want of it. An output that merely differs stops nothing.
fn ends_notebook(problem: &CellProblem) -> bool {
    matches!(problem, CellProblem::Failed(_) | CellProblem::DidNotRaise)
}

/// A file of the project as seen from the project's folder.
fn relative(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_owned()
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(STDERR_LINES)..].join("\n")
}
