//! Files that are left over in the folder of snapshots, pending snapshots, and accepting them.
//!
//! The main types are [`Orphan`] and [`Accepted`]. This module judges no cell's output.

use std::path::{Path, PathBuf};

use super::blob;
use super::file::{self, SnapshotError};
use super::review::proposes_nothing;
use super::store::{SnapshotStore, UpdateMode, pending_path, read_any, remove_empty_folder};
use crate::notebook::{CodeCell, Notebook};

/// A file that belongs to no cell whose output is compared, or to no snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// The file.
    pub path: PathBuf,
    /// The notebook in whose folder it lies, if that notebook exists.
    pub notebook: Option<String>,
    /// What it is.
    pub kind: OrphanKind,
}

/// The kind of a left-over file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrphanKind {
    /// A snapshot whose cell is gone, or is not compared any more.
    Snapshot,
    /// A snapshot that waits for review, of such a cell. Git does not see it, so it concerns only this
    /// working copy.
    Pending,
    /// A binary file that no snapshot names.
    Sidecar,
}

/// The outcome of accepting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Snapshots that are new or have a new body.
    pub updated: Vec<PathBuf>,
    /// Files that were removed: snapshots of cells that no longer exist or show nothing now, and binary files
    /// that nothing names any more.
    pub removed: Vec<PathBuf>,
}

/// A name in a notebook's folder that means something here, with the id of its cell.
pub(super) enum Name<'a> {
    Snapshot(&'a str),
    Pending(&'a str),
    Sidecar(&'a str),
}

impl Name<'_> {
    pub(super) fn parse(name: &str) -> Option<Name<'_>> {
        if let Some(cell) = name.strip_suffix(".snap.new") {
            Some(Name::Pending(cell))
        } else if let Some(cell) = name.strip_suffix(".snap") {
            Some(Name::Snapshot(cell))
        } else {
            blob::sidecar_cell(name).map(Name::Sidecar)
        }
    }
}

impl SnapshotStore {
    /// The files that belong to no cell of `notebooks` whose output is compared, or to no snapshot, sorted by
    /// path.
    ///
    /// Only the folders of `notebooks` are looked at, unless these are all there are (`all_selected`). Then a
    /// folder that belongs to none of them is left over, too. It is not if its snapshots name a notebook that
    /// exists as their source: that notebook may only be broken at the moment.
    ///
    /// # Errors
    /// If a file or folder cannot be read.
    pub fn orphans(&self, notebooks: &[Notebook], all_selected: bool) -> Result<Vec<Orphan>, SnapshotError> {
        let mut orphans = Vec::new();
        for folder in self.folders()? {
            let names = file::names(&self.root.join(&folder))?;
            let notebook = notebooks.iter().find(|notebook| notebook.name == folder);
            if notebook.is_none() && (!all_selected || self.source_exists(&folder, &names)) {
                continue;
            }
            let compares = |id: &str, cell: &CodeCell| cell.id == id && !cell.overrides.ignore_output;
            let has_cell = |id: &str| notebook.is_some_and(|notebook| notebook.cells.iter().any(|cell| compares(id, cell)));
            for name in &names {
                let path = self.root.join(&folder).join(name);
                let kind = match Name::parse(name) {
                    Some(Name::Snapshot(cell)) if !has_cell(cell) => OrphanKind::Snapshot,
                    Some(Name::Pending(cell)) if !has_cell(cell) => OrphanKind::Pending,
                    Some(Name::Sidecar(cell)) if !has_cell(cell) || !is_named(&path, name, cell)? => OrphanKind::Sidecar,
                    _ => continue,
                };
                orphans.push(Orphan { path, notebook: notebook.map(|notebook| notebook.name.clone()), kind });
            }
        }
        Ok(orphans)
    }

