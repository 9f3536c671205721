//! Folders to compile cells in. Each holds a dozen small files for a few hundredths of a second, which a
//! disk's file system makes and removes slowly. So they are in memory, where the system offers that.
//!
//! This module does not know what is put into them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::Error;

/// Where Linux keeps files in memory.
const MEMORY: &str = "/dev/shm";
/// Memory is used while this many bytes of it are free: a cell's code is far smaller.
const ROOM: u64 = 256 << 20;
/// The prefix of their names.
const PREFIX: &str = "rust-cells-making-";
/// What is older was left behind by a killed process.
pub(crate) const MAX_AGE: Duration = Duration::from_secs(3600);

/// A new folder: in memory, or below `fallback` where memory has no room.
pub(crate) fn folder(fallback: &Path) -> Result<TempDir, Error> {
    let make = |root: &Path| tempfile::Builder::new().prefix(PREFIX).tempdir_in(root);
    if has_room(Path::new(MEMORY))
        && let Ok(folder) = make(Path::new(MEMORY))
    {
        return Ok(folder);
    }
    std::fs::create_dir_all(fallback).and_then(|()| make(fallback)).map_err(Error::io("create", fallback))
}

fn has_room(folder: &Path) -> bool {
    rustix::fs::statvfs(folder).is_ok_and(|system| system.f_bavail.saturating_mul(system.f_frsize) > ROOM)
}

/// Moves a file out of such a folder. The file at `to` may be seen half written.
pub(crate) fn move_out(from: &Path, to: &Path) -> std::io::Result<()> {
    // A file cannot be renamed from memory to disk.
    std::fs::rename(from, to).or_else(|_| std::fs::copy(from, to).map(drop))
}

/// Removes what killed processes left behind.
pub(crate) fn sweep(fallback: &Path) {
    for root in [Path::new(MEMORY), fallback] {
        for left in std::fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if is_ours(&left) && age(&left).is_some_and(|age| age > MAX_AGE) {
                // Those of other users cannot be removed, and need not be.
                let _ = std::fs::remove_dir_all(left);
            }
        }
    }
}

/// Whether this folder is one of them.
pub(crate) fn is_ours(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(PREFIX.as_bytes()))
}

fn age(path: &PathBuf) -> Option<Duration> {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()?.elapsed().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_removed_later() {
        let fallback = tempfile::tempdir().expect("a folder");
        let make = || tempfile::Builder::new().prefix(PREFIX).tempdir_in(fallback.path()).expect("a folder").keep();
        let (old, new, in_memory) = (make(), make(), folder(fallback.path()).expect("a folder").keep());
        let then = std::time::SystemTime::now() - MAX_AGE - Duration::from_secs(1);
        for left in [&old, &in_memory] {
            std::fs::File::open(left).and_then(|file| file.set_modified(then)).expect("an old time");
        }
        sweep(fallback.path());
        assert!(!old.exists() && !in_memory.exists() && new.exists());
    }

    #[test]
    fn a_file_is_moved_out_to_another_file_system() {
        let [from, to] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let making = folder(from.path()).expect("a folder");
        let (made, kept) = (making.path().join("cell.so"), to.path().join("kept.so"));
        std::fs::write(&made, "a library").expect("written");
        move_out(&made, &kept).expect("moved");
        assert_eq!(std::fs::read_to_string(&kept).expect("read"), "a library");
    }
}
