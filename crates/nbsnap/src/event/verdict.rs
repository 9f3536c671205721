//! The verdicts on a notebook and its cells, with the reasons.
//!
//! The main types are [`Status`], the verdict in one word, and [`CellVerdict`], which has the reasons. It is
//! plain data.

use std::path::PathBuf;
use std::time::Duration;

use crate::record::Failure;
use crate::snapshot::Difference;

/// The verdict on a notebook or a cell, in one word. The greater one is more serious.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Status {
    /// It was not run: it passed before, and nothing that this rested on has changed.
    Cached,
    /// It was not run, because a tag or its metadata says so.
    Skipped,
    /// It did what it should, and its output is as recorded.
    Passed,
    /// It passed, but not at the first run (`--retries`). It is not remembered as passed.
    Flaky,
    /// It was not run, or not to its end: something before it failed, the time was up, or `--fail-fast` or
    /// the user ended the run.
    NotRun,
    /// There is output, and none is recorded: look at it, then accept it.
    New,
    /// The output is not as recorded. Where nobody has edited anything, the notebook runs once more, but not
    /// against a live server: a cell that then gives another output is called nondeterministic.
    Changed,
    /// It failed: it did not compile, panicked, left through `?`, or broke another rule.
    Failed,
    /// It was still compiling or running when its time was up.
    TimedOut,
    /// The process that ran it ended: `exit`, a signal, no memory.
    Died,
    /// This machine lacks what it needs in order to run, such as its kernel; the report says how to get it.
    /// If nothing else failed, the exit code is 96 and not 100.
    SetUp,
    /// The runner itself broke down, which says nothing about the notebook. If nothing else failed, the exit
    /// code is 96 and not 100.
    Internal,
}

impl Status {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Status::Cached => "cached",
            Status::Skipped => "skipped",
            Status::Passed => "passed",
            Status::Flaky => "flaky",
            Status::NotRun => "not run",
            Status::New => "new",
            Status::Changed => "changed",
            Status::Failed => "failed",
            Status::TimedOut => "timed out",
            Status::Died => "died",
            Status::SetUp => "set-up error",
            Status::Internal => "internal error",
        }
    }

    /// Whether it is as it should be, as far as known.
    pub fn is_good(self) -> bool {
        matches!(self, Status::Cached | Status::Skipped | Status::Passed | Status::Flaky)
    }
}

/// What a verdict on a notebook depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evidence {
    /// The engine ran it.
    Run,
    /// It was not run: it passed before, and nothing that this rested on has changed.
    Cache,
}

/// The outcome of a cell.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum CellVerdict {
    /// It did what it should, and its output is as recorded.
    Passed,
    /// It was not run: it passed before, and nothing that this rested on has changed.
    Cached,
    /// It was not run, as it or somebody says that it should not.
    Skipped {
        /// Why, as half a sentence: ``tagged `skip-execution` ``.
        reason: String,
    },
    /// Something is wrong; every reason is listed.
    Failed {
        /// The reasons, most important first. Never empty.
        problems: Vec<CellProblem>,
        /// The end of the cell's standard error, for a reader who looks for the cause.
        stderr: String,
    },
    /// It was not run because an earlier cell failed, or the notebook's time was up.
    NotRun,
}

impl CellVerdict {
    /// The verdict in one word.
    pub fn status(&self) -> Status {
        match self {
            CellVerdict::Passed => Status::Passed,
            CellVerdict::Cached => Status::Cached,
            CellVerdict::Skipped { .. } => Status::Skipped,
            CellVerdict::NotRun => Status::NotRun,
            CellVerdict::Failed { problems, .. } => problems.iter().map(CellProblem::status).max().unwrap_or(Status::Failed),
        }
    }

    /// The problems. Empty unless it failed.
    pub fn problems(&self) -> &[CellProblem] {
        match self {
            CellVerdict::Failed { problems, .. } => problems,
            _ => &[],
        }
    }
}

