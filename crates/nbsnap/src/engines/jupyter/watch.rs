//! What the kernels of a notebook in Python have asked the system for, and whether all of it is known.
//!
//! The main type is [`Watch`]. Only forked kernels are watched: their server was started with the access
//! layer, and each of them goes on in the notebook's own log. What Python itself reads means more than its
//! calls say, which is put right here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rust_cells::{AccessLog, Accesses, Beyond, Interest};

/// Watches the kernels that one run of a notebook has, one after another.
pub(super) struct Watch {
    log: AccessLog,
    kernels: Vec<Watched>,
    /// Whether nothing went by unseen so far.
    is_whole: bool,
}

/// A kernel that is watched.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    /// What its server has asked for. It holds for all kernels that are forked from it.
    pub(super) server: AccessLog,
    /// The private folder of its server.
    pub(super) folder_of_server: PathBuf,
    /// Its own private folder, and those of kernels that were to be started in its place: a kernel that finds
    /// its ports taken has read its own connection file by then.
    pub(super) folders: Vec<PathBuf>,
    /// What it reads before all else, in its private folder.
    pub(super) connection_file: PathBuf,
    /// Its program.
    pub(super) program: PathBuf,
}

impl Watch {
    /// Before the first kernel. None where the system has no memory for it.
    pub(super) fn new() -> Option<Watch> {
        Some(Watch { log: AccessLog::new().ok()?, kernels: Vec::new(), is_whole: true })
    }

    /// Where the next kernel notes what it asks for.
    pub(super) fn log(&self) -> &AccessLog {
        &self.log
    }

    /// A kernel has begun. One that is not watched may read anything.
    pub(super) fn has_begun(&mut self, kernel: Option<Watched>) {
        self.is_whole &= kernel.is_some();
        self.kernels.extend(kernel);
    }

    /// A kernel has ended before it could say what it had loaded.
    pub(super) fn has_lost_one(&mut self) {
        self.is_whole = false;
    }

    /// What all of them have asked for; none where that is not known. Services on this machine are known
    /// only if they are those that the notebook was provided with.
    pub(super) fn accesses(&self, is_provided: bool) -> Option<Accesses> {
        if !self.is_whole {
            return None;
        }
        let own = self.log.read().ok()?;
        // Kernels ask for the time of day themselves, so that nobody knows whether a cell does.
        let (beyond, has_services, asks_date) = (own.beyond.clone(), own.has_services, own.asks_date);
        let mut all = Accesses { beyond, has_services, asks_date, ..Accesses::default() };
        let mut private = BTreeSet::new();
        for kernel in &self.kernels {
            let server = kernel.server.read().ok()?;
            // Where these two were not seen, the layer sees nothing at all.
            let is_seen = |accesses: &Accesses, path: &Path| accesses.inputs.iter().any(|(seen, _)| seen == path);
            if server.inputs.is_empty() || !is_seen(&own, &kernel.connection_file) {
                return None;
            }
            private.insert(kernel.folder_of_server.clone());
            private.extend(kernel.folders.iter().cloned());
            all.inputs.insert((kernel.program.clone(), Interest::Content));
            // Programs that the server starts while it loads are ipykernel's own: its debugger asks `uname`.
            all.beyond.extend(server.beyond.into_iter().filter(|beyond| !matches!(beyond, Beyond::Program(_))));
            all.has_services |= server.has_services;
            all.inputs.extend(server.inputs);
            all.missing.extend(server.missing);
        }
        all.inputs.extend(own.inputs);
        all.missing.extend(own.missing);
        if all.has_services && !is_provided {
            all.beyond.insert(Beyond::Service);
        }
        let is_private = |path: &Path| private.iter().any(|folder| path.starts_with(folder));
        all.inputs = all.inputs.into_iter().filter(|(path, _)| !is_private(path)).filter_map(of_python).collect();
        all.missing.retain(|path| !is_private(path) && !is_compiled(path));
        Some(all)
    }
}

/// What an access of Python's rests on. Python compares sources with what it keeps compiled by their sizes
/// and times, which it looks up without opening them. Other code may do so, too.
fn of_python((path, interest): (PathBuf, Interest)) -> Option<(PathBuf, Interest)> {
    if is_compiled(&path) {
        return source_of(&path).filter(|source| source.is_file()).map(|source| (source, Interest::Content));
    }
    let interest = if path.is_file() { Interest::Content } else { interest };
    Some((path, interest))
}

/// Whether a path is that of what Python keeps compiled, or of the folder for it.
fn is_compiled(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "__pycache__")
}

/// The source of `folder/__pycache__/name.cpython-313.pyc`: `folder/name.py`.
fn source_of(compiled: &Path) -> Option<PathBuf> {
    let name = compiled.file_name()?.to_str()?.split('.').next()?;
    let folder = compiled.parent().filter(|folder| folder.ends_with("__pycache__"))?.parent()?;
    Some(folder.join(format!("{name}.py")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_python_keeps_compiled_stands_for_its_source() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        std::fs::write(file("helpers.py"), "").unwrap();
        let of = |name: &str, interest| of_python((file(name), interest));
        let source = Some((file("helpers.py"), Interest::Content));
        assert_eq!(of("__pycache__/helpers.cpython-313.pyc", Interest::Content), source);
        assert_eq!(of("helpers.py", Interest::Presence), source);
        assert_eq!(of("__pycache__/gone.cpython-313.pyc", Interest::Content), None);
        assert_eq!(of("__pycache__", Interest::Presence), None);
        assert_eq!(of(".", Interest::Presence), Some((file("."), Interest::Presence)));
    }

    #[test]
    fn a_kernel_that_is_not_watched_may_have_read_anything() {
        let mut watch = Watch::new().unwrap();
        assert_eq!(watch.accesses(false), Some(Accesses::default()));
        let watched = Watched {
            server: AccessLog::new().unwrap(),
            folder_of_server: "/tmp/server".into(),
            folders: vec!["/tmp/kernel".into()],
            connection_file: "/tmp/kernel/connection.json".into(),
            program: "/usr/bin/python3".into(),
        };
        watch.has_begun(Some(watched));
        assert_eq!(watch.accesses(false), None, "it has read nothing, as the layer was not loaded");
        let mut watch = Watch::new().unwrap();
        watch.has_begun(None);
        assert_eq!(watch.accesses(false), None);
        let mut watch = Watch::new().unwrap();
        watch.has_lost_one();
        assert_eq!(watch.accesses(false), None);
    }
}
