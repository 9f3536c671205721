//! Builds the notebooks' dependencies before the first cell runs, and finds out how to compile with them.
//!
//! The main function is [`prepare`]. A result of an earlier run that is up to date is used without a call of
//! Cargo.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use nbsnap::engine::{EngineError, Interrupt};
use nbsnap::event::Event;
use nbsnap::notebook::Notebook;

use crate::build::Build;
use crate::dependencies::DependencySet;
use crate::prepared::{PreparedSet, digest_of_packages, key};
use crate::rustc::RustcCall;
use crate::toolchain::Toolchain;
use crate::workspace::{BuildFolder, BuildSettings, Layout, PLAIN_MEMBER, Workspace, member_name, workspace_manifest};
use nbsnap::files::atomic_write;

/// What [`prepare`] works with.
pub(crate) struct Preparation<'a> {
    pub(crate) folder: &'a BuildFolder,
    pub(crate) toolchain: &'a Toolchain,
    pub(crate) settings: &'a BuildSettings,
    /// The project's committed lock file; need not exist yet.
    pub(crate) lock_file: &'a Path,
    /// Whether that file may be written.
    pub(crate) may_write_lock: bool,
    pub(crate) interrupt: &'a Interrupt,
    /// When everything must be built.
    pub(crate) deadline: Instant,
}

/// What came of preparation: all that a notebook can be compiled with.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    /// All notebooks of the project, by name.
    pub(crate) notebooks: Vec<(String, DependencySet)>,
    /// The lock file.
    pub(crate) lock: Option<String>,
    sets: BTreeMap<DependencySet, PreparedSet>,
}

impl Ready {
    /// How to compile with a set of dependencies, if it was prepared.
    pub(crate) fn call(&self, set: &DependencySet) -> Option<&RustcCall> {
        self.sets.get(set).map(|prepared| &prepared.call)
    }

    /// Folders of the local packages that the prepared notebooks depend on.
    pub(crate) fn local(&self) -> Vec<PathBuf> {
        let mut local: Vec<PathBuf> = self.sets.values().flat_map(|prepared| prepared.local.clone()).collect();
        local.sort();
        local.dedup();
        local
    }
}

/// Pins the dependencies of `all` notebooks and builds those of `selected`.
pub(crate) fn prepare(
    preparation: &Preparation<'_>,
    all: &[Notebook],
    selected: &[Notebook],
    emit: &mut dyn FnMut(Event),
) -> Result<Ready, EngineError> {
    let started = Instant::now();
    let notebooks: Vec<(String, DependencySet)> =
        all.iter().map(|notebook| (notebook.name.clone(), DependencySet::of(notebook))).collect();
    // Cells without dependencies, such as the one that evcxr begins with, are compiled too.
    let mut wanted = BTreeMap::from([(DependencySet::default(), PLAIN_MEMBER.to_owned())]);
    for (name, set) in &notebooks {
        if selected.iter().any(|notebook| notebook.name == *name) {
            wanted.entry(set.clone()).or_insert_with(|| member_name(name));
        }
    }
    let committed = std::fs::read_to_string(preparation.lock_file).ok();
    let workspace = preparation.folder.workspace(0);
    preparation.lay_out(&workspace, &notebooks, committed.as_deref())?;

    if let Some(sets) = preparation.known(&wanted, committed.as_deref()) {
        let crates = sets.values().map(|prepared| prepared.crates).max().unwrap_or(0);
        emit(Event::PreparationFinished { crates, compiled: 0, elapsed: started.elapsed() });
        return Ok(Ready { notebooks, lock: committed, sets });
    }
    let lock = preparation.pin(&workspace, &notebooks, committed, emit)?;
    let (sets, crates, compiled) = preparation.build(&workspace, &wanted, lock.as_deref(), emit)?;
    emit(Event::PreparationFinished { crates, compiled, elapsed: started.elapsed() });
    Ok(Ready { notebooks, lock, sets })
}

