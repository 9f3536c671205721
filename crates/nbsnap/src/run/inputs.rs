//! What verdicts rest on as it is now. A caller that waits for changes compares it later.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rust_cells::{Accesses, Interest};

use super::cache::{self, Parts, Sources, Surroundings};
use super::error::RunError;
use super::runner::{Runner, Selected};
use super::target::Target;
use crate::files::digest::digest;
use crate::select::Selection;

impl Runner<'_> {
    /// What the verdicts on the selected notebooks rest on as it is now, by notebook. For one that cannot be
    /// tested, it is the content of its file. Folders of local packages are known once the engine is
    /// prepared, and what cells ask for once they have run.
    ///
    /// # Errors
    /// When no notebook matches the selection.
    pub fn inputs(&mut self, wanted: &Selection) -> Result<BTreeMap<String, Parts>, RunError> {
        let Selected { notebooks, names, targets } = self.select(wanted)?;
        let paths = notebooks.usable.iter().map(|notebook| (&notebook.name, &notebook.path));
        let paths = paths.chain(notebooks.unusable.iter().map(|(name, path, _)| (name, path)));
        let of_file = |(name, path): (&String, &PathBuf)| {
            let content = std::fs::read(path).unwrap_or_default();
            (name.clone(), Parts::from([("file".to_owned(), digest(&content))]))
        };
        let mut all: BTreeMap<String, Parts> = paths.filter(|(name, _)| names.contains(name)).map(of_file).collect();
        // The settings that count are those that the project was found with; the file may have changed since.
        let settings = std::fs::read_to_string(self.project.config_file()).unwrap_or_default();
        let engine = Parts::from([("settings file".to_owned(), settings)]);
        for Target { notebook, .. } in &targets {
            // An environment that cannot be read counts as changed.
            let Ok(environment) = self.environment.files(notebook) else { continue };
            let snapshots = self.store.root().join(&notebook.name);
            let (project, environment) = (self.project, environment.as_slice());
            let surroundings = Surroundings { project, snapshots: &snapshots, environment, engine: &engine };
            // The same holds for a file that goes away meanwhile.
            let sources = Sources { paths: &self.sources(), variables: &[] };
            let seen = self.seen.accesses.get(&notebook.name);
            if let Ok(parts) = cache::inputs(notebook, surroundings, sources, seen, &mut self.seen.looked) {
                all.insert(notebook.name.clone(), parts);
            }
        }
        Ok(all)
    }

    /// Whether a file that the notebook's cells asked for has changed since `began`. A run that began then
    /// may have used the older one.
    pub fn has_seen_newer(&mut self, notebook: &str, began: SystemTime) -> bool {
        let looked = &mut self.seen.looked;
        let is_newer = |(path, interest): &(PathBuf, Interest)| {
            let changed = looked.now(path.clone(), *interest).ok().and_then(|state| state.changed());
            changed.is_some_and(|changed| changed >= began)
        };
        self.seen.accesses.get(notebook).is_some_and(|accesses| accesses.inputs.iter().any(is_newer))
    }

    /// The folders of the files that cells asked for when they last ran. A path at which there was nothing
    /// counts, if its folder is there.
    pub fn seen_folders(&self) -> BTreeSet<PathBuf> {
        let paths = |accesses: &Accesses| {
            let read = accesses.inputs.iter().map(|(path, _)| path.clone());
            read.chain(accesses.missing.iter().cloned()).collect::<Vec<_>>()
        };
        let folder_of = |path: PathBuf| if path.is_dir() { Some(path) } else { path.parent().map(Path::to_owned) };
        self.seen.accesses.values().flat_map(paths).filter_map(folder_of).filter(|folder| folder.is_dir()).collect()
    }

    /// The folders in which those inputs are.
    ///
    /// # Errors
    /// As [`Runner::inputs`].
    pub fn input_folders(&self, wanted: &Selection) -> Result<BTreeSet<PathBuf>, RunError> {
        let mut folders = BTreeSet::from([self.project.notebooks_dir(), self.store.root().to_owned()]);
        let folder_of = |source: PathBuf| if source.is_dir() { source } else { source.parent().unwrap_or(&source).to_owned() };
        folders.extend(self.sources().into_iter().map(folder_of));
        for Target { notebook, .. } in &self.select(wanted)?.targets {
            let files = self.environment.files(notebook).unwrap_or_default();
            folders.extend(files.iter().filter_map(|file| file.parent()).map(Path::to_owned));
        }
        folders.retain(|folder| folder.is_dir());
        Ok(folders)
    }
}
