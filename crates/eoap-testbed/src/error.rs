//! What can go wrong before a testbed serves its first request.
//!
//! [`Error`] names the file and the line or field to fix. The server's answer to a bad request is not an
//! error of this crate and is not known here.

use std::path::PathBuf;
use std::{fmt, io};

/// Why a scenario could not be loaded or a testbed not be started. `Debug` writes the message, too, so that
/// a test which returns this error ends with a sentence.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder of the scenario cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is not valid TOML, JSON or YAML.
    #[error("{}:{line}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, counted from one.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// A file can be read, but what it says makes no sense.
    #[error("{}:{} {field}: {message}", path.display(), line.map_or_else(String::new, |line| format!("{line}:")))]
    Value {
        /// The file.
        path: PathBuf,
        /// The line, counted from one, if it is known.
        line: Option<usize>,
        /// The member that is wrong.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// A server cannot be started.
    #[error("cannot start {what}: {source}")]
    Start {
        /// The server.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// A port is not available.
    #[error("cannot listen on 127.0.0.1:{port} for {server}: {source}")]
    Listen {
        /// The server that is to listen there.
        server: &'static str,
        /// The port.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// An address is not one that can be recorded from.
    #[error("{address:?} cannot be recorded: {message}")]
    Address {
        /// The address.
        address: String,
        /// What is wrong with it.
        message: String,
    },
    /// Objects cannot be kept in a folder.
    #[error("cannot keep objects in {}: {message}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        message: String,
    },
    /// A folder in which a scenario is to begin has something in it.
    #[error("{} is there already: name a new folder", path.display())]
    Taken {
        /// The folder, or the file in its place.
        path: PathBuf,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A recording would contain a secret, or replace something that is not a recording.
    #[error("cannot write the recording {}: {message}", path.display())]
    Recording {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
