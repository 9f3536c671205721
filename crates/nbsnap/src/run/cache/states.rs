//! What files were like when notebooks read them, and whether they still are.
//!
//! Notebooks share much of what they read: libraries, packages, certificates. So [`Looked`] looks at each
//! file once a run, and [`States`] keeps what is installed in lists that notebooks share. It does not know
//! why a file was read.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rust_cells::{FileState, Interest};
use serde::{Deserialize, Serialize};

use crate::files::digest::digest;

/// How long a list is kept that no run has written again. Without its list a notebook runs again.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// What was found out about files in this run, each looked at once.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    holds: HashMap<FileState, bool>,
    lists: HashMap<String, bool>,
    now: HashMap<(PathBuf, Interest), FileState>,
}

impl Looked {
    /// The state now. A file that nobody has touched since is not read again.
    pub(crate) fn now(&mut self, path: PathBuf, interest: Interest) -> std::io::Result<FileState> {
        let key = (path, interest);
        if let Some(state) = self.now.get(&key).filter(|state| state.is_untouched()) {
            return Ok(state.clone());
        }
        let state = FileState::now(key.0.as_path(), interest)?;
        self.now.insert(key, state.clone());
        Ok(state)
    }

    fn holds(&mut self, state: &FileState) -> bool {
        if let Some(holds) = self.holds.get(state) {
            return *holds;
        }
        let holds = state.holds();
        self.holds.insert(state.clone(), holds);
        holds
    }
}

/// The states of the files that a notebook rests on.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct States {
    own: Vec<FileState>,
    /// The list of files that are installed, by its name.
    installed: String,
}

impl States {
    /// Keeps these states for a notebook of the project in `root`, with what is installed in a list in
    /// `folder`.
    pub(super) fn keep(states: Vec<FileState>, root: &Path, folder: &Path) -> std::io::Result<States> {
        let (installed, own): (Vec<FileState>, _) = states.into_iter().partition(|state| is_installed(state.path(), root));
        let text = serde_json::to_string(&installed)?;
        let name = digest(text.as_bytes())[..32].to_owned();
        let file = folder.join(&name);
        if !file.exists() {
            fs::create_dir_all(folder)?;
            sweep(folder);
            // Another run may read it now.
            let mut whole = tempfile::NamedTempFile::new_in(folder)?;
            std::io::Write::write_all(&mut whole, text.as_bytes())?;
            whole.persist(file).map_err(|error| error.error)?;
        }
        Ok(States { own, installed: name })
    }

    /// Whether all files are unchanged. Files that were looked at for another notebook are not looked at
    /// again.
    pub(super) fn hold(&self, folder: &Path, looked: &mut Looked) -> bool {
        if let Some(holds) = looked.lists.get(&self.installed) {
            return *holds && self.own.iter().all(|state| looked.holds(state));
        }
        let list = fs::read_to_string(folder.join(&self.installed)).ok();
        // A list that is gone or cannot be read counts as changed.
        let list: Option<Vec<FileState>> = list.and_then(|text| serde_json::from_str(&text).ok());
        let holds = list.is_some_and(|list| list.iter().all(|state| looked.holds(state)));
        looked.lists.insert(self.installed.clone(), holds);
        holds && self.own.iter().all(|state| looked.holds(state))
    }
}

/// Whether a file was installed rather than written for this project.
fn is_installed(path: &Path, root: &Path) -> bool {
    !path.starts_with(root)
        || path.components().any(|part| ["site-packages", "dist-packages"].iter().any(|name| part.as_os_str() == *name))
}

/// Removes lists that are old. What cannot be removed is tried again another time.
fn sweep(folder: &Path) {
    let Some(oldest) = SystemTime::now().checked_sub(KEPT) else { return };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.metadata().and_then(|metadata| metadata.modified()).is_ok_and(|modified| modified < oldest) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_is_kept_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        let (root, lists) = (file("project"), file("lists"));
        for name in ["project/a.csv", "project/b.csv", "project/.venv/lib/site-packages/numpy.py", "elsewhere.pem"] {
            fs::create_dir_all(file(name).parent().unwrap()).unwrap();
            fs::write(file(name), "1").unwrap();
        }
        let mut looked = Looked::default();
        let keep = |looked: &mut Looked, own: &str| {
            let names = [own, "project/.venv/lib/site-packages/numpy.py", "elsewhere.pem"];
            let states = names.map(|name| looked.now(file(name), Interest::Content).unwrap());
            States::keep(states.into(), &root, &lists).unwrap()
        };
        let (a, b) = (keep(&mut looked, "project/a.csv"), keep(&mut looked, "project/b.csv"));
        assert_eq!((a.own.len(), fs::read_dir(&lists).unwrap().count()), (1, 1));
        assert!(a.hold(&lists, &mut looked) && b.hold(&lists, &mut looked));
        fs::write(file("project/b.csv"), "2").unwrap();
        let mut looked = Looked::default();
        assert!(a.hold(&lists, &mut looked) && !b.hold(&lists, &mut looked));
        fs::write(file("project/.venv/lib/site-packages/numpy.py"), "2").unwrap();
        assert!(!a.hold(&lists, &mut Looked::default()));
        assert_eq!(
            looked.now(file("project/b.csv"), Interest::Content).unwrap(),
            FileState::now(file("project/b.csv"), Interest::Content).unwrap()
        );
    }

    #[test]
    fn a_list_that_is_gone_costs_a_run() {
        let folder = tempfile::tempdir().unwrap();
        let state = FileState::now(folder.path(), Interest::Presence).unwrap();
        let kept = States::keep(vec![state], Path::new("/project"), &folder.path().join("lists")).unwrap();
        fs::remove_dir_all(folder.path().join("lists")).unwrap();
        assert!(!kept.hold(&folder.path().join("lists"), &mut Looked::default()));
    }
}
