//! The folder of snapshots: compares a cell's record with what was recorded, and writes pending snapshots for
//! review.
//!
//! The main type is [`SnapshotStore`]. It trusts the caller that records are redacted. Files that are left
//! over when notebooks change, and pending snapshots that are accepted, are the work of `sweep`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::blob;
use super::body::Body;
use super::compare::{Comparison, Sides};
use super::file::{self, Header, SnapshotError};
use super::sidecars::Sidecars;
use crate::event::{CellProblem, Proposal};
use crate::notebook::{CodeCell, Notebook};
use crate::record::CellRecord;

/// Whether a difference is written for review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateMode {
    /// A new body is written beside the snapshot as `.snap.new`; a stale one is removed.
    WritePending,
    /// The tree is not touched, as on a CI server.
    Never,
    /// The tree is not touched, because pending snapshots are those of another engine.
    OfFurtherEngine,
}

/// A folder of snapshots: `<root>/<notebook>/<cell id>.snap`.
#[derive(Clone, Debug)]
pub struct SnapshotStore {
    pub(super) root: PathBuf,
    pub(super) project: PathBuf,
    pub(super) update: UpdateMode,
    comparison: Comparison,
    sidecars: Sidecars,
}

impl SnapshotStore {
    /// The snapshots in the folder `root` of the project whose folder is `project_root`. The folder need not
    /// exist.
    pub fn new(root: PathBuf, project_root: PathBuf, update: UpdateMode) -> SnapshotStore {
        SnapshotStore { root, project: project_root, update, comparison: Comparison::default(), sidecars: Sidecars::default() }
    }

    /// Sets how far outputs may be from their snapshots.
    #[must_use]
    pub fn with_comparison(self, comparison: Comparison) -> SnapshotStore {
        SnapshotStore { comparison, ..self }
    }

    /// Sets whether differences are written for review.
    #[must_use]
    pub(crate) fn with_update(self, update: UpdateMode) -> SnapshotStore {
        SnapshotStore { update, ..self }
    }

    /// The folder that holds the snapshots.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The snapshot of a cell, whether or not there is one.
    ///
    /// # Errors
    /// If the notebook's name cannot name a folder.
    pub fn path(&self, notebook: &Notebook, cell: &CodeCell) -> Result<PathBuf, SnapshotError> {
        Ok(self.folder(&notebook.name)?.join(format!("{}.snap", cell.id)))
    }

    /// Compares what a cell produced, already redacted, with its snapshot. `None` means that it is as
    /// recorded.
    ///
    /// With [`UpdateMode::WritePending`], a difference is written for review. Where there is none, the
    /// pending files of this cell's earlier differences are removed. For a cell that is as recorded nothing
    /// is written.
    ///
    /// # Errors
    /// If a file cannot be read or written, or is not a snapshot at all. A snapshot with a broken body is a
    /// difference.
    pub fn check(&self, notebook: &Notebook, cell: &CodeCell, record: &CellRecord) -> Result<Option<CellProblem>, SnapshotError> {
        self.check_with(notebook, cell, record, &mut |_| ())
    }

    /// As [`SnapshotStore::check`], but `hide` first takes out of both bodies, the recorded one and the new
    /// one, what is not to be compared.
    ///
    /// # Errors
    /// As [`SnapshotStore::check`].
    pub(crate) fn check_with(
        &self,
        notebook: &Notebook,
        cell: &CodeCell,
        record: &CellRecord,
        hide: &mut dyn FnMut(&mut Body),
    ) -> Result<Option<CellProblem>, SnapshotError> {
        let snapshot = self.path(notebook, cell)?;
        let (mut actual, files) = Body::render(&cell.id, record);
        hide(&mut actual);
        // A review with insta leaves an empty snapshot where a cell has nothing to show any more.
        let Some(recorded) = file::read(&snapshot)?.filter(|text| !text.is_empty()) else {
            if actual.is_empty() {
                self.settle(&snapshot, cell)?;
                return Ok(None);
            }
            let pending = self.propose(notebook, cell, &snapshot, &actual, &files)?;
            return Ok(Some(CellProblem::SnapshotMissing { snapshot, actual: actual.to_string(), pending }));
        };
        let recorded = recorded + "\n";
        let folder = snapshot.parent().unwrap_or(&self.root);
        let file = |blob: &blob::Blob| fs::read(folder.join(&blob.file)).ok();
        let (expected, differences) = match Body::parse(&recorded) {
            Ok(mut expected) => {
                hide(&mut expected);
                let sides = Sides { expected: &expected, recorded: file, actual: &actual, files: &files };
                let differences = sides.differences(&self.comparison, &notebook.name, &cell.id);
                (expected.to_string(), Some(differences))
            }
            Err(_) => (recorded.clone(), None),
        };
        if differences.as_ref().is_some_and(Vec::is_empty) {
            self.settle(&snapshot, cell)?;
            self.note_source(notebook, cell, &snapshot, &recorded)?;
            return Ok(None);
        }
        let pending = self.propose(notebook, cell, &snapshot, &actual, &files)?;
        Ok(Some(if actual.is_empty() {
            CellProblem::OutputMissing { snapshot, expected, pending }
        } else {
            let differences = differences.unwrap_or_default();
            CellProblem::OutputChanged { snapshot, expected, actual: actual.to_string(), pending, differences }
        }))
    }

