//! Why cells cannot be compiled or run at all. A cell that does not compile, or fails, is an outcome, not an
//! error.

use std::io::ErrorKind;
use std::path::PathBuf;

/// Why this crate cannot do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of this crate's own cannot be used.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried, such as `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The folder that is built in is one that this user may not write to.
    #[error(
        "cannot {action} {path}: {source}; builds need a folder that can be written: name one with --cache-dir, or NBSNAP_CACHE_DIR"
    )]
    ReadOnly {
        /// What was tried, such as `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A program cannot be started.
    #[error("cannot run `{program}`: {source}; is the Rust toolchain installed and on PATH?")]
    Program {
        /// The program.
        program: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// The compiler was killed.
    #[error("rustc was ended by signal {signal}, perhaps for want of memory: run the cell again")]
    Killed {
        /// The signal's number.
        signal: i32,
    },
    /// This toolchain's compiler does not provide what compiling cells needs.
    #[error("{toolchain} cannot compile cells: {reason}; use another toolchain, or a newer version of this program")]
    Toolchain {
        /// What the compiler calls itself.
        toolchain: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The dependencies do not resolve or build.
    #[error("the dependencies do not build:\n{output}")]
    Dependencies {
        /// Cargo's messages.
        output: String,
    },
    /// The dependencies were not built when their time was up.
    #[error("the dependencies were not built in time; what is built is kept for the next try")]
    DependenciesTimeout,
    /// The process of cells did not start, or broke the protocol.
    #[error("the process that runs the cells does not work: {message}")]
    Process {
        /// What happened.
        message: String,
    },
    /// The work was cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl Error {
    /// For `map_err`: an error about a file.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| match source.kind() {
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => Error::ReadOnly { action, path, source },
            _ => Error::Io { action, path, source },
        }
    }
}
