//! Compiled cells, kept by what they depend on.
//!
//! An artefact is a folder `cells/<key>/` with `outcome.json` and the library that it names. `outcome.json`
//! is replaced atomically. It is valid while the files that rustc read for it are unchanged.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::dependencies::{Freshness, Inputs};
use crate::diagnostics::Diagnostic;
use crate::generate::Plan;
use crate::scratch;

/// How long an unused artefact is kept.
const MAX_AGE: Duration = Duration::from_secs(14 * 24 * 3600);
/// No artefact is removed before this age: a process may be about to load it.
const MIN_AGE: Duration = Duration::from_secs(3600);
/// The size of all kept artefacts, in bytes.
const MAX_BYTES: u64 = 2 << 30;

/// All artefacts of a cache.
#[derive(Clone, Debug)]
pub(crate) struct Artefacts {
    folder: PathBuf,
    build: String,
    /// A shared lock, held while artefacts may be used. Removing them takes the exclusive lock.
    _in_use: Arc<std::fs::File>,
    /// Types that a cell is known to be able to write.
    types: Arc<Mutex<BTreeSet<String>>>,
}

/// What became of a cell's compilation.
#[derive(Debug)]
pub(crate) struct Artefact {
    pub(crate) library: Option<PathBuf>,
    pub(crate) outcome: Outcome,
    /// What rustc read for it.
    pub(crate) inputs: Inputs,
    making: Option<tempfile::TempDir>,
}

/// The part of it that is written to disk.
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
    /// The build of this program that wrote it. Another build may word a failure differently.
    build: String,
    outcome: Outcome,
    inputs: Inputs,
    /// The name of the library beside this file. Each library has a unique name, so none is ever
    /// overwritten.
    library: Option<String>,
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
        scratch::folder(&self.folder)
    }

    /// The artefact with this key, if it is still valid.
    pub(crate) fn find(&self, key: &str) -> Option<Artefact> {
        let folder = self.place(key);
        let path = folder.join("outcome.json");
        let written: Written = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
        if written.inputs.freshness() == Freshness::Changed {
            return None;
        }
        let library = written.library.as_ref().map(|name| folder.join(name));
        let is_there = match &written.outcome {
            Outcome::Made { .. } => library.as_ref().is_some_and(|library| library.exists()),
            Outcome::Failed(_) => written.build == self.build,
        };
        if !is_there {
            return None;
        }
        // It has been of use now.
        let _ = std::fs::File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        Some(Artefact { library, outcome: written.outcome, inputs: written.inputs, making: None })
    }

    /// Keeps an artefact. Several workers may keep one with the same key at a time. From then on the last
    /// one is found. The libraries of the others stay, since a process may be about to load them.
    pub(crate) fn keep(&self, key: &str, mut artefact: Artefact) -> Result<Artefact, Error> {
        let folder = self.place(key);
        std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        if let Some(library) = self.library_of(key, &artefact) {
            let making = artefact.making.take();
            let made = making.iter().map(|making| making.path().join("cell.so")).find(|path| path.exists());
            if let Some(made) = made {
                scratch::move_out(&made, &library).map_err(Error::io("create", &library))?;
                artefact.library = Some(library);
            }
        }
        let written = Written {
            build: self.build.clone(),
            outcome: artefact.outcome.clone(),
            inputs: artefact.inputs.clone(),
            library: artefact.library.as_ref().and_then(|path| path.file_name()?.to_str().map(str::to_owned)),
        };
        let path = folder.join("outcome.json");
        let text = serde_json::to_vec(&written).unwrap_or_default();
        let mut file = tempfile::NamedTempFile::new_in(&folder).map_err(Error::io("create", &path))?;
        file.write_all(&text).map_err(Error::io("write", &path))?;
        file.persist(&path).map_err(|error| Error::Io { action: "write", path, source: error.error })?;
        Ok(artefact)
    }

    /// Where the library of an artefact in the making will be kept.
    pub(crate) fn library_of(&self, key: &str, artefact: &Artefact) -> Option<PathBuf> {
        let unique = artefact.making.as_ref()?.path().file_name()?;
        Some(self.place(key).join(unique).with_extension("so"))
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

    /// Removes artefacts that were unused for long, the oldest ones when there are too many, and what killed
    /// processes left half made.
    pub(crate) fn sweep(&self) {
        scratch::sweep(&self.folder);
        let mut found: Vec<(Duration, u64, PathBuf)> = Vec::new();
        for group in entries(&self.folder).filter(|path| path.is_dir()) {
            if scratch::is_ours(&group) {
                continue;
            }
            for folder in entries(&group) {
                if let Some(age) = unused_for(&folder.join("outcome.json")) {
                    let bytes = entries(&folder).filter_map(|path| Some(path.metadata().ok()?.len())).sum();
                    found.push((age, bytes, folder));
                }
            }
        }
        found.sort_by_key(|found| found.0);
        let mut kept = 0;
        for (age, bytes, folder) in found {
            kept += bytes;
            if age > MAX_AGE || (kept > MAX_BYTES && age > MIN_AGE) {
                let _ = std::fs::remove_dir_all(folder);
            }
        }
    }
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

fn unused_for(path: &Path) -> Option<Duration> {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()?.elapsed().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artefact(artefacts: &Artefacts) -> Artefact {
        let folder = artefacts.new_folder().expect("a folder");
        std::fs::write(folder.path().join("cell.so"), "a library").expect("written");
        Artefact::made(folder, Plan::default(), Vec::new(), Vec::new(), Vec::new())
    }

    #[test]
    fn a_library_that_somebody_was_given_is_there_whoever_keeps_the_same_cell_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let ours = Artefacts::new(folder.path()).expect("a cache");
        let theirs = Artefacts::new(folder.path()).expect("a cache");
        let key = "ab".repeat(20);
        let first = ours.keep(&key, artefact(&ours)).expect("kept").library.expect("a library");
        std::thread::scope(|scope| {
            for artefacts in [&ours, &theirs] {
                let (key, first) = (&key, &first);
                scope.spawn(move || {
                    for _ in 0..100 {
                        let kept = artefacts.keep(key, artefact(artefacts)).expect("kept");
                        assert!(kept.library.expect("a library").exists());
                        let found = artefacts.find(key).expect("it is found at every moment");
                        assert!(found.library.expect("a library").exists() && first.exists());
                    }
                });
            }
        });
        let rest = entries(folder.path()).filter(|path| scratch::is_ours(path)).count();
        assert_eq!(rest, 0, "nothing is left of the making");
    }
}
