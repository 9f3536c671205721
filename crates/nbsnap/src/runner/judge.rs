//! Turns what an engine reports of one notebook into verdicts, and tells them.
//!
//! The main type is [`Judge`]. It starts nothing and decides nothing about other notebooks.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Emit, RunError, relative};
use crate::engine::Progress;
use crate::environment::Loan;
use crate::event::{CellProblem, CellVerdict, Event, Evidence, NotebookProblem, Status, Summary, Timing};
use crate::notebook::{CodeCell, Notebook};
use crate::project::Project;
use crate::record::{CellRecord, Failure};
use crate::redact::Redactor;
use crate::snapshot::{OrphanKind, SnapshotStore};

/// Lines of standard error that are shown with a failed cell.
const STDERR_LINES: usize = 12;

/// A cell that ended.
struct Judged {
    verdict: CellVerdict,
    /// Until it is told.
    record: Option<Box<CellRecord>>,
    timing: Timing,
}

/// Turns what the engine reports of one notebook into verdicts.
pub(super) struct Judge<'a> {
    root: &'a Path,
    notebook: &'a Notebook,
    store: &'a SnapshotStore,
    loan: &'a dyn Loan,
    redactor: Redactor,
    /// Of the cells that ended, in order. Held back by one, as output that comes late still belongs to the cell before.
    verdicts: Vec<Judged>,
    problems: Vec<NotebookProblem>,
    broken: Option<RunError>,
    emit: Emit<'a>,
}

impl<'a> Judge<'a> {
    /// Tells that the notebook begins.
    pub(super) fn begin(
        project: &'a Project,
        store: &'a SnapshotStore,
        notebook: &'a Notebook,
        loan: &'a dyn Loan,
        redactor: Redactor,
        emit: Emit<'a>,
    ) -> Result<Judge<'a>, RunError> {
        let (name, cells) = (notebook.name.clone(), notebook.cells.len());
        emit(Event::NotebookStarted { notebook: name, cells }).map_err(RunError::Report)?;
        let (verdicts, problems) = (Vec::new(), Vec::new());
        Ok(Judge { root: &project.root, notebook, store, loan, redactor, verdicts, problems, broken: None, emit })
    }

    pub(super) fn take(&mut self, progress: Progress<'_>) -> ControlFlow<()> {
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
                let (verdict, record) = self.judge(cell, record)?;
                let flow = if matches!(&verdict, CellVerdict::Failed { problems, .. } if problems.iter().any(ends_notebook)) {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                };
                self.verdicts.push(Judged { verdict, record: Some(Box::new(record)), timing: Timing::of(elapsed) });
                Ok(flow)
            }
            Progress::Late(text) => {
                let text = self.redactor.text(&text);
                match self.verdicts.last_mut() {
                    Some(judged) => {
                        judged.verdict.add(CellProblem::Failed(Failure::LateOutput { text }));
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

    /// What the cell's record means, and the record as it may be shown.
    fn judge(&mut self, cell: &CodeCell, mut record: CellRecord) -> Result<(CellVerdict, CellRecord), RunError> {
        self.redactor.record(&cell.id, &mut record);
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
        let verdict = if problems.is_empty() { CellVerdict::Passed } else { CellVerdict::Failed { problems, stderr } };
        Ok((verdict, record))
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
        let Judged { verdict, record, timing } = &mut self.verdicts[at];
        let (verdict, record, timing) = (verdict.clone(), record.take(), *timing);
        self.tell(&self.notebook.cells[at], verdict, record, timing)
    }

    fn tell(
        &mut self,
        cell: &CodeCell,
        verdict: CellVerdict,
        record: Option<Box<CellRecord>>,
        timing: Timing,
    ) -> Result<(), RunError> {
        let (notebook, path, mut cell) = (self.notebook.name.clone(), self.relative(&self.notebook.path), cell.clone());
        cell.source = self.redactor.without_secrets(&cell.source);
        (self.emit)(Event::CellFinished { notebook, path, cell, verdict, record, timing }).map_err(RunError::Report)
    }

    /// Tells what is left to tell. Returns whether the notebook passed.
    pub(super) fn finish(mut self, evidence: Evidence, summary: &mut Summary, elapsed: Duration) -> Result<bool, RunError> {
        if let Some(error) = self.broken.take() {
            return Err(error);
        }
        self.settle(self.verdicts.len())?;
        for cell in &self.notebook.cells[self.verdicts.len()..] {
            self.tell(cell, CellVerdict::NotRun, None, Timing::default())?;
        }
        self.problems.extend(self.loan.refused_hosts().into_iter().map(|host| NotebookProblem::RefusedHost { host }));
        // Asked now, as a cell that passed has taken back what an earlier difference left.
        for orphan in self.store.orphans(std::slice::from_ref(self.notebook), false)? {
            if orphan.kind != OrphanKind::Pending {
                let snapshot = self.relative(&orphan.path);
                self.problems.push(NotebookProblem::OrphanSnapshot { snapshot });
            }
        }
        let statuses: Vec<Status> = self.verdicts.iter().map(|judged| judged.verdict.status()).collect();
        let failed = statuses.iter().filter(|status| !status.is_good()).count();
        let not_run = self.notebook.cells.len() - self.verdicts.len();
        let passed = failed == 0 && not_run == 0 && self.problems.is_empty();
        let of_notebook = self.problems.iter().map(NotebookProblem::status).chain((not_run > 0).then_some(Status::NotRun));
        let status = statuses.into_iter().chain(of_notebook).max().unwrap_or(Status::Passed);
        summary.internal += usize::from(status == Status::Internal);
        summary.cells_failed += failed;
        summary.cells_not_run += not_run;
        summary.cells_passed += self.verdicts.len() - failed;
        summary.passed += usize::from(passed);
        summary.failed += usize::from(!passed);
        let (notebook, path) = (self.notebook.name.clone(), self.relative(&self.notebook.path));
        let problems = self.problems;
        let event = Event::NotebookFinished { notebook, path, problems, status, attempts: 1, evidence, elapsed };
        (self.emit)(event).map_err(RunError::Report)?;
        Ok(passed)
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