    /// The snapshots that wait for review, sorted by path. One that proposes what is recorded already does
    /// not.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub fn pending(&self) -> Result<Vec<PathBuf>, SnapshotError> {
        let mut pending = self.pending_files()?;
        pending.retain(|path| !proposes_nothing(path));
        Ok(pending)
    }

    /// Whether a snapshot of this cell waits for review.
    ///
    /// # Errors
    /// If the notebook's name cannot name a folder.
    pub fn is_pending(&self, notebook: &Notebook, cell: &CodeCell) -> Result<bool, SnapshotError> {
        let pending = pending_path(&self.path(notebook, cell)?);
        Ok(pending.is_file() && !proposes_nothing(&pending))
    }

    /// Removes the pending files that propose what is recorded already, as after somebody has restored a
    /// snapshot, if the update mode allows it.
    ///
    /// # Errors
    /// If a file or folder cannot be read or removed.
    pub(crate) fn drop_settled(&self) -> Result<(), SnapshotError> {
        match self.update {
            UpdateMode::WritePending => {
                self.pending_files()?.iter().filter(|path| proposes_nothing(path)).try_for_each(|path| self.reject_pending(path))
            }
            UpdateMode::Never | UpdateMode::OfFurtherEngine => Ok(()),
        }
    }

    fn pending_files(&self) -> Result<Vec<PathBuf>, SnapshotError> {
        let mut pending = Vec::new();
        for folder in self.folders()? {
            let folder = self.root.join(folder);
            let names = file::names(&folder)?;
            pending.extend(names.iter().filter(|name| name.ends_with(".snap.new")).map(|name| folder.join(name)));
        }
        Ok(pending)
    }

    /// Puts pending snapshots in place, and removes `orphans`. With `notebooks`, only in the folders of these
    /// notebooks.
    ///
    /// A pending snapshot that is empty removes its snapshot. The caller orders this, so it is done whatever
    /// the [`UpdateMode`](super::UpdateMode).
    ///
    /// # Errors
    /// If a file cannot be read, written or removed, or a pending file is not a snapshot. What was accepted
    /// before stays accepted.
    pub fn accept(&self, notebooks: Option<&[String]>, orphans: &[Orphan]) -> Result<Accepted, SnapshotError> {
        let mut accepted = Accepted::default();
        let is_meant = |path: &Path| {
            let folder = self.notebook_of(path);
            notebooks.is_none_or(|notebooks| notebooks.contains(&folder))
        };
        // Orphans first: a pending snapshot of a cell that no longer exists must not be accepted.
        for orphan in orphans.iter().filter(|orphan| is_meant(&orphan.path)) {
            accepted.removed.extend(self.remove_left_over(&orphan.path)?.then(|| orphan.path.clone()));
        }
        for pending in self.pending()?.into_iter().filter(|pending| is_meant(pending)) {
            let Accepted { updated, removed } = self.accept_pending(&pending)?;
            accepted.updated.extend(updated);
            accepted.removed.extend(removed);
        }
        Ok(accepted)
    }

    /// Removes the file of an [`Orphan`], and returns whether it was there.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn remove_left_over(&self, path: &Path) -> Result<bool, SnapshotError> {
        let was_there = file::remove(path)?;
        remove_empty_folder(path.parent());
        Ok(was_there)
    }

    /// The name of the notebook in whose folder a file is.
    pub(super) fn notebook_of(&self, path: &Path) -> String {
        let folder = path.parent().and_then(|folder| folder.strip_prefix(&self.root).ok()).unwrap_or(Path::new(""));
        folder.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
    }

    /// The folders that may hold a notebook's snapshots, nested ones included, by the notebook's name.
    fn folders(&self) -> Result<Vec<String>, SnapshotError> {
        let mut folders = Vec::new();
        let mut ahead = vec![String::new()];
        while let Some(folder) = ahead.pop() {
            for name in file::names(&self.root.join(&folder))? {
                let below = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                // A link may lead back.
                if std::fs::symlink_metadata(self.root.join(&below)).is_ok_and(|metadata| metadata.is_dir()) {
                    ahead.push(below.clone());
                    folders.push(below);
                }
            }
        }
        folders.sort();
        Ok(folders)
    }

    /// Whether a snapshot in `folder` names a notebook that exists, and whose snapshots belong in this
    /// folder.
    fn source_exists(&self, folder: &str, names: &[String]) -> bool {
        names.iter().filter(|name| !matches!(Name::parse(name), Some(Name::Sidecar(_)) | None)).any(|name| {
            file::source(&self.root.join(folder).join(name)).is_some_and(|source| {
                let path = self.project.join(source);
                path.with_extension("").ends_with(folder) && path.is_file()
            })
        })
    }
}