    /// The channels on which two records of a cell, already redacted, differ by more than is allowed.
    pub fn differences(&self, notebook: &Notebook, cell: &CodeCell, one: &CellRecord, other: &CellRecord) -> Vec<String> {
        let ((expected, recorded), (actual, files)) = (Body::render(&cell.id, one), Body::render(&cell.id, other));
        let recorded = |blob: &blob::Blob| recorded.get(&blob.file).cloned();
        let sides = Sides { expected: &expected, recorded, actual: &actual, files: &files };
        sides.differences(&self.comparison, &notebook.name, &cell.id).into_iter().map(|one| one.section).collect()
    }

    /// The folder of a notebook's snapshots.
    pub(super) fn folder(&self, notebook: &str) -> Result<PathBuf, SnapshotError> {
        let is_name = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', '\0']);
        if !notebook.split('/').all(is_name) {
            return Err(SnapshotError::Name { name: notebook.to_owned() });
        }
        Ok(self.root.join(notebook))
    }

    /// Writes a new body for review, if the update mode allows it.
    fn propose(
        &self,
        notebook: &Notebook,
        cell: &CodeCell,
        snapshot: &Path,
        body: &Body,
        files: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Proposal, SnapshotError> {
        match self.update {
            UpdateMode::WritePending => {}
            UpdateMode::Never => return Ok(Proposal::UpdatesAreOff),
            UpdateMode::OfFurtherEngine => return Ok(Proposal::OfFurtherEngine),
        }
        for (name, content) in files {
            self.sidecars.write(&snapshot.with_file_name(name), &cell.id, content)?;
        }
        file::write(&pending_path(snapshot), &Header::new(&self.project, notebook, cell), &body.to_string())?;
        self.remove_unused_sidecars(snapshot, &cell.id)?;
        Ok(Proposal::Pending)
    }

    /// Notes, for a cell that was edited and has the same output, that the output is that of the source as it
    /// is now. A snapshot without a digest stays as it is.
    fn note_source(&self, notebook: &Notebook, cell: &CodeCell, snapshot: &Path, body: &str) -> Result<(), SnapshotError> {
        let header = Header::new(&self.project, notebook, cell);
        let is_other = |digest: Option<String>| digest.is_some_and(|digest| digest != header.digest);
        if self.update == UpdateMode::WritePending && is_other(file::recorded_digests(snapshot)?.own) {
            file::write(snapshot, &header, body)?;
        }
        Ok(())
    }

    /// Removes the pending files of a cell whose output is not compared any more.
    ///
    /// # Errors
    /// If a file cannot be read or removed.
    pub(crate) fn withdraw(&self, notebook: &Notebook, cell: &CodeCell) -> Result<(), SnapshotError> {
        self.settle(&self.path(notebook, cell)?, cell)
    }

    /// Removes the pending files of this cell's earlier differences.
    fn settle(&self, snapshot: &Path, cell: &CodeCell) -> Result<(), SnapshotError> {
        if self.update == UpdateMode::WritePending {
            file::remove(&pending_path(snapshot))?;
            self.remove_unused_sidecars(snapshot, &cell.id)?;
            remove_empty_folder(snapshot.parent());
        }
        Ok(())
    }

    /// Removes the binary files of a cell that neither its snapshot nor its pending one names, and returns
    /// which.
    pub(super) fn remove_unused_sidecars(&self, snapshot: &Path, cell: &str) -> Result<Vec<PathBuf>, SnapshotError> {
        let Some(folder) = snapshot.parent() else { return Ok(Vec::new()) };
        let sidecars = self.sidecars.of_cell(folder, cell)?;
        if sidecars.is_empty() {
            return Ok(Vec::new());
        }
        let texts = [read_any(snapshot)?, read_any(&pending_path(snapshot))?];
        let mut removed = Vec::new();
        for name in sidecars.iter().filter(|name| !texts.iter().any(|text| text.contains(*name))) {
            if self.sidecars.remove(folder, cell, name)? {
                removed.push(folder.join(name));
            }
        }
        Ok(removed)
    }
}

/// Where the new body of a snapshot waits for review.
pub(super) fn pending_path(snapshot: &Path) -> PathBuf {
    snapshot.with_extension("snap.new")
}

/// The text of a file, whatever it holds; empty if the file does not exist.
///
/// The bare text is enough to see whether a snapshot names a binary file: a broken snapshot must not cost a
/// picture.
pub(super) fn read_any(path: &Path) -> Result<String, SnapshotError> {
    match fs::read(path) {
        Ok(content) => Ok(String::from_utf8_lossy(&content).into_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(source) => Err(SnapshotError::Read { path: path.to_owned(), source }),
    }
}

/// Removes a folder that has nothing in it. A folder that is not empty is no failure.
pub(super) fn remove_empty_folder(folder: Option<&Path>) {
    let _ = folder.map(fs::remove_dir);
}

#[cfg(test)]
pub(super) mod tests;
