//! Why and how often a notebook is run, and the outcome of one run.

use rust_cells::Accesses;

use crate::event::Status;
use crate::record::CellRecord;
use crate::redact::RuleHits;
use crate::snapshot::SnapshotStore;

/// Why notebooks are run.
#[derive(Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// To compare what cells produce with these snapshots.
    Test(&'a SnapshotStore),
    /// To get what cells produce.
    Outputs(AfterFailure),
}

/// What happens to the cells after one that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterFailure {
    /// They are not run.
    Stop,
    /// They are run anyway.
    GoOn,
}

/// Which of several runs of a notebook this is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    /// From 1.
    pub(super) number: u32,
    /// How often it is run if it goes on failing.
    pub(super) of: u32,
    /// How often it is run if it goes on passing.
    pub(super) repeat: u32,
}

impl Attempt {
    /// How often the notebook may run in all if it runs again after this outcome; none if it does not run
    /// again.
    pub(super) fn again(&self, status: Status) -> Option<u32> {
        let most = if status.is_good() { self.repeat } else { self.of };
        (self.number < most).then_some(most)
    }
}

/// The outcome of a run of a notebook.
pub(super) struct Judgement {
    /// Its verdict.
    pub(super) status: Status,
    /// How often each redaction rule applied.
    pub(super) hits: Vec<RuleHits>,
    /// Whether the user stopped it.
    pub(super) is_interrupted: bool,
    /// Whether the notebook is not run once more.
    pub(super) is_last: bool,
    /// What each cell produced, redacted; nothing for one that was not run.
    pub(super) records: Vec<Option<CellRecord>>,
    /// What cells have asked the system for, if that is known.
    pub(super) accesses: Option<Accesses>,
}
