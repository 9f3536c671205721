//! One job: what it was asked for and how far it has come.
//!
//! [`Job`] gives its state in neutral terms; the words and links of an answer are chosen by the personality
//! that shows it.

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::results::Outputs;
use crate::scenario::{Expiry, Process, Status};
use crate::work::{Staged, Work};

/// What a client asks for when it executes a process.
#[derive(Debug, Clone, Default)]
pub(crate) struct Execution {
    pub(crate) inputs: Map<String, Value>,
    /// The outputs that are wanted, with their transmission modes; all of them if there is none.
    pub(crate) outputs: Option<Map<String, Value>>,
    /// Whether the results are wanted as one document rather than raw (18-062r2, 7.11.2.4).
    pub(crate) is_document: bool,
    pub(crate) subscriber: Option<Subscriber>,
}

impl Execution {
    /// Whether this output is wanted.
    pub(crate) fn wants(&self, output: &str) -> bool {
        self.outputs.as_ref().is_none_or(|outputs| outputs.contains_key(output))
    }

    /// Whether this output is wanted by reference.
    pub(crate) fn by_reference(&self, output: &str) -> bool {
        self.outputs.as_ref().is_some_and(|outputs| outputs.get(output).is_some_and(|one| one["transmissionMode"] == "reference"))
    }
}

/// Where a client wants messages about a job (OGC 18-062r2, 7.13).
#[derive(Debug, Clone, Default)]
pub(crate) struct Subscriber {
    pub(crate) in_progress: Option<String>,
    pub(crate) success: Option<String>,
    pub(crate) failed: Option<String>,
}

/// Where a job is between its creation and its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Created, and nothing else is known of it.
    New,
    /// On its way, also when paused.
    Running,
    Successful,
    Failed,
}

/// A job of a namespace.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) namespace: String,
    pub(crate) process: Arc<Process>,
    pub(crate) execution: Execution,
    /// All outputs, under this job's id, whether or not they are wanted.
    pub(crate) outputs: Outputs,
    /// Against the dates of the scenario.
    pub(super) later: TimeDelta,
    /// When it was created, by the clock of this machine.
    pub(super) since: Instant,
    pub(super) timeline: Vec<Status>,
    /// What has to be done before it goes on.
    pub(super) work: Option<Work>,
    /// What it will store when it succeeds.
    pub(super) staged: Vec<Staged>,
    /// How many statuses of the timeline have been answered.
    pub(super) told: usize,
    /// How many of them the subscriber has got.
    pub(super) notified: usize,
    /// How many more requests do not find it.
    pub(super) unknown_for: u32,
    /// When it ended, by the clock of this machine, and how many requests have found it since.
    pub(super) ended: Option<(Instant, u32)>,
}

impl Job {
    /// The status that the job has reached; `None` where it has only been created.
    pub(crate) fn now(&self) -> Option<&Status> {
        self.told.checked_sub(1).and_then(|index| self.timeline.get(index))
    }

    /// The last progress that a status gave, in percent; a failure gives none of its own.
    pub(crate) fn progress(&self) -> Option<&Value> {
        self.timeline[..self.told].iter().rev().find_map(|status| status.progress.as_ref())
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.now() {
            None => Phase::New,
            Some(status) => match status.status.as_str() {
                "successful" => Phase::Successful,
                "failed" => Phase::Failed,
                _ => Phase::Running,
            },
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(self.phase(), Phase::Successful | Phase::Failed)
    }

    /// Whether it has been over for so long that nobody finds it any more.
    pub(super) fn is_expired(&self, expiry: Expiry) -> bool {
        self.ended.is_some_and(|(when, found)| match expiry {
            Expiry::Requests(most) => found >= most,
            Expiry::Time(longest) => when.elapsed() >= longest,
        })
    }

    pub(crate) fn created(&self) -> DateTime<Utc> {
        self.process.created + self.later
    }

    pub(crate) fn updated(&self) -> DateTime<Utc> {
        self.now().map_or(self.process.created, |status| status.updated) + self.later
    }

    pub(crate) fn finished(&self) -> Option<DateTime<Utc>> {
        Some(self.now()?.finished? + self.later)
    }

    /// How long it took, or has taken until its last update.
    pub(crate) fn duration(&self) -> TimeDelta {
        self.finished().unwrap_or_else(|| self.updated()) - self.created()
    }

    /// What became of it up to now, a line each: what its log files say where the scenario has none.
    pub(crate) fn diary(&self) -> impl Iterator<Item = (DateTime<Utc>, &str)> {
        self.timeline[..self.told].iter().map(|status| (status.updated + self.later, status.message.as_str()))
    }

    /// The job as it was after so many statuses.
    pub(super) fn after(&self, told: usize) -> Self {
        Self { told, ..self.clone() }
    }
}
