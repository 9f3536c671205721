//! Waits until files change.
//!
//! The main type is [`Watch`]. It says that something has changed, not what: its caller looks at what matters
//! to it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::engine::Interrupt;
use crate::project::discovery;

/// How long nothing more must change: an editor writes a file in several steps, and `git checkout` many
/// files.
const QUIET: Duration = Duration::from_millis(300);
/// How often a wait looks whether the user wants to stop.
const TICK: Duration = Duration::from_millis(100);

/// Why files cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch {path}: {source}")]
pub struct WatchError {
    path: PathBuf,
    source: notify::Error,
}

/// Watches folders and everything below them, without hidden folders and what other tools build or install
/// there.
pub struct Watch {
    /// Paths that changed or appeared.
    changes: Receiver<Vec<PathBuf>>,
    /// Watches until it is dropped.
    watcher: RecommendedWatcher,
    folders: BTreeSet<PathBuf>,
}

impl Watch {
    /// Begins to watch.
    ///
    /// # Errors
    /// When the system cannot, for example because there are too many folders.
    pub fn new<'p>(folders: impl IntoIterator<Item = &'p Path>) -> Result<Watch, WatchError> {
        let (sender, changes) = channel();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading a file is no change. If nobody listens any more, nothing is missed.
            let Ok(event) = event else { return };
            if !matches!(event.kind, EventKind::Access(_)) {
                let _ = sender.send(event.paths);
            }
        });
        let watcher = watcher.map_err(|source| WatchError { path: "files".into(), source })?;
        let mut watch = Watch { changes, watcher, folders: BTreeSet::new() };
        watch.add(folders)?;
        Ok(watch)
    }

    /// Watches further folders; those that it watches already stay as they are.
    ///
    /// # Errors
    /// As [`Watch::new`].
    pub fn add<'p>(&mut self, folders: impl IntoIterator<Item = &'p Path>) -> Result<(), WatchError> {
        for folder in folders {
            if self.folders.contains(folder) {
                continue;
            }
            for path in discovery::folders_of(folder) {
                if self.folders.insert(path.clone()) {
                    let watched = self.watcher.watch(&path, RecursiveMode::NonRecursive);
                    watched.map_err(|source| WatchError { path, source })?;
                }
            }
        }
        Ok(())
    }

    /// Watches the files of these folders, and nothing below them. A folder that cannot be watched, such as
    /// one of `/proc`, is left out.
    pub fn add_flat(&mut self, folders: impl IntoIterator<Item = PathBuf>) {
        for folder in folders {
            if !self.folders.contains(&folder) && self.watcher.watch(&folder, RecursiveMode::NonRecursive).is_ok() {
                self.folders.insert(folder);
            }
        }
    }

    /// Waits until something has changed and nothing changes any more. Returns whether something has: not if
    /// the user wants to stop.
    pub fn wait(&mut self, interrupt: &Interrupt) -> bool {
        let mut last: Option<Instant> = None;
        loop {
            if interrupt.is_set() {
                return false;
            }
            match self.changes.recv_timeout(TICK) {
                Ok(paths) => {
                    last = Some(Instant::now());
                    for path in paths.iter().filter(|path| path.is_dir()) {
                        // It may have been removed meanwhile, and its watch with it.
                        self.folders.retain(|folder| !folder.starts_with(path));
                        // A folder that is gone again by now needs no watch.
                        let _ = self.add([path.as_path()]);
                    }
                }
                Err(RecvTimeoutError::Timeout) if last.is_some_and(|last| last.elapsed() >= QUIET) => return true,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;

    #[test]
    fn a_change_ends_the_wait_and_so_does_the_user() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("deep")).unwrap();
        let mut watch = Watch::new([folder.path()]).unwrap();
        let path = folder.path().join("deep/file");
        let writer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            std::fs::write(path, "x").unwrap();
        });
        let interrupt = Interrupt::default();
        assert!(watch.wait(&interrupt));
        writer.join().unwrap();
        // A folder that came meanwhile is watched as well.
        std::fs::create_dir(folder.path().join("new")).unwrap();
        assert!(watch.wait(&interrupt));
        std::fs::write(folder.path().join("new/file"), "x").unwrap();
        assert!(watch.wait(&interrupt));
        // And one that was away and is there again, as after `git checkout`.
        std::fs::remove_dir_all(folder.path().join("deep")).unwrap();
        std::fs::create_dir(folder.path().join("deep")).unwrap();
        assert!(watch.wait(&interrupt));
        std::fs::write(folder.path().join("deep/file"), "x").unwrap();
        assert!(watch.wait(&interrupt));
        interrupt.flag().store(true, Ordering::Relaxed);
        assert!(!watch.wait(&interrupt));
    }

    #[test]
    fn what_cannot_be_watched_is_named() {
        let error = Watch::new([Path::new("/no/such/folder")]).err().unwrap().to_string();
        assert!(error.starts_with("cannot watch /no/such/folder: "), "{error}");
    }
}
