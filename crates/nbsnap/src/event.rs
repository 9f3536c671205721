//! Events of a run, emitted as they happen. The engine and the runner emit events. Reporters render them.
//!
//! The main type is [`Event`]. Events contain everything a reporter needs, so a reporter never asks back.

mod finished;
mod verdict;

use std::path::PathBuf;
use std::time::Duration;

pub use finished::{CellFinished, NotebookFinished};
use serde::{Deserialize, Serialize};
pub use verdict::{CellProblem, CellVerdict, Evidence, NotebookProblem, Proposal, Status};

use crate::notebook::CodeCell;
use crate::redact::RuleHits;

/// One thing that happened during a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The notebooks are known and the run begins.
    RunStarted {
        /// How many notebooks will be run; a file that cannot be used does not count.
        notebooks: usize,
        /// How many code cells they have.
        cells: usize,
        /// The engine's name; several, separated by commas, where some notebooks are another engine's. Empty
        /// if none will be run.
        engine: String,
    },
    /// Something slow other than a build begins: waiting for another run, fetching rust-src.
    Notice {
        /// What, as a sentence without a full stop.
        message: String,
    },
    /// The engine builds one of its own parts, once.
    EngineBuild {
        /// The program that is built.
        program: String,
        /// How many crates are ready.
        done: usize,
        /// How many crates the build has.
        crates: usize,
        /// The crate that just became ready.
        name: String,
    },
    /// The notebooks' dependencies are being built.
    PreparationStarted {
        /// How many crates the build has, including those that are built already.
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
    /// A cell is at work for longer than most are.
    CellSlow {
        /// The notebook's name.
        notebook: String,
        /// The cell.
        cell: CodeCell,
        /// How long it has been at work, compilation included.
        elapsed: Duration,
    },
    /// A cell ended, or was not run.
    CellFinished(CellFinished),
    /// A notebook begins again, because it failed and may be retried, or because it passed and is checked
    /// for stability. Earlier events about it no longer count.
    NotebookRetried {
        /// The notebook's name.
        notebook: String,
        /// Which try ended, from 1.
        attempt: u32,
        /// How many there may be.
        of: u32,
        /// What became of it.
        status: Status,
    },
    /// A notebook is not run, as it says that it should not.
    NotebookSkipped {
        /// The notebook's name.
        notebook: String,
        /// The notebook's file.
        path: PathBuf,
        /// How many code cells it has.
        cells: usize,
        /// Why, in the notebook's words.
        reason: String,
    },
    /// A notebook ended.
    NotebookFinished(NotebookFinished),
    /// All notebooks are done: how often each redaction rule applied.
    Redacted {
        /// The rules, in their order, over all notebooks.
        hits: Vec<RuleHits>,
        /// The project's rules that never applied, though every notebook in which they could was run.
        unused: Vec<String>,
    },
    /// The run ended.
    RunFinished {
        /// The counts.
        summary: Summary,
        /// How long the run took, preparation included.
        elapsed: Duration,
    },
}

/// Takes events. An error ends the run.
pub type Emit<'a> = &'a mut dyn FnMut(Event) -> std::io::Result<()>;

/// How long a cell took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// All of it.
    pub elapsed: Duration,
    /// How much of it was spent on compiling, if the engine can measure that.
    pub compile: Option<Duration>,
}

impl Timing {
    /// A time whose parts are unknown.
    pub fn of(elapsed: Duration) -> Timing {
        Timing { elapsed, compile: None }
    }
}

/// The counts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Notebooks that passed.
    pub passed: usize,
    /// Notebooks that were not run, as nothing has changed since they passed.
    pub cached: usize,
    /// Notebooks that passed, but not at the first try; they are among those that passed.
    pub flaky: usize,
    /// Notebooks that were not run, as they say that they should not.
    pub skipped: usize,
    /// Notebooks that were not begun, as another one had failed.
    pub not_run: usize,
    /// Notebooks that failed.
    pub failed: usize,
    /// Notebooks whose only problem is output that is not recorded yet. They are among those that failed.
    pub new: usize,
    /// Notebooks that failed because this machine lacks what they need; they are among those that failed.
    pub set_up: usize,
    /// Notebooks that failed because the runner itself broke down; they are among those that failed.
    pub internal: usize,
    /// Cells that passed.
    pub cells_passed: usize,
    /// Cells of notebooks that were not run, as nothing has changed since they passed.
    pub cells_cached: usize,
    /// Cells that were not run, as they say that they should not.
    pub cells_skipped: usize,
    /// Cells that failed.
    pub cells_failed: usize,
    /// Cells whose only problem is output that is not recorded yet. They are among those that failed.
    pub cells_new: usize,
    /// Cells that were not run.
    pub cells_not_run: usize,
    /// Snapshots now waiting for review.
    pub pending: usize,
    /// Snapshots that belong to no notebook.
    pub orphans: usize,
}

impl Summary {
    /// Adds the counts of another.
    pub fn add(&mut self, other: &Summary) {
        let Summary { passed, flaky, cached, skipped, not_run, failed, new, set_up, internal, .. } = other;
        let Summary {
            cells_passed, cells_cached, cells_skipped, cells_failed, cells_new, cells_not_run, pending, orphans, ..
        } = other;
        self.passed += passed;
        self.flaky += flaky;
        self.cached += cached;
        self.skipped += skipped;
        self.not_run += not_run;
        self.failed += failed;
        self.new += new;
        self.set_up += set_up;
        self.internal += internal;
        self.cells_passed += cells_passed;
        self.cells_cached += cells_cached;
        self.cells_skipped += cells_skipped;
        self.cells_failed += cells_failed;
        self.cells_new += cells_new;
        self.cells_not_run += cells_not_run;
        self.pending += pending;
        self.orphans += orphans;
    }
}
