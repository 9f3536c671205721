//! What runs notebooks, seen from the runner: the traits [`Engine`] and [`Worker`], and what they report.
//!
//! An engine executes and records. It compares nothing, prints nothing, and does not know what a snapshot is.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rust_cells::Accesses;

use crate::config::Config;
use crate::event::{Event, Timing};
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
    /// The notebooks' dependencies do not resolve or build.
    #[error("the notebooks' dependencies do not build:\n{output}")]
    Dependencies {
        /// Cargo's messages.
        output: String,
    },
    /// The notebooks' dependencies take too long to build.
    #[error(
        "the notebooks' dependencies are not built in time; what is built is kept, `prepare-timeout` says how long it may take"
    )]
    PrepareTimeout,
    /// The committed lock file does not fit the notebooks' `:dep` lines, and must not be changed now.
    #[error("{path} does not fit the notebooks' `:dep` lines ({reason}); run `nbsnap test` without CI set and commit the file")]
    LockOutOfDate {
        /// The lock file.
        path: PathBuf,
        /// What is different.
        reason: String,
    },
    /// The engine cannot work for a reason of its own, which its message says in whole sentences.
    #[error("{message}")]
    Failed {
        /// What is wrong, and what to do.
        message: String,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// A cancellation token: set when the user wants to stop. Everything that waits looks at it. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// The token as a flag, for a signal handler.
    pub fn flag(&self) -> Arc<AtomicBool> {
        self.0.clone()
    }

    /// Whether the user wants to stop.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Sets the token.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl From<Arc<AtomicBool>> for Interrupt {
    fn from(flag: Arc<AtomicBool>) -> Interrupt {
        Interrupt(flag)
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
    /// How many bytes of memory the process that runs the cells may take.
    pub max_memory: Option<u64>,
    /// When the whole notebook must be done.
    pub deadline: Option<Instant>,
}

/// How long a cell may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// To compile.
    pub compile: Duration,
    /// To run.
    pub run: Duration,
}

impl<'a> Run<'a> {
    /// A run of a notebook that begins now, as the notebook says or else as these settings do.
    pub fn new(config: &Config, notebook: &'a Notebook, variables: BTreeMap<String, String>) -> Run<'a> {
        let own = &notebook.overrides;
        Run {
            notebook,
            variables,
            cell_timeout: own.cell_timeout.unwrap_or(config.cell_timeout),
            compile_timeout: own.compile_timeout.unwrap_or(config.compile_timeout),
            max_output: config.max_output,
            max_memory: own.max_memory.or(config.max_memory),
            deadline: Instant::now().checked_add(config.notebook_timeout(notebook)),
        }
    }

    /// How long a cell that begins now may take: as long as it says itself, or as all cells may, and never
    /// longer than the notebook.
    pub fn limits(&self, cell: &CodeCell) -> Limits {
        let left = self.deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
        // What is shown to people has no nanoseconds.
        let left = Duration::from_millis(u64::try_from(left.as_millis()).unwrap_or(u64::MAX));
        let Limits { compile, run } = self.allowed(cell);
        Limits { compile: compile.min(left), run: run.min(left) }
    }

    /// How long a cell may take, however much is left of the notebook's time. An engine that knows when a
    /// cell has been compiled checks [`Run::deadline`] itself: the time that is left then differs from what
    /// was left when the cell began.
    pub fn allowed(&self, cell: &CodeCell) -> Limits {
        Limits {
            compile: cell.overrides.compile_timeout.unwrap_or(self.compile_timeout),
            run: cell.overrides.timeout.unwrap_or(self.cell_timeout),
        }
    }

    /// Whether the notebook's time is up.
    pub fn is_over(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }
}

/// What an engine reports while it runs a notebook.
#[derive(Debug)]
pub enum Progress<'a> {
    /// A cell begins.
    Started(&'a CodeCell),
    /// A cell ended.
    Ended(&'a CodeCell, CellRecord, Timing),
    /// The notebook could not be begun. No cell is at fault.
    CannotBegin(Failure),
    /// This was printed after the last cell had ended.
    Late(String),
    /// What all its cells have asked the system for; none where that is not known.
    Accessed(Option<Accesses>),
}

/// The outcome of [`Worker::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// The cells that do not compile, by number. Cells that only lack what an earlier one of them would have
    /// defined are left out.
    Cells(BTreeMap<usize, Failure>),
    /// The engine cannot tell without running the notebook; this is why, as half a sentence: ``cell 3 has
    /// `:vars` ``.
    Unknown(String),
}

/// Something that runs notebooks.
pub trait Engine: Sync {
    /// The name that users choose it by.
    fn name(&self) -> &'static str;

    /// Gets ready for `selected`, which are among `all` of the project's notebooks. Reports long steps
    /// through `emit`.
    ///
    /// # Errors
    /// When no notebook can be run.
    fn prepare(&mut self, all: &[Notebook], selected: &[Notebook], emit: &mut dyn FnMut(Event)) -> Result<(), EngineError>;

    /// What its verdicts rest on beside notebooks and their dependencies, part by part: the engine's name,
    /// versions, the toolchain.
    ///
    /// # Errors
    /// When that cannot be found out.
    fn fingerprint(&self) -> Result<BTreeMap<String, String>, EngineError>;

    /// [`Engine::fingerprint`] of what runs this notebook, where the engine leaves some to another, or has
    /// several kernels.
    ///
    /// # Errors
    /// When that cannot be found out.
    fn fingerprint_for(&self, _notebook: &Notebook) -> Result<BTreeMap<String, String>, EngineError> {
        self.fingerprint()
    }

    /// What the local packages that the prepared notebooks depend on are made from: files, or folders of
    /// packages.
    fn sources(&self) -> &[PathBuf];

    /// The machine's variables that their sources and build scripts have read.
    fn variables(&self) -> &[String] {
        &[]
    }

    /// The name of what runs this notebook, where the engine leaves some to another.
    fn name_for(&self, _notebook: &Notebook) -> &'static str {
        self.name()
    }

    /// Whether it reports what a notebook's cells have read, with [`Progress::Accessed`]. Then a notebook
    /// that passed need not run again.
    fn knows_inputs(&self, _notebook: &Notebook) -> bool {
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
    /// Compiles a notebook's cells and runs nothing, or says why that is not possible.
    ///
    /// # Errors
    /// When the engine itself breaks down, or the user wants to stop.
    fn check(&mut self, _run: &Run<'_>) -> Result<Check, EngineError> {
        Ok(Check::Unknown("the engine compiles only what it runs".into()))
    }

    /// Runs a notebook's cells in order until `report` says to stop.
    ///
    /// # Errors
    /// When the engine itself breaks down. A cell that fails is no error.
    fn run(&mut self, run: &Run<'_>, report: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>) -> Result<(), EngineError>;
}
