#![doc = include_str!("../README.md")]

mod advice;
mod analysis;
mod assistance;
mod cells;
mod console;
mod display;
mod excerpt;
mod execution;
mod failure;
mod front;
mod help;
mod history;
mod information;
mod interrupts;
mod known;
mod libraries;
mod lifetime;
mod outbox;
mod progress;
mod settings;
mod shared;
mod wire;

pub use analysis::AnalyserProgram;
pub use settings::KernelSettings;

use std::path::PathBuf;

/// Why a kernel cannot work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The connection file cannot be used.
    #[error("cannot use the connection file {path}: {reason}")]
    ConnectionFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A port that Jupyter chose cannot be listened on.
    #[error("cannot listen on {channel}: {source}")]
    Listen {
        /// Which of the five.
        channel: &'static str,
        /// The system's error.
        source: jupyter_zmq_client::RuntimeError,
    },
    /// A thread cannot be started.
    #[error("cannot start the kernel: {0}")]
    Start(#[from] std::io::Error),
}

/// Runs a Jupyter kernel until Jupyter asks it to shut down, or is gone.
///
/// # Errors
/// When it cannot start. Later errors are sent to the client.
pub fn run(settings: KernelSettings) -> Result<(), Error> {
    front::run(settings)
}

/// Runs a console in a terminal until its input ends. Returns whether all cells reached their end. The
/// settings' connection file is not used.
///
/// # Errors
/// When it cannot start.
pub fn console(settings: KernelSettings) -> Result<bool, Error> {
    console::run(settings)
}
