//! Which binary files are beside the snapshots of a notebook, by cell.
//!
//! A run asks after each cell. With thousands of cells in a folder it takes too long to list that each time,
//! so each folder is listed once. This module does not know which of the files are of use.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::blob;
use super::file::{self, SnapshotError};

/// The names of binary files, by folder and cell. Clones share what they know.
#[derive(Clone, Debug, Default)]
pub(super) struct Sidecars(Arc<Mutex<BTreeMap<PathBuf, ByCell>>>);

type ByCell = BTreeMap<String, BTreeSet<String>>;

impl Sidecars {
    /// The binary files of a cell.
    pub(super) fn of_cell(&self, folder: &Path, cell: &str) -> Result<Vec<String>, SnapshotError> {
        self.with(folder, |cells| cells.get(cell).into_iter().flatten().cloned().collect())
    }

    /// Writes a binary file of a cell.
    pub(super) fn write(&self, path: &Path, cell: &str, content: &[u8]) -> Result<(), SnapshotError> {
        file::write_sidecar(path, content)?;
        let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else { return Ok(()) };
        self.with(folder, |cells| {
            cells.entry(cell.to_owned()).or_default().insert(name.to_owned());
        })
    }

    /// Removes a binary file of a cell. Returns whether there was one.
    pub(super) fn remove(&self, folder: &Path, cell: &str, name: &str) -> Result<bool, SnapshotError> {
        self.with(folder, |cells| {
            cells.get_mut(cell).map(|names| names.remove(name));
        })?;
        file::remove(&folder.join(name))
    }

    fn with<T>(&self, folder: &Path, act: impl FnOnce(&mut ByCell) -> T) -> Result<T, SnapshotError> {
        let mut folders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !folders.contains_key(folder) {
            let mut cells = ByCell::new();
            for name in file::names(folder)? {
                if let Some(cell) = blob::sidecar_cell(&name) {
                    cells.entry(cell.to_owned()).or_default().insert(name);
                }
            }
            folders.insert(folder.to_owned(), cells);
        }
        Ok(act(folders.entry(folder.to_owned()).or_default()))
    }
}
