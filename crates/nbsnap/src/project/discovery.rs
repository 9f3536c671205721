//! Notebook files below a folder, and the folders that are projects of their own.
//!
//! This module opens no notebook.

use std::path::{Path, PathBuf};

use super::layout::SETTINGS;
use crate::files::cache_tag::CACHE_TAG;

/// What is in a folder with notebooks, and in those below it.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The notebook files, in order.
    pub notebooks: Vec<PathBuf>,
    /// Folders that are projects of their own, which were not looked into.
    pub projects: Vec<PathBuf>,
}

/// Files by which a tool marks a folder as its own, and the name of a folder that has no such file.
const OF_OTHERS: &[&str] = &[CACHE_TAG, "pyvenv.cfg"];
const PACKAGES: &str = "node_modules";

/// Whether there is a notebook in a folder or below it.
pub(super) fn has_notebooks(folder: &Path) -> bool {
    files_of(folder).is_ok_and(|found| !found.notebooks.is_empty())
}

/// A folder and those below it. Hidden folders, those with builds and packages, and links to folders, which
/// may lead back, are left out. A folder that cannot be listed has none below it.
pub(crate) fn folders_of(folder: &Path) -> Vec<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    let mut next = 0;
    while let Some(folder) = folders.get(next) {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let below: Vec<PathBuf> =
            entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()).collect();
        folders.extend(below.into_iter().filter(|path| is_of_project(path)));
        next += 1;
    }
    folders
}

/// Looks through a folder, as [`folders_of`] does, but not into projects of their own.
///
/// # Errors
/// When a folder cannot be listed.
pub(super) fn files_of(folder: &Path) -> std::io::Result<Found> {
    let mut found = Found::default();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            let is_folder = entry.file_type()?.is_dir();
            if is_folder && is_of_project(&path) {
                if path.join(SETTINGS).is_file() {
                    found.projects.push(path);
                } else {
                    folders.push(path);
                }
            } else if !is_folder
                && !is_hidden(&path)
                && path.extension().is_some_and(|extension| extension == "ipynb")
                && path.is_file()
            {
                found.notebooks.push(path);
            }
        }
    }
    found.notebooks.sort();
    found.projects.sort();
    Ok(found)
}

/// Whether a folder may hold notebooks that people wrote.
fn is_of_project(folder: &Path) -> bool {
    let is_of_others = || folder.ends_with(PACKAGES) || OF_OTHERS.iter().any(|file| folder.join(file).is_file());
    !is_hidden(folder) && !is_of_others()
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}
