//! Files that runs leave: builds, half-written files of runs that were killed, and pending snapshots of cells
//! that no longer exist.
//!
//! [`builds`] and [`half_written`] only look; [`remove_builds`] removes what no run is using.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::files::atomic_write::PREFIX;
use crate::project::Project;

/// The file that is locked while a folder is used: the build folder by engine evcxr, folders in it by runs of
/// engine rustc and by kernels.
const LOCK: &str = "lock";

/// A folder or file, and its size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sized {
    /// The folder or file.
    pub path: PathBuf,
    /// Bytes of all files in it.
    pub bytes: u64,
}

/// What is in the build folder, entry by entry, largest first; nothing if there is no such folder.
///
/// # Errors
/// When it cannot be read.
pub fn builds(cache: &Path) -> io::Result<Vec<Sized>> {
    let mut entries = Vec::new();
    for path in entries_of(cache)? {
        entries.push(Sized { bytes: size(&path)?, path });
    }
    entries.sort_by(|one, other| other.bytes.cmp(&one.bytes).then_with(|| one.path.cmp(&other.path)));
    Ok(entries)
}

/// Removes all builds, and what is known of earlier runs.
///
/// # Errors
/// When something cannot be removed, or a run is using the folder ([`io::ErrorKind::ResourceBusy`]).
pub fn remove_builds(cache: &Path) -> io::Result<()> {
    // The lock that runs hold; it stays, as another may be waiting for it.
    let lock = cache.join(LOCK);
    let _run = take(&lock, "a run is using it")?;
    let kernels = entries_of(cache)?.into_iter().map(|folder| folder.join(LOCK)).filter(|lock| lock.is_file());
    let _kernels = kernels.map(|lock| take(&lock, "a run or a Jupyter kernel is using it")).collect::<io::Result<Vec<File>>>()?;
    for path in entries_of(cache)?.into_iter().filter(|path| *path != lock) {
        if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
    }
    Ok(())
}

/// Takes a lock, which is free again when it is dropped.
fn take(lock: &Path, held: &str) -> io::Result<File> {
    let file = File::create(lock)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(io::Error::new(io::ErrorKind::ResourceBusy, held)),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Files that a killed run was writing, in the folders of notebooks and snapshots.
///
/// # Errors
/// When a folder cannot be read.
pub fn half_written(project: &Project) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![project.notebooks_dir(), project.snapshots_dir()];
    folders.extend(entries_of(&project.snapshots_dir())?.into_iter().filter(|path| path.is_dir()));
    for folder in folders {
        let is_ours =
            |path: &PathBuf| path.is_file() && path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
        found.extend(entries_of(&folder)?.into_iter().filter(is_ours));
    }
    found.sort();
    Ok(found)
}

fn entries_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The bytes of all files below a path. Links are not followed, and a file that goes away meanwhile counts
/// for nothing.
fn size(path: &Path) -> io::Result<u64> {
    let Ok(metadata) = fs::symlink_metadata(path) else { return Ok(0) };
    if !metadata.is_dir() {
        return Ok(metadata.len());
    }
    entries_of(path)?.iter().map(|path| size(path)).sum()
}
