//! Turns what an engine reports of one notebook into verdicts, and reports them.
//!
//! The main type is [`Judge`]; what it judges by is its [`Purpose`]: snapshots, or only whether cells fail.
//! It starts nothing and decides nothing about other notebooks.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use rust_cells::Accesses;

use super::attempt::{AfterFailure, Attempt, Judgement, Purpose};
use super::error::RunError;
use super::target::Target;
use crate::engine::Progress;
use crate::environment::Lease;
use crate::event::{
    CellFinished, CellProblem, CellVerdict, Emit, Event, Evidence, NotebookFinished, NotebookProblem, Status, Summary, Timing,
};
use crate::notebook::{CodeCell, Notebook};
use crate::project::Project;
use crate::record::{CellRecord, Failure};
use crate::redact::Redactor;
use crate::snapshot::{Edits, OrphanKind};

/// Lines of standard error that are shown with a failed cell.
const STDERR_LINES: usize = 12;

/// A cell that ended.
struct Judged {
    verdict: CellVerdict,
    /// What it produced, redacted, if it ran.
    record: Option<Box<CellRecord>>,
    timing: Timing,
}

/// Turns what the engine reports of one notebook into verdicts.
pub(super) struct Judge<'a> {
    project: &'a Project,
    notebook: &'a Notebook,
    /// Its name in events.
    label: &'a str,
    /// Those of its code cells that are selected; others are not looked at.
    cells: &'a [CodeCell],
    purpose: Purpose<'a>,
    lease: &'a dyn Lease,
    redactor: Redactor,
    /// Whether what is recorded is redacted as what is seen.
    redact_recorded: bool,
    /// Of the cells that ended, in order. Held back by one, as output that comes late still belongs to the
    /// cell before.
    verdicts: Vec<Judged>,
    problems: Vec<NotebookProblem>,
    /// Whether something that the notebook rests on is known to have changed since it passed.
    inputs_changed: bool,
    /// Whether a cell that ended was edited since its output was recorded.
    was_edited: bool,
    /// Cells whose output differs from their snapshots though neither they nor cells before them were edited
    /// since it was recorded, with what they produced.
    unexplained: Vec<(CodeCell, CellRecord)>,
    accesses: Option<Accesses>,
    broken: Option<RunError>,
    emit: Emit<'a>,
}

