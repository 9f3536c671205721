//! A built set of dependencies: one shared object, and how cells are compiled with it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::inputs::Inputs;
use super::set::DependencySet;

/// What cells with the same dependencies are compiled with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Library {
    /// What was asked for.
    pub(crate) set: DependencySet,
    /// The crate that contains everything. `None` if there are no dependencies.
    pub(crate) crate_name: Option<String>,
    /// `--extern` of the crate that contains everything, and search paths.
    pub(crate) arguments: Vec<String>,
    /// `--extern` of each crate that was asked for, with the name that cells use for it.
    pub(crate) externs: Vec<(String, String)>,
    /// The folder of the shared objects, where the process finds them.
    pub(crate) folder: Option<PathBuf>,
    /// Whether tokio is among the crates.
    pub(crate) has_reactor: bool,
    /// Whether anything in it has an `evcxr_display`.
    pub(crate) has_display: bool,
    /// How many crates it contains.
    pub(crate) crates: usize,
    /// Equal for two libraries only if they are the same.
    pub(crate) digest: String,
    /// The digest of the library that this one is a layer on.
    #[serde(default)]
    pub(crate) base: Option<String>,
    /// Its inputs on this machine.
    pub(crate) inputs: Inputs,
}

impl Library {
    /// The library of cells that depend on nothing.
    pub fn none() -> Library {
        Library {
            set: DependencySet::default(),
            crate_name: None,
            arguments: Vec::new(),
            externs: Vec::new(),
            folder: None,
            has_reactor: false,
            has_display: false,
            crates: 0,
            digest: String::new(),
            base: None,
            inputs: Inputs::default(),
        }
    }

    /// What was asked for.
    pub fn set(&self) -> &DependencySet {
        &self.set
    }

    /// The files on this machine, outside of registries, that it was made from.
    pub fn sources(&self) -> impl Iterator<Item = &Path> {
        self.inputs.paths()
    }

    /// The variables of the machine that it was made from.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.inputs.variables()
    }

    /// Equal for two libraries only if they are the same.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// rustc's arguments for a cell that has asked for these crates so far.
    pub(crate) fn arguments_for(&self, asked: &DependencySet) -> Vec<String> {
        let names: BTreeSet<String> = asked.crate_names().collect();
        let mut arguments = self.arguments.clone();
        for (name, value) in self.externs.iter().filter(|(name, _)| names.contains(name)) {
            let _ = name;
            arguments.extend(["--extern".to_owned(), value.clone()]);
        }
        arguments
    }

    /// Whether a path can begin with this name because it is that of a crate.
    pub(crate) fn is_crate(&self, name: &str) -> bool {
        ["std", "core", "alloc"].contains(&name) || self.externs.iter().any(|(known, _)| known == name)
    }

    /// Whether a process that has loaded the other one cannot load this one. The system treats two shared
    /// objects of one name as one.
    pub(crate) fn collides_with(&self, other: &Library) -> bool {
        let objects = |library: &Library| -> Vec<PathBuf> {
            let entries = library.folder.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
            entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "so")).collect()
        };
        let loaded = objects(other);
        let read = |path: &Path| std::fs::read(path).ok();
        objects(self).iter().any(|own| {
            loaded.iter().any(|loaded| own != loaded && own.file_name() == loaded.file_name() && read(own) != read(loaded))
        })
    }

    /// Whether everything that it names is still there.
    pub(crate) fn is_there(&self) -> bool {
        self.folder.as_ref().is_none_or(|folder| folder.is_dir())
            && self.externs.iter().all(|(_, value)| value.split_once('=').is_none_or(|(_, path)| Path::new(path).exists()))
    }
}
