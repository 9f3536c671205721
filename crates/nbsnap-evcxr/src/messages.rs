//! The messages between the processes that run a notebook: one JSON value a line, on our own pipes and
//! sockets. `nbsnap::engines::evcxr::protocol` has the messages from the runner to this program. Here are
//! the messages behind that.
//!
//! ```text
//! server ──stdin/stdout──> worker (embeds evcxr) ──stdin/stdout──> relay ──socket──> runtime (loads and runs the cells)
//!                             └───────────unix socket───────────────┘
//! ```
//! This module only defines the messages. Each process' own module handles them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use nbsnap::record::Diagnostic;

/// From the server to a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ToWorker {
    /// Begin a notebook with a clean slate.
    Open(Session),
    /// Run a cell of the open notebook.
    Run {
        /// The cell's source, `:` commands included.
        source: String,
    },
    /// The notebook is over: send what was printed since the last cell ended.
    Close,
}

/// From a worker to the server.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum FromWorker {
    /// evcxr is up.
    Ready,
    /// The notebook is open.
    Opened,
    /// The cell is compiled and its code begins to run. Sent before [`FromWorker::Ran`], for cells that have
    /// code.
    Running,
    /// The cell ended.
    Ran(CellRun),
    /// The notebook is closed; this was printed after its last cell had ended.
    Closed(Late),
    /// The worker cannot go on.
    Broken {
        /// Why.
        message: String,
    },
}

/// The settings of a notebook's process.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Session {
    /// Working directory.
    pub(crate) directory: PathBuf,
    /// The whole environment; nothing else is inherited.
    pub(crate) environment: BTreeMap<String, String>,
    /// The notebook's `:dep` lines.
    pub(crate) dependency_lines: Vec<String>,
    /// How many bytes of a cell's stdout, and of its stderr, are kept.
    pub(crate) max_output: u64,
    /// How many bytes of memory the process that runs the cells may take.
    pub(crate) max_memory: Option<u64>,
}

/// What evcxr and the relay saw of a cell.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct CellRun {
    /// What the relay captured.
    pub(crate) capture: Capture,
    /// Display data that evcxr itself made, for its own commands.
    pub(crate) command_outputs: BTreeMap<String, String>,
    /// evcxr's message.
    pub(crate) outcome: Outcome,
}

/// evcxr's answer to a cell.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) enum Outcome {
    /// It ran. evcxr says so of a panic and of a failed `?` too.
    #[default]
    Ran,
    /// It did not compile.
    Compile(Vec<Diagnostic>),
    /// The process that ran it is gone.
    Terminated(String),
    /// evcxr refused it.
    Refused(String),
}

/// What the relay captured while cells ran: complete, and split from what belongs to other cells.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Capture {
    /// Standard output without display blocks and control words.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
    /// Display data by MIME type; of two blocks of one type the last, as in evcxr.
    pub(crate) outputs: BTreeMap<String, String>,
    /// How many bytes were printed on both streams, kept or not.
    pub(crate) printed: u64,
    /// Whether bytes were dropped because there were too many.
    pub(crate) overflowed: bool,
    /// Whether the cell reported a panic.
    pub(crate) panicked: bool,
    /// Whether a `?` at the top level met an error.
    pub(crate) errored: bool,
    /// Control words of evcxr that the author's code printed.
    pub(crate) forged: Vec<String>,
    /// How the process ended, if it did.
    pub(crate) died: Option<String>,
    /// What was printed before the cell began and after the one before had ended.
    pub(crate) late: Late,
    /// The line of evcxr's generated program on which the panic was raised.
    pub(crate) panic_line: Option<u32>,
}

/// Output that no cell can own.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Late {
    /// What it was.
    pub(crate) text: String,
}

/// From a relay to its worker.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum FromRelay {
    /// The code that evcxr sent begins to run.
    Running,
    /// The code that evcxr sent has ended. A [`ToRelay::Noted`] must follow before evcxr gets the result.
    Captured(Capture),
    /// The answer to [`ToRelay::Finish`].
    Finished(Late),
}

/// From a worker to its relay.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ToRelay {
    /// The first message on the connection.
    Start(Session),
    /// The capture has arrived.
    Noted,
    /// The notebook is over.
    Finish,
}
