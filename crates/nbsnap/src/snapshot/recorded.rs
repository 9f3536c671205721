//! What is recorded of a cell, for readers who show it and do not compare it.

use std::collections::BTreeMap;
use std::fs;

use super::body::Body;
use super::file::{self, Digests, Header, SnapshotError};
use super::store::SnapshotStore;
use crate::notebook::{CodeCell, Notebook};

/// Binary files of a snapshot, by name.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Which sources are other ones now than when a cell's output was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edits {
    /// Whether its own is.
    pub(crate) own: bool,
    /// Whether one of a cell before it is. Snapshots of earlier versions leave that open.
    pub(crate) earlier: Option<bool>,
}

impl SnapshotStore {
    /// What is recorded of a cell, and the content of the binary files that it names; `None` where nothing is
    /// recorded.
    ///
    /// # Errors
    /// If the snapshot or one of its files cannot be read, or the file is not a snapshot.
    pub fn recorded(&self, notebook: &str, cell: &str) -> Result<Option<(Body, Files)>, SnapshotError> {
        let path = self.folder(notebook)?.join(format!("{cell}.snap"));
        let Some(text) = file::read(&path)?.filter(|text| !text.is_empty()) else { return Ok(None) };
        let body =
            Body::parse(&text).map_err(|error| SnapshotError::NotASnapshot { path: path.clone(), reason: error.to_string() })?;
        let mut files = BTreeMap::new();
        for blob in body.blobs() {
            let path = path.with_file_name(&blob.file);
            let content = fs::read(&path).map_err(|source| SnapshotError::Read { path, source })?;
            files.insert(blob.file.clone(), content);
        }
        Ok(Some((body, files)))
    }

    /// Whether the output of a cell was recorded from another source than this one. A snapshot without a
    /// digest leaves that open.
    ///
    /// # Errors
    /// If the snapshot cannot be read.
    pub(crate) fn is_stale(&self, notebook: &str, cell: &str, source: &str) -> Result<bool, SnapshotError> {
        let recorded = file::recorded_digests(&self.folder(notebook)?.join(format!("{cell}.snap")))?;
        Ok(recorded.own.is_some_and(|recorded| recorded != file::source_digest(source)))
    }

    /// Which of the sources that a cell's output rests on were edited since it was recorded.
    ///
    /// # Errors
    /// If the snapshot cannot be read.
    pub(crate) fn edits(&self, notebook: &Notebook, cell: &CodeCell) -> Result<Edits, SnapshotError> {
        let Digests { own, earlier } = file::recorded_digests(&self.path(notebook, cell)?)?;
        let now = Header::new(&self.project, notebook, cell);
        Ok(Edits { own: own.is_some_and(|own| own != now.digest), earlier: earlier.map(|earlier| earlier != now.earlier) })
    }

    /// Whether anything is recorded of a notebook. Nothing is of one whose name cannot name a folder.
    ///
    /// # Errors
    /// If its folder cannot be read.
    pub fn knows(&self, notebook: &str) -> Result<bool, SnapshotError> {
        let Ok(folder) = self.folder(notebook) else { return Ok(false) };
        Ok(file::names(&folder)?.iter().any(|name| name.ends_with(".snap")))
    }
}