impl<'a> Judge<'a> {
    /// Before the first cell.
    pub(super) fn new(
        project: &'a Project,
        purpose: Purpose<'a>,
        target: &'a Target,
        lease: &'a dyn Lease,
        redactor: Redactor,
        emit: Emit<'a>,
    ) -> Judge<'a> {
        let (label, notebook, cells) = (target.label.as_str(), &target.notebook, target.cells());
        let redact_recorded = project.config.redact_recorded;
        Judge {
            project,
            label,
            notebook,
            cells,
            purpose,
            lease,
            redactor,
            redact_recorded,
            verdicts: Vec::new(),
            problems: Vec::new(),
            inputs_changed: target.inputs_changed,
            was_edited: false,
            unexplained: Vec::new(),
            accesses: None,
            broken: None,
            emit,
        }
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
                let (notebook, cell) = (self.label.to_owned(), self.own(cell).clone());
                (self.emit)(Event::CellStarted { notebook, cell }).map_err(RunError::Report)?;
                Ok(ControlFlow::Continue(()))
            }
            Progress::Ended(cell, record, timing) => {
                let cell = self.own(cell);
                self.settle(self.verdicts.len())?;
                self.skip(cell.number)?;
                let (verdict, record) = self.judge(cell, record)?;
                let has_failed = verdict.problems().iter().any(ends_notebook);
                let goes_on = !has_failed || matches!(self.purpose, Purpose::Outputs(AfterFailure::GoOn));
                let flow = if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
                self.verdicts.push(Judged { verdict, record: Some(Box::new(record)), timing });
                Ok(flow)
            }
            Progress::Late(text) => {
                let text = self.redactor.text(&text);
                match (self.purpose, self.verdicts.last_mut()) {
                    (Purpose::Test(_), Some(judged)) => {
                        judged.verdict.add(CellProblem::Failed(Failure::LateOutput { text }));
                        Ok(ControlFlow::Break(()))
                    }
                    // Jupyter, too, shows it with the cell that was the last to run.
                    (Purpose::Outputs(_), Some(Judged { record: Some(record), .. })) => {
                        record.stdout.push_str(&text);
                        Ok(ControlFlow::Continue(()))
                    }
                    // No cell has run yet: an engine's own start-up code does not print.
                    _ => Ok(ControlFlow::Continue(())),
                }
            }
            Progress::Accessed(accesses) => {
                self.accesses = accesses;
                Ok(ControlFlow::Continue(()))
            }
            Progress::CannotBegin(failure) => {
                let message = self.redactor.text(&failure.to_string());
                self.problems.push(match failure {
                    Failure::SetUp { .. } => NotebookProblem::SetUp { message },
                    _ => NotebookProblem::Engine { message },
                });
                Ok(ControlFlow::Break(()))
            }
        }
    }

    /// What the cell's record means, and the record as it may be shown.
    fn judge(&mut self, cell: &CodeCell, mut record: CellRecord) -> Result<(CellVerdict, CellRecord), RunError> {
        self.redactor.record(&cell.id, &mut record);
        let stderr = last_lines(&record.stderr);
        // Asked before the comparison, which notes that the cell has the same output since it was edited.
        let is_explained = self.rests_on_edits(cell)?;
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
        let differs = matches!(problems[..], [CellProblem::OutputChanged { .. } | CellProblem::OutputMissing { .. }]);
        if differs && !is_explained {
            self.unexplained.push((cell.clone(), record.clone()));
        }
        let verdict = if problems.is_empty() { CellVerdict::Passed } else { CellVerdict::Failed { problems, stderr } };
        Ok((verdict, record))
    }

    /// Whether what is recorded of the cell is of other sources than those of now. Where a snapshot says
    /// nothing about the cells before its own, those that ended count.
    fn rests_on_edits(&mut self, cell: &CodeCell) -> Result<bool, RunError> {
        let Purpose::Test(store) = self.purpose else { return Ok(false) };
        let Edits { own, earlier } = store.edits(self.notebook, cell)?;
        self.was_edited |= own;
        Ok(own || earlier.unwrap_or(self.was_edited))
    }

    /// The cell as it is in the notebook: the engine counts only those that it runs.
    fn own<'c>(&self, cell: &'c CodeCell) -> &'c CodeCell
    where
        'a: 'c,
    {
        self.cells.iter().find(|own| own.id == cell.id).unwrap_or(cell)
    }

    /// Compares with the snapshot. Reports name files as seen from the project's folder.
    fn compare(&mut self, cell: &CodeCell, record: &CellRecord) -> Result<Option<CellProblem>, RunError> {
        let Purpose::Test(store) = self.purpose else { return Ok(None) };
        if cell.overrides.ignore_output {
            store.withdraw(self.notebook, cell)?;
            return Ok(None);
        }
        let mut problem = if self.redact_recorded {
            store.check_with(self.notebook, cell, record, &mut |body| self.redactor.body(&cell.id, body))?
        } else {
            store.check(self.notebook, cell, record)?
        };
        if let Some(
            CellProblem::OutputChanged { snapshot, .. }
            | CellProblem::OutputMissing { snapshot, .. }
            | CellProblem::SnapshotMissing { snapshot, .. },
        ) = &mut problem
        {
            *snapshot = self.project.relative(snapshot);
        }
        Ok(problem)
    }

    /// Reports the verdict of the cell before the one at `index`: nothing can be added to it any more.
    fn settle(&mut self, index: usize) -> Result<(), RunError> {
        let Some(at) = index.checked_sub(1) else { return Ok(()) };
        let Judged { verdict, record, timing } = &mut self.verdicts[at];
        let (verdict, timing) = (verdict.clone(), *timing);
        // Only a run for outputs needs it afterwards.
        let record = if matches!(self.purpose, Purpose::Outputs(_)) { record.clone() } else { record.take() };
        if matches!(verdict, CellVerdict::Skipped { .. }) {
            return Ok(()); // It was reported in its turn.
        }
        self.tell(&self.cells[at], verdict, record, timing)
    }

    /// Reports cells before the one with this number that are skipped.
    fn skip(&mut self, number: usize) -> Result<(), RunError> {
        while let Some(cell) = self.cells.get(self.verdicts.len()).filter(|cell| cell.number < number)
            && let Some(reason) = &cell.overrides.skip
        {
            let verdict = CellVerdict::Skipped { reason: reason.clone() };
            self.tell(cell, verdict.clone(), None, Timing::default())?;
            self.verdicts.push(Judged { verdict, record: None, timing: Timing::default() });
        }
        Ok(())
    }

    fn tell(
        &mut self,
        cell: &CodeCell,
        verdict: CellVerdict,
        record: Option<Box<CellRecord>>,
        timing: Timing,
    ) -> Result<(), RunError> {
        let (notebook, path, mut cell) = (self.label.to_owned(), self.project.relative(&self.notebook.path), cell.clone());
        cell.source = self.redactor.without_secrets(&cell.source);
        let finished = CellFinished { notebook, path, cell, verdict, record, timing };
        (self.emit)(Event::CellFinished(finished)).map_err(RunError::Report)
    }

    /// Adds something that is wrong with the notebook as a whole.
    pub(super) fn add(&mut self, problem: NotebookProblem) {
        self.problems.push(problem);
    }

    /// Whether the only fault is output that differs although nobody has edited anything. A second run then
    /// shows whether it always differs.
    pub(super) fn is_unexplained(&self, attempt: Attempt) -> bool {
        let only_differs = |judged: &Judged| judged.verdict.status() <= Status::Changed;
        let runs_once = attempt.of.max(attempt.repeat) <= 1;
        !self.inputs_changed
            && runs_once
            && !self.unexplained.is_empty()
            && self.problems.is_empty()
            && self.verdicts.iter().all(only_differs)
            && self.has_all()
    }

    /// Says that there is a second run, and why.
    pub(super) fn announce_second_run(&mut self) -> Result<(), RunError> {
        let message = format!("{}: output differs without an edit; a second run shows whether it always does", self.label);
        (self.emit)(Event::Notice { message }).map_err(RunError::Report)
    }

    /// Takes what the cells produced in a second run, by their ids: where that is another thing than in the
    /// first one, nothing that is recorded can last.
    pub(super) fn take_second_run(&mut self, records: &BTreeMap<String, CellRecord>) {
        let Purpose::Test(store) = self.purpose else { return };
        for (cell, first) in &self.unexplained {
            // A run that broke down says nothing about what it would have shown.
            let Some(second) = records.get(&cell.id).filter(|second| second.failure == first.failure) else { continue };
            let sections = store.differences(self.notebook, cell, first, second);
            if !sections.is_empty() {
                self.problems.push(NotebookProblem::Nondeterministic { number: cell.number, cell: cell.id.clone(), sections });
            }
        }
    }

    /// Whether the last cell that ended did so because a time was up.
    pub(super) fn has_timed_out(&self) -> bool {
        self.verdicts.last().is_some_and(|judged| judged.verdict.status() == Status::TimedOut)
    }

    /// Whether every cell that is to run has run.
    pub(super) fn has_all(&self) -> bool {
        self.cells[self.verdicts.len()..].iter().all(|cell| cell.overrides.skip.is_some())
    }

    /// Reports what is still to be reported, and counts it unless the notebook is run once more.
    pub(super) fn finish(mut self, attempt: Attempt, summary: &mut Summary, elapsed: Duration) -> Result<Judgement, RunError> {
        if let Some(error) = self.broken.take() {
            return Err(error);
        }
        self.settle(self.verdicts.len())?;
        if self.has_all() {
            self.skip(usize::MAX)?;
        }
        for cell in &self.cells[self.verdicts.len()..] {
            self.tell(cell, CellVerdict::NotRun, None, Timing::default())?;
        }
        for host in self.lease.refused_hosts() {
            let host = self.redactor.without_secrets(&host);
            self.problems.push(NotebookProblem::RefusedHost { host });
        }
        if let Purpose::Test(store) = self.purpose {
            // Asked now, as a cell that passed has taken back what an earlier difference left.
            for orphan in store.orphans(std::slice::from_ref(self.notebook), false)? {
                if orphan.kind != OrphanKind::Pending {
                    let snapshot = self.project.relative(&orphan.path);
                    self.problems.push(NotebookProblem::OrphanSnapshot { snapshot });
                }
            }
        }
        let statuses: Vec<Status> = self.verdicts.iter().map(|judged| judged.verdict.status()).collect();
        let not_run = self.cells.len() - statuses.len();
        let of_notebook = self.problems.iter().map(NotebookProblem::status).chain((not_run > 0).then_some(Status::NotRun));
        let mut status = statuses.iter().copied().chain(of_notebook).fold(Status::Passed, Status::max);
        let hits = self.redactor.hits();
        let (notebook, path) = (self.label.to_owned(), self.project.relative(&self.notebook.path));
        let number = attempt.number;
        let is_interrupted = self.problems.contains(&NotebookProblem::Interrupted);
        if let Some(of) = attempt.again(status).filter(|_| !is_interrupted) {
            let event = Event::NotebookRetried { notebook, attempt: number, of, status };
            (self.emit)(event).map_err(RunError::Report)?;
            return Ok(Judgement { status, hits, is_interrupted, is_last: false, records: Vec::new(), accesses: None });
        }
        if status.is_good() && number > 1 && attempt.repeat <= 1 {
            status = Status::Flaky;
        }
        let count = |wanted: &dyn Fn(&Status) -> bool| statuses.iter().filter(|status| wanted(status)).count();
        summary.cells_failed += count(&|status| !status.is_good());
        summary.cells_new += count(&|status| *status == Status::New);
        summary.cells_skipped += count(&|status| *status == Status::Skipped);
        summary.cells_passed += count(&|status| *status == Status::Passed);
        summary.cells_not_run += not_run;
        summary.passed += usize::from(status.is_good());
        // Nothing is wrong with a notebook that somebody has stopped.
        let is_stopped = is_interrupted && status == Status::NotRun;
        summary.not_run += usize::from(is_stopped);
        summary.flaky += usize::from(status == Status::Flaky);
        summary.failed += usize::from(!status.is_good() && !is_stopped);
        summary.new += usize::from(status == Status::New);
        summary.set_up += usize::from(status == Status::SetUp);
        summary.internal += usize::from(status == Status::Internal);
        let (problems, evidence) = (std::mem::take(&mut self.problems), Evidence::Run);
        let finished = NotebookFinished { notebook, path, problems, status, attempts: number, evidence, elapsed };
        (self.emit)(Event::NotebookFinished(finished)).map_err(RunError::Report)?;
        let records = self.verdicts.into_iter().map(|judged| judged.record.map(|record| *record)).collect();
        Ok(Judgement { status, hits, is_interrupted, is_last: true, records, accesses: self.accesses })
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

/// Whether the cells after this one would only fail because it failed. An output that merely differs stops
/// nothing.
fn ends_notebook(problem: &CellProblem) -> bool {
    matches!(problem, CellProblem::Failed(_) | CellProblem::DidNotRaise)
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(STDERR_LINES)..].join("\n")
}
