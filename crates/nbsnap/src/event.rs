//! What happens during a run, told as it happens. The engine and the runner emit events; reporters render them.
//!
//! The main type is [`Event`]. Events carry everything a reporter needs, so that a reporter never asks back.

use std::path::PathBuf;
use std::time::Duration;

use crate::notebook::CodeCell;
use crate::record::Failure;

/// One thing that happened during a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The notebooks are known and the run begins.
    RunStarted {
        /// How many notebooks will be run.
        notebooks: usize,
        /// How many code cells they have.
        cells: usize,
        /// The engine's name.
        engine: &'static str,
    },
    /// Something slow other than a build begins: waiting for another run, fetching rust-src, running a notebook at which a quick look was
    /// not possible.
    Notice {
        /// What, as a sentence without a full stop.
        message: String,
    },
    /// The notebooks' dependencies are being built.
    PreparationStarted {
        /// How many crates the build has, known ones included.
        crates: usize,
    },
    /// A crate of the notebooks' dependencies is ready.
    PreparationProgress {
        /// How many crates are ready.
        done: usize,
        /// How many crates the build has.
        crates: usize,
        /// The crate that just became ready.
        name: String,
    },
    /// The notebooks' dependencies are built.
    PreparationFinished {
        /// How many crates the build has.
        crates: usize,
        /// How many of them had to be compiled now.
        compiled: usize,
        /// How long it took.
        elapsed: Duration,
    },
    /// A notebook begins.
    NotebookStarted {
        /// The notebook's name.
        notebook: String,
        /// How many code cells it has.
        cells: usize,
    },
    /// A cell begins.
    CellStarted {
        /// The notebook's name.
        notebook: String,
        /// The cell.
        cell: CodeCell,
    },
    /// A cell ended, or was not run.
    CellFinished {
        /// The notebook's name.
        notebook: String,
        /// The notebook's file.
        path: PathBuf,
        /// The cell.
        cell: CodeCell,
        /// What became of it.
        verdict: CellVerdict,
        /// How long it took, compilation included.
        elapsed: Duration,
    },
    /// A notebook ended.
    NotebookFinished {
        /// The notebook's name.
        notebook: String,
        /// The notebook's file.
        path: PathBuf,
        /// What is wrong with the notebook as a whole, beside its cells.
        problems: Vec<NotebookProblem>,
        /// Whether the notebook and all its cells are as they should be.
        passed: bool,
        /// What this rests on.
        evidence: Evidence,
        /// How long it took, preparation excluded.
        elapsed: Duration,
    },
    /// The run ended.
    RunFinished {
        /// The counts.
        summary: Summary,
        /// How long the run took, preparation included.
        elapsed: Duration,
    },
}

/// What a verdict on a notebook rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evidence {
    /// The engine ran it.
    Run,
    /// A quick look was enough to see that all is as recorded.
    Shortcut,
    /// It was not run: it passed before, and nothing that this rested on has changed.
    Cache,
}

/// What became of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CellVerdict {
    /// It did what it should, and its output is as recorded.
    Passed,
    /// It was not run: it passed before, and nothing that this rested on has changed.
    Cached,
    /// Something is wrong; every reason is listed.
    Failed {
        /// The reasons, most telling first; never empty.
        problems: Vec<CellProblem>,
        /// The end of what the cell wrote to standard error, for a reader who looks for the cause.
        stderr: String,
    },
    /// It was not run because an earlier cell failed.
    NotRun,
}

/// One thing that is wrong with a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CellProblem {
    /// The cell failed, and nothing says that it should.
    Failed(Failure),
    /// The cell is tagged `raises-exception` and raised nothing.
    DidNotRaise,
    /// The output differs from the snapshot.
    OutputChanged {
        /// The snapshot.
        snapshot: PathBuf,
        /// The recorded body.
        expected: String,
        /// The body now.
        actual: String,
        /// Whether the new body was written beside it as `.snap.new`.
        pending: bool,
    },
    /// The snapshot holds output, and the cell produced none.
    OutputMissing {
        /// The snapshot.
        snapshot: PathBuf,
        /// The recorded body.
        expected: String,
        /// Whether an empty `.snap.new` was written beside it.
        pending: bool,
    },
    /// The cell produced output, and there is no snapshot.
    SnapshotMissing {
        /// Where the snapshot would be.
        snapshot: PathBuf,
        /// The body now.
        actual: String,
        /// Whether the body was written as `.snap.new`.
        pending: bool,
    },
}

/// One thing that is wrong with a notebook as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotebookProblem {
    /// The notebook asked for a host that its environment does not serve.
    RefusedHost {
        /// The host.
        host: String,
    },
    /// A snapshot belongs to no cell.
    OrphanSnapshot {
        /// The snapshot.
        snapshot: PathBuf,
    },
    /// The file cannot be tested as a notebook.
    Unusable {
        /// Why, in words.
        reason: String,
    },
    /// The engine broke down before or between cells.
    Engine {
        /// What happened to it.
        message: String,
    },
}

/// The counts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Notebooks that passed.
    pub passed: usize,
    /// Notebooks that were not run, as nothing has changed since they passed.
    pub cached: usize,
    /// Notebooks that failed.
    pub failed: usize,
    /// Cells that passed.
    pub cells_passed: usize,
    /// Cells of notebooks that were not run, as nothing has changed since they passed.
    pub cells_cached: usize,
    /// Cells that failed.
    pub cells_failed: usize,
    /// Cells that were not run.
    pub cells_not_run: usize,
    /// Snapshots now waiting for review.
    pub pending: usize,
    /// Snapshots that belong to no notebook at all.
    pub orphans: usize,
}

impl Summary {
    /// Adds the counts of another.
    pub fn add(&mut self, other: &Summary) {
        let Summary { passed, cached, failed, cells_passed, cells_cached, cells_failed, cells_not_run, pending, orphans } = other;
        self.passed += passed;
        self.cached += cached;
        self.failed += failed;
        self.cells_passed += cells_passed;
        self.cells_cached += cells_cached;
        self.cells_failed += cells_failed;
        self.cells_not_run += cells_not_run;
        self.pending += pending;
        self.orphans += orphans;
    }
}
