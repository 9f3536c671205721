//! Why a run cannot go on.

use std::path::PathBuf;

use crate::engine::EngineError;
use crate::notebook::Notebook;
use crate::project::ProjectError;
use crate::redact::RedactError;
use crate::select::SelectError;
use crate::snapshot::SnapshotError;

/// Why a run cannot go on. This says nothing about any notebook.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The project cannot be used.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// No notebook matches what was asked for.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// The project has no notebooks.
    #[error("{folder} holds no notebooks (*.ipynb); `nbsnap init --example` writes a first one")]
    NoNotebooks {
        /// The folder.
        folder: PathBuf,
    },
    /// The filter leaves no notebook.
    #[error("no notebook matches the filter; `nbsnap list` names them all")]
    NothingSelected,
    /// The engine cannot work.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A snapshot cannot be read or written.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A redaction rule cannot be used.
    #[error(transparent)]
    Redact(#[from] RedactError),
    /// What a notebook needs around it cannot be set up.
    #[error("cannot set up what notebook {notebook} needs: {reason}")]
    Environment {
        /// The notebook.
        notebook: String,
        /// Why.
        reason: String,
    },
    /// The events cannot be shown.
    #[error("cannot write the report: {0}")]
    Report(std::io::Error),
}

impl RunError {
    pub(super) fn environment(notebook: &Notebook, reason: String) -> RunError {
        RunError::Environment { notebook: notebook.name.clone(), reason }
    }
}
