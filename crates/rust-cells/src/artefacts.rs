//! What was compiled, kept by what it depends on.
//!
//! An artefact is a folder `cells/<key>/` with the library and `outcome.json`. It is written whole or not at all, and holds only as long
//! as the files that rustc has read for it are what they were.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::dependencies::{Freshness, Inputs};
use crate::diagnostics::Diagnostic;
use crate::generate::Plan;

/// How long an artefact is kept that nothing uses.
const MAX_AGE: Duration = Duration::from_secs(14 * 24 * 3600);
/// How long a cell may be made: what is older was left by a process that was killed.
const MAX_MAKING: Duration = Duration::from_secs(24 * 3600);
/// How folders are called in which cells are made.
const MAKING: &str = "making-";
/// How many bytes of artefacts are kept.
const MAX_BYTES: u64 = 2 << 30;

/// All artefacts of a cache.
#[derive(Clone, Debug)]
pub(crate) struct Artefacts {
    folder: PathBuf,
    build: String,
    /// Held as long as artefacts may be used, together with others who use them: whoever removes them takes it alone.
    _in_use: Arc<std::fs::File>,
    /// Types that are known to be such that a cell can write them.
    types: Arc<Mutex<BTreeSet<String>>>,
}

/// What became of a cell's compilation.
#[derive(Debug)]
pub(crate) struct Artefact {
    pub(crate) library: Option<PathBuf>,
    pub(crate) outcome: Outcome,
    inputs: Inputs,
    making: Option<tempfile::TempDir>,
}

/// What is written of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    Made {
        plan: Plan,
        /// The variables that the cell declares, with their types.
        types: Vec<(String, String)>,
    },
    Failed(Vec<Diagnostic>),
}

#[derive(Serialize, Deserialize)]
struct Written {
    /// Which build of this program wrote it: a failure is worded by it.
    build: String,
    outcome: Outcome,
    inputs: Inputs,
}

impl Artefact {
    pub(crate) fn made(
        folder: tempfile::TempDir,
        plan: Plan,
        types: Vec<(String, String)>,
        files: Vec<PathBuf>,
        variables: Vec<String>,
    ) -> Artefact {
        let inputs = Inputs::of(files, variables);
        Artefact { library: None, outcome: Outcome::Made { plan, types }, inputs, making: Some(folder) }
    }

    pub(crate) fn failed(diagnostics: Vec<Diagnostic>, files: Vec<PathBuf>, variables: Vec<String>) -> Artefact {
        Artefact { library: None, outcome: Outcome::Failed(diagnostics), inputs: Inputs::of(files, variables), making: None }
    }
}

impl Artefacts {
    pub(crate) fn new(folder: &Path) -> Result<Artefacts, Error> {
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        let lock = folder.join("lock");
        let in_use = std::fs::File::create(&lock).map_err(Error::io("create", &lock))?;
        in_use.lock_shared().map_err(Error::io("lock", &lock))?;
        let program = std::env::current_exe().and_then(std::fs::metadata);
        let build = program.map(|program| format!("{} {:?}", program.len(), program.modified().ok())).unwrap_or_default();
        Ok(Artefacts { folder: folder.to_owned(), build, _in_use: Arc::new(in_use), types: Arc::default() })
    }

    /// A folder to compile in.
    pub(crate) fn new_folder(&self) -> Result<tempfile::TempDir, Error> {
        std::fs::create_dir_all(&self.folder).map_err(Error::io("create", &self.folder))?;
        tempfile::Builder::new().prefix(MAKING).tempdir_in(&self.folder).map_err(Error::io("create", &self.folder))
    }

    /// What is known by this key, if it still holds.
    pub(crate) fn find(&self, key: &str) -> Option<Artefact> {
        let folder = self.place(key);
        let path = folder.join("outcome.json");
        let written: Written = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
        if written.inputs.freshness() == Freshness::Changed {
            return None;
        }
        let library = folder.join("cell.so");
        let is_made = matches!(written.outcome, Outcome::Made { .. });
        if !is_made && written.build != self.build {
            return None;
        }
        if is_made && !library.exists() {
            return None;
        }
        // It has been of use now.
        let _ = std::fs::File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        Some(Artefact { library: is_made.then_some(library), outcome: written.outcome, inputs: written.inputs, making: None })
    }

