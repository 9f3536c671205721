//! A whole run: from notebooks to verdicts, told as events.
//!
//! The main type is [`Runner`]. It joins engine, environment, redaction and snapshots, and decides what a cell's record means.
//! It prints nothing: whoever calls it hands in a function that takes the events.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::engine::{Engine, EngineError, Progress, Run};
use crate::environment::{Environment, Loan};
use crate::event::{CellProblem, CellVerdict, Event, NotebookProblem, Summary};
use crate::notebook::{CodeCell, Notebook};
use crate::project::{Notebooks, Project, ProjectError};
use crate::record::{CellRecord, Failure};
use crate::redact::{RedactError, Redactor};
use crate::snapshot::{SnapshotError, SnapshotStore};

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
        folder: std::path::PathBuf,
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
        let orphans = self.store.orphans(&notebooks, &selected);
        for notebook in &chosen {
            let of_this = orphans.iter().filter(|orphan| orphan.notebook.as_deref() == Some(&notebook.name));
            let problems = of_this.map(|orphan| NotebookProblem::OrphanSnapshot { snapshot: orphan.path.clone() }).collect();
            self.run_notebook(notebook, problems, &mut summary, emit)?;
        }
        summary.orphans = orphans.iter().filter(|orphan| orphan.notebook.is_none()).count();
        for orphan in orphans.iter().filter(|orphan| orphan.notebook.is_none()) {
            let message = format!("{} belongs to no notebook: `nbsnap accept` removes it", orphan.path.display());
            emit(Event::Notice { message }).map_err(RunError::Report)?;
        }
        summary.pending = self.store.pending()?.len();
        emit(Event::RunFinished { summary, elapsed: started.elapsed() }).map_err(RunError::Report)?;
        Ok(summary)
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
            let (notebook, path) = (name.clone(), path.clone());
            emit(Event::NotebookFinished { notebook, path, problems, passed: false, elapsed: Duration::ZERO })
                .map_err(RunError::Report)?;
        }
        Ok(())
    }

    fn run_notebook(
        &mut self,
        notebook: &Notebook,
        problems: Vec<NotebookProblem>,
        summary: &mut Summary,
        emit: Emit<'_>,
    ) -> Result<(), RunError> {
        let started = Instant::now();
        let loan = self
            .environment
            .lend(notebook)
            .map_err(|reason| RunError::Environment { notebook: notebook.name.clone(), reason })?;
        let mut redactor = Redactor::for_project(&self.project.root, &self.project.config.redact)?;
        redactor.add_secrets(loan.secrets());
        let (name, count) = (notebook.name.clone(), notebook.cells.len());
        emit(Event::NotebookStarted { notebook: name, cells: count }).map_err(RunError::Report)?;

        let config = &self.project.config;
        let run = Run {
            notebook,
            variables: loan.variables(),
            cell_timeout: config.cell_timeout,
            max_output: config.max_output,
        };
        let mut judge = Judge {
            notebook,
            store: self.store,
            loan: &*loan,
            redactor,
            verdicts: Vec::new(),
            problems,
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

/// Turns what the engine reports of one notebook into verdicts.
struct Judge<'a> {
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
                let text = self.redactor.redact_text(&text);
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
                let message = self.redactor.redact_text(&failure.to_string());
                self.problems.push(NotebookProblem::Engine { message });
                Ok(ControlFlow::Break(()))
            }
        }
    }

    fn judge(&mut self, cell: &CodeCell, record: CellRecord) -> Result<CellVerdict, RunError> {
        let record = self.redactor.redact(&record);
        let stderr = last_lines(&record.stderr);
        let mut problems = Vec::new();
        match &record.failure {
            Some(failure) if cell.must_raise() && failure.is_raised_by_code() => {
                problems.extend(self.store.check(self.notebook, cell, &record)?);
            }
            Some(failure) => problems.push(CellProblem::Failed(failure.clone())),
            None => {
                if cell.must_raise() {
                    problems.push(CellProblem::DidNotRaise);
                }
                problems.extend(self.store.check(self.notebook, cell, &record)?);
            }
        }
        Ok(if problems.is_empty() { CellVerdict::Passed } else { CellVerdict::Failed { problems, stderr } })
    }

    /// Tells the verdict of the cell before the one at `index`: nothing can be added to it any more.
    fn settle(&mut self, index: usize) -> Result<(), RunError> {
        let Some(at) = index.checked_sub(1) else { return Ok(()) };
        let (verdict, elapsed) = self.verdicts[at].clone();
        self.tell(&self.notebook.cells[at], verdict, elapsed)
    }

    fn tell(&mut self, cell: &CodeCell, verdict: CellVerdict, elapsed: Duration) -> Result<(), RunError> {
        let (notebook, path, cell) = (self.notebook.name.clone(), self.notebook.path.clone(), cell.clone());
        (self.emit)(Event::CellFinished { notebook, path, cell, verdict, elapsed }).map_err(RunError::Report)
    }

    fn finish(mut self, summary: &mut Summary, elapsed: Duration) -> Result<(), RunError> {
        self.settle(self.verdicts.len())?;
        for cell in &self.notebook.cells[self.verdicts.len()..] {
            self.tell(cell, CellVerdict::NotRun, Duration::ZERO)?;
        }
        self.problems.extend(self.loan.refused_hosts().into_iter().map(|host| NotebookProblem::RefusedHost { host }));
        let failed = self.verdicts.iter().filter(|(verdict, _)| *verdict != CellVerdict::Passed).count();
        let not_run = self.notebook.cells.len() - self.verdicts.len();
        let passed = failed == 0 && not_run == 0 && self.problems.is_empty();
        summary.cells_failed += failed;
        summary.cells_not_run += not_run;
        summary.cells_passed += self.verdicts.len() - failed;
        summary.passed += usize::from(passed);
        summary.failed += usize::from(!passed);
        let (notebook, path) = (self.notebook.name.clone(), self.notebook.path.clone());
        (self.emit)(Event::NotebookFinished { notebook, path, problems: self.problems, passed, elapsed })
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

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(STDERR_LINES)..].join("\n")
}
