//! A cell that rustc has checked, while it still generates the cell's code.
//!
//! The main type is [`Unfinished`]. The types of the cell's variables are known by then, so the next cell
//! need not wait for the library.

use std::path::PathBuf;
use std::time::Instant;

use crate::Error;
use crate::artefacts::{Artefact, Artefacts};
use crate::cancellation::CancellationToken;
use crate::compile::{Called, Made, Running};

/// The library of a checked cell, which rustc still makes. Dropping it ends rustc.
///
/// The thread that began it has to live until it is finished or dropped: the system ends rustc with its
/// thread.
#[derive(Debug)]
#[must_use = "rustc ends when this is dropped"]
pub struct Unfinished {
    pub(super) running: Running,
    pub(super) artefact: Artefact,
    pub(super) artefacts: Artefacts,
    pub(super) key: String,
}

/// What became of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// It is kept, so that compiling the cell again finds it.
    Kept,
    /// rustc found an error while it generated code. Compiling the cell again reports it.
    Failed,
    /// rustc was still at work when its time was up.
    TimedOut,
}

/// The same, with what the compiler needs to go on.
pub(super) enum Rest {
    Kept(Artefact),
    Failed(Made),
    TimedOut,
}

impl Unfinished {
    /// Waits for rustc, and keeps what it has made.
    ///
    /// # Errors
    /// When rustc is killed, the library cannot be kept, or the token is cancelled.
    pub fn finish(self, deadline: Instant, token: &CancellationToken) -> Result<Finished, Error> {
        Ok(match self.rest(deadline, token)? {
            Rest::Kept(_) => Finished::Kept,
            Rest::Failed(_) => Finished::Failed,
            Rest::TimedOut => Finished::TimedOut,
        })
    }

    pub(super) fn rest(self, deadline: Instant, token: &CancellationToken) -> Result<Rest, Error> {
        let Unfinished { running, artefact, artefacts, key } = self;
        Ok(match running.finish(deadline, token)? {
            Called::Ended(made) if made.success => Rest::Kept(artefacts.keep(&key, artefact)?),
            Called::Ended(made) => Rest::Failed(made),
            Called::TimedOut => Rest::TimedOut,
        })
    }

    /// Where the library will be.
    pub(super) fn library(&self) -> Option<PathBuf> {
        self.artefacts.library_of(&self.key, &self.artefact)
    }
}
