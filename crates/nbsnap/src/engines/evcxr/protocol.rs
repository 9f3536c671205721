//! The messages between the runner and `nbsnap-evcxr`, over the pipes that the latter was started with. One
//! JSON value a line.
//!
//! ```text
//! runner                         nbsnap-evcxr
//!   <──  Ready
//!   Prepare  ──>
//!   <──  Event, …, Prepared
//!   Run { worker: 1 }  ──>                         any number of workers at the same time
//!   <──  Report { worker: 1 }, then GoOn  ──>      for each cell that begins or ends
//!   <──  Ended { worker: 1 }
//!   Leave { worker: 1 }  ──>
//! ```
//! The runner may say `Interrupt` at any time. When it closes its pipe, however it ended, `nbsnap-evcxr` ends
//! all that it has started.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::engine::{EngineError, Progress, Run};
use crate::event::{Event, Timing};
use crate::notebook::{CellOverrides, CodeCell, Notebook};
use crate::record::{CellRecord, Failure};

/// Changes with every change of the messages. Two programs that differ in it do not work together.
pub const VERSION: u32 = 1;

/// The argument that makes `nbsnap-evcxr` speak this protocol on its standard streams.
pub const SERVE: &str = "serve";

/// From the runner.
#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    /// Build what notebooks depend on.
    Prepare {
        /// Where and how.
        settings: Settings,
        /// All notebooks of the project in Rust.
        all: Vec<SentNotebook>,
        /// The names of those that are to be run.
        selected: Vec<String>,
    },
    /// Say where kernels find built what was prepared.
    Folder(Folder),
    /// Run a notebook.
    Run {
        /// The worker that asks. The answer has the same number.
        worker: u64,
        /// The number of the worker's workspace.
        workspace: usize,
        /// The notebook, and what it is to be run with.
        run: SentRun,
    },
    /// The answer to a [`Report`].
    GoOn {
        /// Whose report.
        worker: u64,
        /// Whether the notebook's next cell is to run.
        goes_on: bool,
    },
    /// A worker is gone, and its workspace is free.
    Leave {
        /// Which one.
        worker: u64,
    },
    /// The user wants to stop.
    Interrupt,
}

/// From `nbsnap-evcxr`.
#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    /// It is up.
    Ready {
        /// Its [`VERSION`].
        version: u32,
    },
    /// Something happened while it prepared.
    Event(SentEvent),
    /// The outcome of preparation.
    Prepared(Result<Prepared, Refusal>),
    /// The folder that was asked for.
    Folder(Result<PathBuf, Refusal>),
    /// Something happened while a notebook ran. It waits for [`Request::GoOn`].
    Report {
        /// Whose notebook.
        worker: u64,
        /// What happened.
        report: Report,
    },
    /// A notebook ended.
    Ended {
        /// Whose.
        worker: u64,
        /// Whether the engine is as well as before.
        result: Result<(), Refusal>,
    },
}

/// Where and how notebooks' dependencies are built.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// Folder for builds, kept between runs.
    pub cache: PathBuf,
    /// The committed lock file of the notebooks' dependencies.
    pub lock_file: PathBuf,
    /// Whether that file may be written when it does not fit.
    pub may_write_lock: bool,
    /// Cargo's `opt-level` for cells and dependencies.
    pub opt_level: String,
    /// Crates that are built at opt-level 3, whatever the opt-level of the rest.
    pub optimized: Vec<String>,
    /// How long the notebooks' dependencies may take to build.
    pub prepare_timeout: Duration,
}

impl Settings {
    /// A project's settings, for somebody who builds in `cache` and writes no lock file.
    pub fn new(config: &Config, cache: PathBuf, lock_file: PathBuf) -> Settings {
        Settings {
            cache,
            lock_file,
            may_write_lock: false,
            opt_level: config.build.opt_level.clone(),
            optimized: config.build.optimize.clone(),
            prepare_timeout: config.prepare_timeout,
        }
    }
}

/// The outcome of preparation.
#[derive(Debug, Serialize, Deserialize)]
pub struct Prepared {
    /// Folders of the local packages that the prepared notebooks depend on.
    pub sources: Vec<PathBuf>,
}

/// A folder in which kernels find built what was prepared.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Folder {
    /// Of a kernel that somebody else starts, one at a time.
    OfKernel,
    /// Of the kernels of one worker, by the number of its workspace.
    OfWorker(usize),
}

