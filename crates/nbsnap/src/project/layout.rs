//! Where a project keeps what, as the folders that exist show it.
//!
//! This module reads no settings and no notebook.

use std::path::{Path, PathBuf};

use super::discovery;

/// The name of the file with a project's settings.
pub(super) const SETTINGS: &str = "nbsnap.toml";

/// The folders and files of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The project's folder: paths in messages begin at it, and builds are in its `target`.
    pub(super) root: PathBuf,
    /// The folder that is searched for notebooks, and that their names begin at. The settings are in it.
    pub(super) notebooks: PathBuf,
    pub(super) snapshots: PathBuf,
    pub(super) lock_file: PathBuf,
}

impl Layout {
    /// The project that a folder is in: the innermost one.
    pub(super) fn around(folder: &Path) -> Option<Layout> {
        let (at, layout) = folder.ancestors().find_map(|at| Some((at, Layout::at(at)?)))?;
        // A project in another project's folder shares the builds of that one.
        let outer = at.parent().filter(|_| layout.root == at).and_then(Layout::around);
        let outer = outer.filter(|outer| at.starts_with(&outer.notebooks));
        Some(Layout { root: outer.map_or_else(|| layout.root.clone(), |outer| outer.root), ..layout })
    }

    /// The project that begins at this very folder.
    fn at(folder: &Path) -> Option<Layout> {
        if folder.join(SETTINGS).is_file() {
            let parent = folder.parent().filter(|_| folder.ends_with("notebooks"));
            return Some(parent.map_or_else(|| Layout::of_settings(folder), Layout::of_folder));
        }
        let usual = Layout::of_folder(folder);
        (usual.notebooks.join(SETTINGS).is_file() || discovery::has_notebooks(&usual.notebooks)).then_some(usual)
    }

    /// A folder whose notebooks are in `notebooks`.
    pub(crate) fn of_folder(root: &Path) -> Layout {
        let notebooks = root.join("notebooks");
        Layout { root: root.to_owned(), snapshots: root.join("snapshots"), lock_file: notebooks.join("Cargo.lock"), notebooks }
    }

    /// A folder with settings, whose notebooks are anywhere in it. Its own `Cargo.lock` may be that of a
    /// crate.
    pub(super) fn of_settings(folder: &Path) -> Layout {
        let snapshots = folder.join("snapshots");
        Layout { root: folder.to_owned(), notebooks: folder.to_owned(), lock_file: snapshots.join("Cargo.lock"), snapshots }
    }
}
