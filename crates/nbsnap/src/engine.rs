//! What runs notebooks, seen from the runner: the traits [`Engine`] and [`Worker`], and what they report.
//!
//! An engine executes and records. It compares nothing, prints nothing, and does not know what a snapshot is.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::event::Event;
use crate::notebook::{CodeCell, Notebook};
use crate::record::{CellRecord, Failure};

/// Why an engine cannot work. This says nothing about any notebook.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A file of the engine's own cannot be used.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program that the engine needs cannot be started.
    #[error("cannot run `{program}`: {source}; is the Rust toolchain installed and on PATH?")]
    Program {
        /// The program.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The standard library's source, which evcxr reads types from, is missing and cannot be fetched.
    #[error("evcxr needs the standard library's source: run `rustup component add rust-src` (tried: {reason})")]
    NoRustSource {
        /// What happened.
        reason: String,
    },
    /// The notebooks' dependencies do not resolve or build.
    #[error("the notebooks' dependencies do not build:\n{output}")]
    Dependencies {
        /// Cargo's messages.
        output: String,
    },
    /// The committed lock file does not fit the notebooks' `:dep` lines, and must not be changed now.
    #[error("{path} does not fit the notebooks' `:dep` lines ({reason}); run `nbsnap test` without CI set and commit the file")]
    LockOutOfDate {
        /// The lock file.
        path: PathBuf,
        /// What is different.
        reason: String,
    },
    /// evcxr did not start.
    #[error("evcxr does not start: {message}")]
    Start {
        /// What it said.
        message: String,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// Tells everything that waits that the user wants to stop. Cheap to clone; clones share the wish.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// The wish as a flag, for a signal handler.
    pub fn flag(&self) -> Arc<AtomicBool> {
        self.0.clone()
    }

    /// Whether the user wants to stop.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A notebook, with what it is to be run with.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// The notebook.
    pub notebook: &'a Notebook,
    /// Variables that its process gets beside the plain ones of every process (`PATH`, `HOME`, …).
    pub variables: BTreeMap<String, String>,
    /// How long a cell's code may run.
    pub cell_timeout: Duration,
    /// How long a cell may take to compile.
    pub compile_timeout: Duration,
    /// How many bytes of a cell's stdout, and of its stderr, are kept.
    pub max_output: u64,
}

/// What an engine reports while it runs a notebook.
#[derive(Debug)]
pub enum Progress<'a> {
    /// A cell begins.
    Started(&'a CodeCell),
    /// A cell ended.
    Ended(&'a CodeCell, CellRecord, Duration),
    /// The notebook could not be begun, which is the fault of no cell.
    CannotBegin(Failure),
    /// After the last cell had ended, this was printed.
    Late(String),
}

/// What came of [`Worker::shortcut`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// Records of the cells, in order. They end after the first cell that failed, unless the cell is tagged `raises-exception`.
    Records(Vec<CellRecord>),
    /// The quicker way would not come to the same; this is why, as half a sentence: ``cell 3 has `:vars` ``.
    Declined(String),
}

/// Something that runs notebooks.
pub trait Engine: Sync {
    /// The name that users choose it by.
    fn name(&self) -> &'static str;

    /// Gets ready for `selected`, which are among `all` of the project's notebooks. Long steps are told through `emit`.
    ///
    /// # Errors
    /// When no notebook can be run.
    fn prepare(&mut self, all: &[Notebook], selected: &[Notebook], emit: &mut dyn FnMut(Event)) -> Result<(), EngineError>;

    /// What its verdicts rest on beside notebooks and what they depend on, part by part: the engine's name, versions, the toolchain.
    ///
    /// # Errors
    /// When that cannot be found out.
    fn fingerprint(&self) -> Result<BTreeMap<String, String>, EngineError>;

    /// Folders of the local packages that the prepared notebooks depend on.
    fn sources(&self) -> &[PathBuf];

    /// Whether its workers can take a [`Worker::shortcut`].
    fn has_shortcut(&self) -> bool {
        false
    }

    /// One of several workers, each of which runs one notebook at a time; they are numbered from 0.
    ///
    /// # Errors
    /// When the engine was not prepared, or the worker cannot be set up.
    fn worker(&self, number: usize) -> Result<Box<dyn Worker + '_>, EngineError>;
}

/// What runs notebooks for an [`Engine`], one after another.
pub trait Worker: Send {
    /// Runs a notebook in a quicker way that comes to the same, or says why that is not possible.
    ///
    /// # Errors
    /// When the engine itself breaks down, or the user wants to stop.
    fn shortcut(&mut self, _run: &Run<'_>) -> Result<Look, EngineError> {
        Ok(Look::Declined("the engine has no quicker way".into()))
    }

    /// Runs a notebook's cells in order until `report` says to stop.
    ///
    /// # Errors
    /// When the engine itself breaks down. A cell that fails is no error.
    fn run(&mut self, run: &Run<'_>, report: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>) -> Result<(), EngineError>;
}
