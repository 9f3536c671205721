//! What the report for people has counted of a notebook that is being run.

use std::time::Duration;

use crate::event::{CellProblem, CellVerdict, Evidence, Proposal, Status, Timing};
use crate::report::style::count;

/// A notebook that is being run.
#[derive(Default)]
pub(super) struct Running {
    pub(super) cells: usize,
    pub(super) failed: usize,
    /// Cells whose output is new, and whether the last one's waits for review.
    pub(super) new: usize,
    pub(super) proposal: Option<Proposal>,
    pub(super) not_run: usize,
    pub(super) skipped: usize,
    /// How long the cells' code compiled, and how long the cells took in all.
    pub(super) compile: Duration,
    pub(super) elapsed: Duration,
    /// The number of the cell that is being run, and its name.
    pub(super) cell: Option<(usize, String)>,
}

impl Running {
    pub(super) fn take(&mut self, verdict: &CellVerdict, timing: Timing) {
        match verdict {
            CellVerdict::Failed { problems, .. } if verdict.status() == Status::New => {
                self.new += 1;
                self.proposal = problems.iter().find_map(CellProblem::proposal);
            }
            CellVerdict::Failed { .. } => self.failed += 1,
            CellVerdict::NotRun => self.not_run += 1,
            CellVerdict::Skipped { .. } => self.skipped += 1,
            CellVerdict::Passed | CellVerdict::Cached => {}
        }
        self.elapsed += timing.elapsed;
        self.compile += timing.compile.unwrap_or_default();
    }

    /// How the notebook did, in the words after its name.
    pub(super) fn outcome(&self, status: Status, attempts: u32, evidence: Evidence, verbose: bool) -> String {
        if !status.is_good() {
            return self.counts();
        }
        let mut parts = vec![count(self.cells, "cell")];
        if self.skipped > 0 {
            parts.push(format!("{} skipped", self.skipped));
        }
        match evidence {
            Evidence::Run => {}
            Evidence::Cache => parts.push("nothing has changed since it passed".into()),
        }
        match status {
            Status::Flaky => parts.push(format!("passed only at run {attempts}")),
            _ if attempts > 1 => parts.push(format!("passed {attempts} times")),
            _ => {}
        }
        if verbose && self.compile > Duration::ZERO {
            let run = self.elapsed.saturating_sub(self.compile);
            parts.push(format!("{:.1} s compiling, {:.1} s running", self.compile.as_secs_f64(), run.as_secs_f64()));
        }
        format!(" ({})", parts.join(", "))
    }

    /// How the cells of a notebook that failed did; nothing if no cell ran.
    fn counts(&self) -> String {
        let mut parts = Vec::new();
        if self.failed > 0 {
            parts.push(format!("{} of {} failed", self.failed, count(self.cells, "cell")));
        }
        if self.new > 0 {
            let of = if self.failed > 0 { String::new() } else { format!(" of {}", count(self.cells, "cell")) };
            parts.push(format!("{}{of} new", self.new));
        }
        if self.not_run > 0 {
            parts.push(format!("{} not run", self.not_run));
        }
        if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
    }
}