    /// Keeps an artefact.
    pub(crate) fn keep(&self, key: &str, mut artefact: Artefact) -> Result<Artefact, Error> {
        let folder = match artefact.making.take() {
            Some(folder) => folder,
            None => self.new_folder()?,
        };
        for name in ["cell.mir", "cell.d"] {
            let _ = std::fs::remove_file(folder.path().join(name));
        }
        let written = Written { build: self.build.clone(), outcome: artefact.outcome.clone(), inputs: artefact.inputs.clone() };
        let text = serde_json::to_vec(&written).unwrap_or_default();
        let path = folder.path().join("outcome.json");
        std::fs::write(&path, text).map_err(Error::io("write", path))?;
        let (from, to) = (folder.keep(), self.place(key));
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        }
        if std::fs::rename(&from, &to).is_err() {
            // Another worker was quicker, or what was there does not hold any more. A library that runs somewhere is never written to.
            let old = to.with_extension(format!("old-{}", std::process::id()));
            let _ = std::fs::rename(&to, &old).and_then(|()| std::fs::remove_dir_all(&old));
            std::fs::rename(&from, &to)
                .or_else(|error| {
                    let _ = std::fs::remove_dir_all(&from);
                    if to.is_dir() { Ok(()) } else { Err(error) }
                })
                .map_err(Error::io("create", &to))?;
        }
        let library = to.join("cell.so");
        artefact.library = library.exists().then_some(library);
        Ok(artefact)
    }

    fn place(&self, key: &str) -> PathBuf {
        self.folder.join(&key[..2]).join(&key[2..34])
    }

    pub(crate) fn is_known_type(&self, key: &str) -> bool {
        let known = self.types.lock().unwrap_or_else(PoisonError::into_inner).contains(key);
        known || self.folder.join("types").join(&key[..32]).exists()
    }

    pub(crate) fn know_type(&self, key: &str) {
        self.types.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned());
        let folder = self.folder.join("types");
        let _ = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(folder.join(&key[..32]), ""));
    }

    /// Removes artefacts that nothing has used for long, and the oldest ones where they are too many; and what was being made when a
    /// process was killed.
    pub(crate) fn sweep(&self) {
        let read = |folder: &Path| {
            std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect::<Vec<_>>()
        };
        let is_left = |path: &&PathBuf| {
            let is_making = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(MAKING));
            let changed = std::fs::metadata(path).and_then(|metadata| metadata.modified());
            is_making && changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age > MAX_MAKING))
        };
        for left in read(&self.folder).iter().filter(is_left) {
            let _ = std::fs::remove_dir_all(left);
        }
        let mut found: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for folder in read(&self.folder).iter().filter(|path| path.is_dir()).flat_map(|path| read(path)) {
            let used = std::fs::metadata(folder.join("outcome.json")).and_then(|metadata| metadata.modified());
            let bytes = std::fs::metadata(folder.join("cell.so")).map_or(0, |metadata| metadata.len());
            if let Ok(used) = used {
                found.push((used, bytes, folder));
            }
        }
        found.sort_by_key(|found| std::cmp::Reverse(found.0));
        let mut kept = 0;
        for (used, bytes, folder) in found {
            kept += bytes;
            let is_old = used.elapsed().is_ok_and(|age| age > MAX_AGE);
            if is_old || kept > MAX_BYTES {
                let _ = std::fs::remove_dir_all(folder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_removed_a_day_later() {
        let folder = tempfile::tempdir().unwrap();
        let artefacts = Artefacts::new(folder.path()).unwrap();
        let (old, new) = (artefacts.new_folder().unwrap().keep(), artefacts.new_folder().unwrap().keep());
        let then = SystemTime::now() - MAX_MAKING - Duration::from_secs(1);
        std::fs::File::open(&old).unwrap().set_modified(then).unwrap();
        artefacts.sweep();
        assert!(!old.exists() && new.exists());
    }
}