/// Whether output that is not as recorded was written for review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proposal {
    /// It was, next to the snapshot, as `.snap.new`.
    Pending,
    /// Nothing is written in this run, as on a build machine.
    UpdatesAreOff,
    /// It is that of a further engine. Only the first one's output is written.
    OfFurtherEngine,
}

/// One thing that is wrong with a cell.
#[derive(Clone, Debug, PartialEq)]
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
        /// Whether the new body was written next to it as `.snap.new`.
        pending: Proposal,
        /// The channels that differ by more than allowed. Empty if the recorded body cannot be read.
        differences: Vec<Difference>,
    },
    /// The snapshot has output, and the cell produced none.
    OutputMissing {
        /// The snapshot.
        snapshot: PathBuf,
        /// The recorded body.
        expected: String,
        /// Whether an empty `.snap.new` was written next to it.
        pending: Proposal,
    },
    /// The cell produced output, and there is no snapshot.
    SnapshotMissing {
        /// Where the snapshot would be.
        snapshot: PathBuf,
        /// The body now.
        actual: String,
        /// Whether the body was written as `.snap.new`.
        pending: Proposal,
    },
}

impl CellProblem {
    /// The problem in one word.
    pub fn status(&self) -> Status {
        match self {
            CellProblem::Failed(Failure::Timeout { .. } | Failure::NotebookTimeout { .. }) => Status::TimedOut,
            CellProblem::Failed(Failure::Died { .. }) => Status::Died,
            CellProblem::Failed(Failure::SetUp { .. }) => Status::SetUp,
            CellProblem::Failed(Failure::Engine { .. }) => Status::Internal,
            CellProblem::Failed(_) | CellProblem::DidNotRaise => Status::Failed,
            CellProblem::OutputChanged { .. } | CellProblem::OutputMissing { .. } => Status::Changed,
            CellProblem::SnapshotMissing { .. } => Status::New,
        }
    }

    /// Whether unexpected output was written for review. `None` if output is not the problem.
    pub fn proposal(&self) -> Option<Proposal> {
        match self {
            CellProblem::OutputChanged { pending, .. }
            | CellProblem::OutputMissing { pending, .. }
            | CellProblem::SnapshotMissing { pending, .. } => Some(*pending),
            CellProblem::Failed(_) | CellProblem::DidNotRaise => None,
        }
    }
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
    /// The notebook took longer than a whole notebook may.
    TimedOut {
        /// How long it may take.
        limit: Duration,
    },
    /// The file cannot be tested as a notebook.
    Unusable {
        /// The reason, in words.
        reason: String,
    },
    /// The user stopped the run before the notebook was done.
    Interrupted,
    /// The output of a cell differs from its snapshot. It differed again in a second run, though the
    /// notebook was not edited.
    Nondeterministic {
        /// The cell's number.
        number: usize,
        /// The cell's id.
        cell: String,
        /// The channels that differ between the two runs: `stdout`, `text/html`, …
        sections: Vec<String>,
    },
    /// This machine lacks what it needs in order to run, such as its kernel.
    SetUp {
        /// What is missing, and how to get it.
        message: String,
    },
    /// The engine broke down before or between cells.
    Engine {
        /// What happened to it.
        message: String,
    },
}

impl NotebookProblem {
    /// The problem in one word.
    pub fn status(&self) -> Status {
        match self {
            NotebookProblem::TimedOut { .. } => Status::TimedOut,
            NotebookProblem::SetUp { .. } => Status::SetUp,
            NotebookProblem::Engine { .. } => Status::Internal,
            NotebookProblem::Interrupted => Status::NotRun,
            NotebookProblem::Nondeterministic { .. } => Status::Changed,
            NotebookProblem::RefusedHost { .. } | NotebookProblem::OrphanSnapshot { .. } | NotebookProblem::Unusable { .. } => {
                Status::Failed
            }
        }
    }
}