/// Whether the snapshot of `cell`, or its pending one, names the binary file `name` at `path`.
fn is_named(path: &Path, name: &str, cell: &str) -> Result<bool, SnapshotError> {
    let snapshot = path.with_file_name(format!("{cell}.snap"));
    Ok(read_any(&snapshot)?.contains(name) || read_any(&pending_path(&snapshot))?.contains(name))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::UpdateMode;
    use super::super::store::tests::{World, png, stdout};
    use super::*;

    /// A world in which both cells have snapshots, `a` with a picture.
    fn recorded() -> World {
        let world = World::new();
        world.check(0, &png([1, 1, 1], png::Compression::Fast));
        world.check(1, &stdout("b\n"));
        world.accept();
        world
    }

    fn orphans(world: &World, notebooks: &[Notebook], all: bool) -> Vec<(String, Option<String>, OrphanKind)> {
        let orphans = world.store(UpdateMode::Never).orphans(notebooks, all).unwrap();
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        orphans.into_iter().map(|orphan| (name(&orphan.path), orphan.notebook, orphan.kind)).collect()
    }

    #[test]
    fn snapshots_of_cells_that_exist_are_no_orphans() {
        let world = recorded();
        assert_eq!(orphans(&world, std::slice::from_ref(&world.notebook), true), []);
        assert_eq!(orphans(&world, &[], false), [], "not selected");
    }

    #[test]
    fn what_a_deleted_cell_leaves_is_found_and_removed() {
        let mut world = recorded();
        world.check(0, &stdout("other\n"));
        let deleted = world.notebook.cells.remove(0);
        fs::write(world.folder.path().join("snapshots/nb/notes.txt"), "not ours").unwrap();
        let nb = || Some("nb".to_owned());
        let found = orphans(&world, std::slice::from_ref(&world.notebook), false);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].0.ends_with(".png") && found[0].2 == OrphanKind::Sidecar);
        assert_eq!(found[1..], [("a.snap".into(), nb(), OrphanKind::Snapshot), ("a.snap.new".into(), nb(), OrphanKind::Pending)]);
        let store = world.store(UpdateMode::Never);
        let list = store.orphans(std::slice::from_ref(&world.notebook), true).unwrap();
        assert_eq!(store.accept(Some(&["other".into()]), &list).unwrap(), Accepted::default());
        assert_eq!(store.accept(None, &list).unwrap().removed.len(), 3);
        assert_eq!(world.names(), ["nb/b.snap", "nb/notes.txt"], "{}", deleted.id);
    }

    #[test]
    fn a_picture_that_a_review_with_insta_left_is_an_orphan_until_the_cell_passes() {
        let world = recorded();
        world.check(0, &png([2, 2, 2], png::Compression::Fast));
        let folder = world.folder.path().join("snapshots/nb");
        fs::rename(folder.join("a.snap.new"), folder.join("a.snap")).unwrap();
        assert_eq!(orphans(&world, std::slice::from_ref(&world.notebook), true).len(), 1);
        assert_eq!(world.check(0, &png([2, 2, 2], png::Compression::Fast)), None);
        assert_eq!(orphans(&world, std::slice::from_ref(&world.notebook), true), []);
        assert_eq!(world.names().len(), 3);
    }

    #[test]
    fn a_folder_is_an_orphan_only_when_its_notebook_is_gone() {
        let world = recorded();
        assert_eq!(orphans(&world, &[], true), [], "the notebook is there, it could merely not be read");
        fs::remove_file(&world.notebook.path).unwrap();
        assert_eq!(orphans(&world, &[], false), [], "not all were selected: it may have moved");
        assert_eq!(orphans(&world, std::slice::from_ref(&world.notebook), true), [], "it has moved");
        let found = orphans(&world, &[], true);
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|(_, notebook, _)| notebook.is_none()));
        let store = world.store(UpdateMode::Never);
        store.accept(None, &store.orphans(&[], true).unwrap()).unwrap();
        assert!(!world.folder.path().join("snapshots/nb").exists());
    }

    #[test]
    fn pending_snapshots_are_listed_and_accepted_by_notebook() {
        let world = World::new();
        let store = world.store(UpdateMode::Never);
        assert_eq!(store.pending().unwrap(), [] as [PathBuf; 0]);
        world.check(0, &stdout("a\n"));
        world.check(1, &stdout("b\n"));
        let folder = world.folder.path().join("snapshots/nb");
        assert_eq!(store.pending().unwrap(), [folder.join("a.snap.new"), folder.join("b.snap.new")]);
        assert_eq!(store.accept(Some(&["other".into()]), &[]).unwrap(), Accepted::default());
        let accepted = store.accept(Some(&["nb".into()]), &[]).unwrap();
        assert_eq!(accepted, Accepted { updated: vec![folder.join("a.snap"), folder.join("b.snap")], removed: vec![] });
        assert_eq!(store.pending().unwrap(), [] as [PathBuf; 0]);
    }
}