impl Preparation<'_> {
    fn lay_out(
        &self,
        workspace: &Workspace,
        notebooks: &[(String, DependencySet)],
        committed: Option<&str>,
    ) -> Result<(), EngineError> {
        // A project that is a Cargo workspace has tested versions already: begin with those.
        let of_workspace = || {
            let lock = self.lock_file.parent()?.parent()?.join("Cargo.lock");
            std::fs::read_to_string(lock).ok()
        };
        let lock = committed.map(str::to_owned).or_else(of_workspace);
        workspace.lay_out(Layout { notebooks, settings: self.settings, lock: lock.as_deref() })
    }

    fn key(&self, set: &DependencySet, lock: Option<&str>) -> String {
        key_of(set, self.settings, lock, self.toolchain)
    }

    /// The kept results for these sets, if all are up to date.
    fn known(
        &self,
        wanted: &BTreeMap<DependencySet, String>,
        lock: Option<&str>,
    ) -> Option<BTreeMap<DependencySet, PreparedSet>> {
        if lock.is_none() && wanted.keys().any(|set| !set.is_empty()) {
            return None;
        }
        let folder = self.folder.prepared();
        let known = |set: &DependencySet| Some((set.clone(), up_to_date(&folder, set, self.settings, lock, self.toolchain)?));
        wanted.keys().map(known).collect()
    }

    /// Resolves the dependencies with the committed lock. If that does not fit, and may be written, it is
    /// rewritten.
    fn pin(
        &self,
        workspace: &Workspace,
        notebooks: &[(String, DependencySet)],
        committed: Option<String>,
        emit: &mut dyn FnMut(Event),
    ) -> Result<Option<String>, EngineError> {
        if notebooks.iter().all(|(_, set)| set.is_empty()) {
            return Ok(committed);
        }
        Build {
            workspace,
            target: &self.folder.target(0),
            toolchain: self.toolchain,
            interrupt: self.interrupt,
            deadline: self.deadline,
        }
        .resolve()?;
        let path = workspace.lock_file();
        let resolved = std::fs::read_to_string(&path).map_err(|source| EngineError::Io { action: "read", path, source })?;
        if committed.as_ref() == Some(&resolved) {
            return Ok(committed);
        }
        if !self.may_write_lock {
            let reason = match &committed {
                None => "there is no such file".to_owned(),
                Some(committed) => first_difference(committed, &resolved),
            };
            return Err(EngineError::LockOutOfDate { path: self.lock_file.to_owned(), reason });
        }
        atomic_write::write(self.lock_file, resolved.as_bytes()).map_err(|source| EngineError::Io {
            action: "write",
            path: self.lock_file.to_owned(),
            source,
        })?;
        emit(Event::Notice {
            message: format!("wrote {}: commit it, it pins what the notebooks depend on", self.lock_file.display()),
        });
        Ok(Some(resolved))
    }

    /// Builds the sets. Returns them, how many crates that are, and how many were compiled rather than found.
    fn build(
        &self,
        workspace: &Workspace,
        wanted: &BTreeMap<DependencySet, String>,
        lock: Option<&str>,
        emit: &mut dyn FnMut(Event),
    ) -> Result<(BTreeMap<DependencySet, PreparedSet>, usize, usize), EngineError> {
        let targets: Vec<PathBuf> = (0..=wanted.len()).map(|number| self.folder.target(number)).collect();
        let build = |target: usize| Build {
            workspace,
            target: &targets[target],
            toolchain: self.toolchain,
            interrupt: self.interrupt,
            deadline: self.deadline,
        };
        let members: Vec<&str> = wanted.values().map(String::as_str).collect();
        let graphs = build(0).graphs(&members)?;
        let crates = graphs.values().map(|graph| graph.crates.len()).max().unwrap_or(0);
        emit(Event::PreparationStarted { crates });
        let mut compiled = 0;
        let mut make = |set: &DependencySet, target: usize, emit: &mut dyn FnMut(Event)| {
            let member = wanted[set].as_str();
            let graph = &graphs[member];
            let sources = digest_of_packages(&graph.local);
            compiled += build(target).dependencies(member, graph.crates.len(), emit)?;
            let call = build(target).record(member)?;
            let made =
                sources.and_then(|sources| PreparedSet::of(call, target, graph.crates.len(), graph.local.clone(), sources));
            made.ok_or_else(|| EngineError::Dependencies { output: "what was built cannot be read".into() })
        };

        let mut sets: BTreeMap<DependencySet, PreparedSet> = BTreeMap::new();
        for set in wanted.keys() {
            let known = PreparedSet::read(&self.folder.prepared(), &self.key(set, lock));
            let mut target = known.map_or(0, |prepared| prepared.target).min(wanted.len());
            loop {
                let prepared = make(set, target, emit)?;
                // A dynamic library of one's own has one file name, however it was built. Sets that want it
                // in two ways are kept apart.
                let taken = sets.iter().filter(|(_, other)| other.target == target && !other.is_there());
                let taken: Vec<DependencySet> = taken.map(|(other, _)| other.clone()).collect();
                if taken.is_empty() || target == wanted.len() {
                    sets.insert(set.clone(), prepared);
                    break;
                }
                for other in taken {
                    let again = make(&other, target, emit)?;
                    sets.insert(other, again);
                }
                target += 1;
            }
        }
        for (set, prepared) in &sets {
            prepared.write(&self.folder.prepared(), &self.key(set, lock));
        }
        Ok((sets, crates, compiled))
    }
}

/// The kept result of a set with these settings, if it is up to date. `folder` contains the kept results.
pub(crate) fn up_to_date(
    folder: &Path,
    set: &DependencySet,
    settings: &BuildSettings,
    lock: Option<&str>,
    toolchain: &Toolchain,
) -> Option<PreparedSet> {
    PreparedSet::read(folder, &key_of(set, settings, lock, toolchain)).filter(PreparedSet::is_up_to_date)
}

/// The key of a set with these settings.
fn key_of(set: &DependencySet, settings: &BuildSettings, lock: Option<&str>, toolchain: &Toolchain) -> String {
    // Only the set's own dependencies are built, but the lock decides the versions of all of them.
    let lock = if set.is_empty() { "" } else { lock.unwrap_or_default() };
    key(set, &workspace_manifest(settings), lock, &toolchain.version)
}

/// The first line that the resolved lock has and the committed one lacks, or the reverse.
fn first_difference(committed: &str, resolved: &str) -> String {
    use std::collections::BTreeSet;
    let packages = |text: &str| -> BTreeSet<String> {
        let table: toml::Table = text.parse().unwrap_or_default();
        let list = table.get("package").and_then(toml::Value::as_array).cloned().unwrap_or_default();
        list.iter()
            .filter_map(|package| Some(format!("{} {}", package.get("name")?.as_str()?, package.get("version")?.as_str()?)))
            .collect()
    };
    let (old, new) = (packages(committed), packages(resolved));
    match (new.difference(&old).next(), old.difference(&new).next()) {
        (Some(added), _) => format!("it lacks {added}"),
        (None, Some(removed)) => format!("it still has {removed}"),
        (None, None) => "a notebook's dependencies changed".to_owned(),
    }
}
