//! The inputs of a built library: the files and variables that rustc, Cargo and build scripts report.
//!
//! The main type is [`Inputs`]. Nothing is guessed from where a file is. A file that is included from
//! outside of its package counts, and so does a folder called `target` inside it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::build::Built;
use super::graph::Graph;
use crate::dep_info::DepInfo;
use crate::file_state::{FileState, Interest};

/// Files and variables, as they were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Inputs {
    files: Vec<FileState>,
    /// Files that could not be read. What depends on them is never up to date.
    unreadable: Vec<PathBuf>,
    variables: BTreeMap<String, Option<String>>,
}

/// Whether inputs have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// They are the very same.
    Same,
    /// Some are other ones.
    Changed,
}

impl Inputs {
    /// Takes these files and variables down.
    pub(crate) fn of(files: impl IntoIterator<Item = PathBuf>, variables: impl IntoIterator<Item = String>) -> Inputs {
        let mut inputs = Inputs::default();
        for path in files.into_iter().collect::<BTreeSet<PathBuf>>() {
            match FileState::now(path.as_path(), Interest::Content) {
                Ok(state) => inputs.files.push(state),
                Err(_) => inputs.unreadable.push(path),
            }
        }
        inputs.variables = variables.into_iter().map(|name| (name.clone(), std::env::var(name).ok())).collect();
        inputs
    }

    /// Whether they are unchanged. A file that was rewritten with the same content is.
    pub(crate) fn freshness(&self) -> Freshness {
        let same_variables = self.variables.iter().all(|(name, value)| std::env::var(name).ok() == *value);
        let is_same = same_variables && self.unreadable.is_empty() && self.files.iter().all(FileState::holds);
        if is_same { Freshness::Same } else { Freshness::Changed }
    }

    /// Takes in what others are.
    pub(crate) fn extend(&mut self, others: &Inputs) {
        self.files.extend(
            others
                .files
                .iter()
                .filter(|other| !self.files.iter().any(|own| own.path() == other.path()))
                .cloned()
                .collect::<Vec<_>>(),
        );
        self.unreadable.extend(others.unreadable.iter().cloned());
        self.variables.extend(others.variables.iter().map(|(name, value)| (name.clone(), value.clone())));
    }

    /// The names of the variables.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }

    /// The files.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(FileState::path).chain(self.unreadable.iter().map(PathBuf::as_path))
    }
}

/// The inputs of a library's local packages.
///
/// Cargo runs rustc in a package's folder, or in the folder of its workspace.
pub(super) fn of_packages(graph: &Graph, built: &Built, workspace: &Path) -> Inputs {
    let (mut files, mut variables) = (BTreeSet::new(), BTreeSet::new());
    for (id, folder) in &graph.local {
        files.insert(folder.join("Cargo.toml"));
        for made in built.files.get(id).into_iter().flatten() {
            read_dep_info(&dep_info_of(made), [folder, workspace], &mut files, &mut variables);
        }
        // The sources of a build script count, too. The script's own output covers only what it read when it
        // ran.
        let builder = built.builders.get(id).and_then(|program| std::fs::read_dir(program.parent()?).ok());
        for list in builder.into_iter().flatten().flatten().map(|entry| entry.path()) {
            if list.extension().is_some_and(|end| end == "d") {
                read_dep_info(&list, [folder, workspace], &mut files, &mut variables);
            }
        }
        if let Some(out) = built.scripts.get(id) {
            read_script_output(&out.with_file_name("output"), folder, &mut files, &mut variables);
        }
    }
    Inputs::of(files, variables)
}

/// rustc's list beside a file that it made: `libx-1.rlib` and `libx-1.rmeta` have `x-1.d`.
fn dep_info_of(made: &Path) -> PathBuf {
    let stem = made.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let plain = stem.strip_prefix("lib").unwrap_or(&stem).to_owned();
    let beside = made.with_file_name(format!("{plain}.d"));
    if beside.exists() {
        return beside;
    }
    // Cargo puts copies one folder up; the list is where rustc wrote.
    let deps = made.parent().unwrap_or(Path::new("")).join("deps");
    let in_deps = deps.join(format!("{plain}.d"));
    if in_deps.exists() { in_deps } else { made.with_file_name(format!("{stem}.d")) }
}

fn read_dep_info(path: &Path, folders: [&Path; 2], files: &mut BTreeSet<PathBuf>, variables: &mut BTreeSet<String>) {
    let info = DepInfo::read(&std::fs::read_to_string(path).unwrap_or_default());
    // Cargo itself sets these variables.
    variables.extend(info.variables.into_iter().filter(|name| !name.starts_with("CARGO") && name != "OUT_DIR"));
    let whole = |file: &String| {
        let in_folders = folders.map(|folder| folder.join(file));
        in_folders.iter().find(|path| path.exists()).unwrap_or(&in_folders[0]).clone()
    };
    files.extend(info.files.iter().map(whole));
}

fn read_script_output(path: &Path, package: &Path, files: &mut BTreeSet<PathBuf>, variables: &mut BTreeSet<String>) {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut says = false;
    for line in text.lines().filter_map(|line| line.strip_prefix("cargo::").or_else(|| line.strip_prefix("cargo:"))) {
        if let Some(file) = line.strip_prefix("rerun-if-changed=") {
            says = true;
            add_all(&package.join(file), files);
        } else if let Some(name) = line.strip_prefix("rerun-if-env-changed=") {
            says = true;
            variables.insert(name.to_owned());
        }
    }
    if !says {
        // Cargo runs such a script again when anything in its package changes.
        add_all(package, files);
    }
}

/// A file, or all files of a folder; Cargo's own target folder at its top aside.
fn add_all(path: &Path, files: &mut BTreeSet<PathBuf>) {
    let mut ahead = vec![path.to_owned()];
    while let Some(path) = ahead.pop() {
        match std::fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                let is_target = path.join("CACHEDIR.TAG").exists();
                if !is_target && let Ok(entries) = std::fs::read_dir(&path) {
                    ahead.extend(entries.flatten().map(|entry| entry.path()));
                }
            }
            _ => drop(files.insert(path)),
        }
    }
}
