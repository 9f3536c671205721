//! Why a command cannot go on, and the message of one line for that.

use std::path::PathBuf;

use nbsnap::document::ParameterError;
use nbsnap::export::ExportError;
use nbsnap::lint::FormatError;
use nbsnap::notebook::NotebookError;
use nbsnap::project::ProjectError;
use nbsnap::project::start::StartError;
use nbsnap::run::RunError;
use nbsnap::select::SelectError;
use nbsnap::snapshot::SnapshotError;

/// Why a command cannot go on. This says nothing about any notebook's outputs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// A run broke down.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The project cannot be used.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// No notebook matches what was asked for.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// A folder cannot be made a project.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A notebook cannot be read or written.
    #[error(transparent)]
    Notebook(#[from] NotebookError),
    /// A parameter cannot be given.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// Parameters cannot be read.
    #[error("{from} holds no parameters: {reason}; write them as `name: value`, a line each")]
    Parameters {
        /// The file, or the option.
        from: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A snapshot cannot be read or written.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A notebook cannot be made a page.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The layout of code cannot be checked.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A scenario cannot be loaded or a testbed not be started.
    #[error(transparent)]
    Testbed(#[from] eoap_testbed::Error),
    /// A testbed cannot have a port that was asked for.
    #[error("{0}; name another port, or 0 for any that is free (--proxy-port, --ogc-port, --s3-port)")]
    Port(#[source] eoap_testbed::Error),
    /// A command that was to be run cannot be.
    #[error("cannot run {command}: {source}")]
    Command {
        /// The command.
        command: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A file or folder cannot be removed.
    #[error("cannot remove {path}: {source}")]
    Remove {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The kernel cannot begin.
    #[error(transparent)]
    Kernel(#[from] nbsnap_kernel::Error),
    /// What was asked for does not go together.
    #[error("{0}")]
    Usage(String),
    /// The output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(std::io::Error),
}

/// An error with all its causes, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = error.source();
    }
    text
}
