//! What a notebook is provided with while it runs: variables, secrets to hide, and the hosts that it asked
//! for and did not get.
//!
//! The runner knows servers and fixtures only through these two traits; what is behind them is the command
//! line's choice.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::notebook::Notebook;

/// Something that provides each notebook that runs with an environment.
pub trait Environment: Send + Sync {
    /// Sets up what `notebook` needs, fresh for this one run.
    ///
    /// # Errors
    /// A message in words when it cannot be set up; the run then stops, as this says nothing about the
    /// notebook.
    fn provision(&self, notebook: &Notebook) -> Result<Box<dyn Lease>, String>;

    /// The files that decide what `notebook` is provided with: while they are the same, so is the
    /// environment.
    ///
    /// # Errors
    /// As [`Environment::provision`].
    fn files(&self, notebook: &Notebook) -> Result<Vec<PathBuf>, String>;

    /// Whether notebooks act on something that others use as well, such as a real server: then nothing is
    /// done there that nobody has asked for.
    fn is_shared(&self) -> bool {
        false
    }
}

/// An environment while a notebook has it. Dropping it takes everything down.
pub trait Lease: Send {
    /// Environment variables for the notebook's process, and for nothing else.
    fn variables(&self) -> BTreeMap<String, String>;

    /// Values that must never reach a snapshot, a log or a report.
    fn secrets(&self) -> Vec<String>;

    /// Hosts that the notebook asked for so far and was refused, each once.
    fn refused_hosts(&self) -> Vec<String>;
}

/// Provides nothing: for projects whose notebooks need no server.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl Environment for Nothing {
    fn provision(&self, _notebook: &Notebook) -> Result<Box<dyn Lease>, String> {
        Ok(Box::new(Nothing))
    }

    fn files(&self, _notebook: &Notebook) -> Result<Vec<PathBuf>, String> {
        Ok(Vec::new())
    }
}

impl Lease for Nothing {
    fn variables(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    fn secrets(&self) -> Vec<String> {
        Vec::new()
    }

    fn refused_hosts(&self) -> Vec<String> {
        Vec::new()
    }
}