/// A notebook in Rust, as far as an engine looks at it.
#[derive(Debug, Serialize, Deserialize)]
pub struct SentNotebook {
    name: String,
    path: PathBuf,
    cells: Vec<SentCell>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SentCell {
    number: usize,
    id: String,
    source: String,
    timeout: Option<Duration>,
    compile_timeout: Option<Duration>,
}

/// A notebook, and what it is to be run with; see [`Run`].
#[derive(Debug, Serialize, Deserialize)]
pub struct SentRun {
    notebook: SentNotebook,
    variables: std::collections::BTreeMap<String, String>,
    cell_timeout: Duration,
    compile_timeout: Duration,
    max_output: u64,
    max_memory: Option<u64>,
    /// How much of the notebook's time is left.
    left: Option<Duration>,
}

/// What happened while a notebook ran; see [`Progress`]. Cells are named by their place, from 0.
#[derive(Debug, Serialize, Deserialize)]
pub enum Report {
    /// A cell begins.
    Started(usize),
    /// A cell ended.
    Ended(usize, Box<CellRecord>, Timing),
    /// The notebook could not be begun.
    CannotBegin(Failure),
    /// This was printed when no cell ran.
    Late(String),
}

/// What happens while an engine prepares; see [`Event`].
#[derive(Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as the events of the same names say")]
pub enum SentEvent {
    Notice { message: String },
    PreparationStarted { crates: usize },
    PreparationProgress { done: usize, crates: usize, name: String },
    PreparationFinished { crates: usize, compiled: usize, elapsed: Duration },
}

/// Why the engine cannot work; see [`EngineError`].
#[derive(Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as the errors of the same names say")]
pub enum Refusal {
    Interrupted,
    PrepareTimeout,
    Dependencies { output: String },
    LockOutOfDate { path: PathBuf, reason: String },
    Failed { message: String },
}

impl From<&Notebook> for SentNotebook {
    fn from(notebook: &Notebook) -> SentNotebook {
        let cell = |cell: &CodeCell| SentCell {
            number: cell.number,
            id: cell.id.clone(),
            source: cell.source.clone(),
            timeout: cell.overrides.timeout,
            compile_timeout: cell.overrides.compile_timeout,
        };
        let cells = notebook.cells.iter().map(cell).collect();
        SentNotebook { name: notebook.name.clone(), path: notebook.path.clone(), cells }
    }
}

impl From<SentNotebook> for Notebook {
    fn from(sent: SentNotebook) -> Notebook {
        let cell = |cell: SentCell| {
            let SentCell { number, id, source, timeout, compile_timeout } = cell;
            let overrides = CellOverrides { timeout, compile_timeout, ..CellOverrides::default() };
            CodeCell { number, id, source, overrides, ..CodeCell::default() }
        };
        Notebook { name: sent.name, path: sent.path, cells: sent.cells.into_iter().map(cell).collect(), ..Notebook::default() }
    }
}

impl From<&Run<'_>> for SentRun {
    fn from(run: &Run<'_>) -> SentRun {
        SentRun {
            notebook: run.notebook.into(),
            variables: run.variables.clone(),
            cell_timeout: run.cell_timeout,
            compile_timeout: run.compile_timeout,
            max_output: run.max_output,
            max_memory: run.max_memory,
            left: run.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())),
        }
    }
}

impl SentRun {
    /// Calls `act` with the run that was sent, whose time goes on from now.
    pub fn with<T>(self, act: impl FnOnce(&Run<'_>) -> T) -> T {
        let SentRun { notebook, variables, cell_timeout, compile_timeout, max_output, max_memory, left } = self;
        let deadline = left.and_then(|left| Instant::now().checked_add(left));
        let notebook = &notebook.into();
        act(&Run { notebook, variables, cell_timeout, compile_timeout, max_output, max_memory, deadline })
    }
}

impl Report {
    /// What is sent of a notebook's progress, if anything is.
    pub fn of(notebook: &Notebook, progress: Progress<'_>) -> Option<Report> {
        let place = |cell: &CodeCell| notebook.cells.iter().position(|own| own.id == cell.id).unwrap_or(notebook.cells.len());
        Some(match progress {
            Progress::Started(cell) => Report::Started(place(cell)),
            Progress::Ended(cell, record, timing) => Report::Ended(place(cell), Box::new(record), timing),
            Progress::CannotBegin(failure) => Report::CannotBegin(failure),
            Progress::Late(text) => Report::Late(text),
            // evcxr does not know.
            Progress::Accessed(_) => return None,
        })
    }

    /// The progress that was sent; nothing where it names a cell that the notebook does not have.
    pub(super) fn into_progress(self, notebook: &Notebook) -> Option<Progress<'_>> {
        Some(match self {
            Report::Started(place) => Progress::Started(notebook.cells.get(place)?),
            Report::Ended(place, record, timing) => Progress::Ended(notebook.cells.get(place)?, *record, timing),
            Report::CannotBegin(failure) => Progress::CannotBegin(failure),
            Report::Late(text) => Progress::Late(text),
        })
    }
}

impl SentEvent {
    /// What is sent of an event; nothing of those that no preparation emits.
    pub fn of(event: Event) -> Option<SentEvent> {
        Some(match event {
            Event::Notice { message } => SentEvent::Notice { message },
            Event::PreparationStarted { crates } => SentEvent::PreparationStarted { crates },
            Event::PreparationProgress { done, crates, name } => SentEvent::PreparationProgress { done, crates, name },
            Event::PreparationFinished { crates, compiled, elapsed } => {
                SentEvent::PreparationFinished { crates, compiled, elapsed }
            }
            _ => return None,
        })
    }
}

impl From<SentEvent> for Event {
    fn from(sent: SentEvent) -> Event {
        match sent {
            SentEvent::Notice { message } => Event::Notice { message },
            SentEvent::PreparationStarted { crates } => Event::PreparationStarted { crates },
            SentEvent::PreparationProgress { done, crates, name } => Event::PreparationProgress { done, crates, name },
            SentEvent::PreparationFinished { crates, compiled, elapsed } => {
                Event::PreparationFinished { crates, compiled, elapsed }
            }
        }
    }
}

impl From<EngineError> for Refusal {
    fn from(error: EngineError) -> Refusal {
        match error {
            EngineError::Interrupted => Refusal::Interrupted,
            EngineError::PrepareTimeout => Refusal::PrepareTimeout,
            EngineError::Dependencies { output } => Refusal::Dependencies { output },
            EngineError::LockOutOfDate { path, reason } => Refusal::LockOutOfDate { path, reason },
            other => Refusal::Failed { message: other.to_string() },
        }
    }
}

impl From<Refusal> for EngineError {
    fn from(refusal: Refusal) -> EngineError {
        match refusal {
            Refusal::Interrupted => EngineError::Interrupted,
            Refusal::PrepareTimeout => EngineError::PrepareTimeout,
            Refusal::Dependencies { output } => EngineError::Dependencies { output },
            Refusal::LockOutOfDate { path, reason } => EngineError::LockOutOfDate { path, reason },
            Refusal::Failed { message } => EngineError::Failed { message },
        }
    }
}
