//! Where a project keeps its notebooks, snapshots and builds, and which notebooks a command means.
//!
//! ```text
//! <root>/notebooks/**/*.ipynb, nbsnap.toml, Cargo.lock
//! <root>/snapshots/<notebook>/<cell id>.snap
//! <root>/target/nbsnap/                               builds
//! ```
//!
//! A notebook in a folder of `notebooks` is called by its path from there, `week1/01-intro`; its snapshots lie in folders of the same names.
//!
//! A folder in `notebooks` that has an `nbsnap.toml` of its own is a project by itself, which no run of the outer one looks into: for notebooks that need
//! something which not everybody has, such as Python. Its snapshots lie in it:
//!
//! ```text
//! <root>/notebooks/<inner>/*.ipynb, nbsnap.toml, Cargo.lock, snapshots/
//! ```

use std::path::{Path, PathBuf};

use crate::config::{Config, ConfigError};
use crate::notebook::{Notebook, NotebookError};
use crate::select::{SelectError, Selection};

/// Why a project cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// There is no project here.
    #[error("no `notebooks` folder with notebooks in {start} or above it; run inside a project, or name one with --project")]
    NotFound {
        /// Where the search began.
        start: PathBuf,
    },
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A folder cannot be listed.
    #[error("cannot list {path}: {source}")]
    List {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// What was asked for means no notebook.
    #[error(transparent)]
    Select(#[from] SelectError),
}

/// A folder with notebooks and their snapshots.
#[derive(Clone, Debug)]
pub struct Project {
    /// The project's folder, without links in its path.
    pub root: PathBuf,
    /// Its settings.
    pub config: Config,
    /// The folder in `notebooks` that is the project, if it is not all of them.
    pub inner: Option<String>,
}

/// The notebooks of a project: those that can be tested, and those that cannot, with the reason.
#[derive(Debug, Default)]
pub struct Notebooks {
    /// Notebooks that can be tested, by name.
    pub usable: Vec<Notebook>,
    /// Files that cannot, by name.
    pub unusable: Vec<(String, PathBuf, NotebookError)>,
}

impl Project {
    /// Finds the project that `start` is in, with the settings of `profile`.
    ///
    /// # Errors
    /// When there is none, its configuration cannot be used, or it has no such profile.
    pub fn find(start: &Path, profile: &str) -> Result<Project, ProjectError> {
        let not_found = || ProjectError::NotFound { start: start.to_owned() };
        let start = start.canonicalize().map_err(|_| not_found())?;
        for folder in start.ancestors().filter(|folder| folder.join("nbsnap.toml").is_file()) {
            if let (Some(outer), Some(name)) = (folder.parent().filter(|outer| outer.ends_with("notebooks")), folder.file_name())
                && let (Some(root), true) = (outer.parent(), holds_notebooks(outer))
            {
                let config = Config::read(&folder.join("nbsnap.toml"), profile)?;
                let inner = Some(name.to_string_lossy().into_owned());
                return Ok(Project { root: root.to_owned(), config, inner });
            }
        }
        let root = start.ancestors().find(|folder| holds_notebooks(&folder.join("notebooks"))).ok_or_else(not_found)?;
        let config = Config::read(&root.join("notebooks/nbsnap.toml"), profile)?;
        Ok(Project { root: root.to_owned(), config, inner: None })
    }

    /// The folder with the notebooks.
    pub fn notebooks_dir(&self) -> PathBuf {
        let all = self.root.join("notebooks");
        self.inner.as_ref().map_or(all.clone(), |inner| all.join(inner))
    }

    /// The file with the project's settings, which need not exist.
    pub fn config_file(&self) -> PathBuf {
        self.notebooks_dir().join("nbsnap.toml")
    }

    /// The folder with the snapshots.
    pub fn snapshots_dir(&self) -> PathBuf {
        if self.inner.is_some() { self.notebooks_dir().join("snapshots") } else { self.root.join("snapshots") }
    }

    /// The folder that is built in, unless the user names another.
    pub fn cache_dir(&self) -> PathBuf {
        self.root.join("target/nbsnap")
    }

    /// The lock file of the notebooks' dependencies.
    pub fn lock_file(&self) -> PathBuf {
        self.notebooks_dir().join("Cargo.lock")
    }

    /// What the notebook in this file is called: its path from the folder with the notebooks, without `.ipynb`.
    pub fn name_of(&self, path: &Path) -> String {
        let folder = self.notebooks_dir();
        let below = path.strip_prefix(&folder).unwrap_or_else(|_| path.file_name().unwrap_or_default().as_ref());
        let parts: Vec<_> = below.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
        parts.join("/")
    }

    /// The folders with notebooks that are projects of their own, and that this one does not look into.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn inner_projects(&self) -> Result<Vec<PathBuf>, ProjectError> {
        let folder = self.notebooks_dir();
        let found = files_of(&folder).map_err(|source| ProjectError::List { path: folder, source })?;
        Ok(found.projects)
    }

    /// Reads all notebooks.
    ///
    /// # Errors
    /// When the folder cannot be listed. A file that cannot be used is no error.
    pub fn notebooks(&self) -> Result<Notebooks, ProjectError> {
        let folder = self.notebooks_dir();
        let mut notebooks = Notebooks::default();
        for path in notebook_files(&folder).map_err(|source| ProjectError::List { path: folder, source })? {
            match Notebook::read(&path) {
                Ok(notebook) => notebooks.usable.push(Notebook { name: self.name_of(&path), ..notebook }),
                Err(error) => notebooks.unusable.push((self.name_of(&path), path, error)),
            }
        }
        Ok(notebooks)
    }
}

impl Notebooks {
    /// The names of all, in order.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.usable.iter().map(|notebook| notebook.name.as_str()).collect();
        names.extend(self.unusable.iter().map(|(name, ..)| name.as_str()));
        names.sort_unstable();
        names
    }

    /// The names that `wanted` means: each is a name, a file name or path, the beginning of names, or a glob. All, if it is empty.
    ///
    /// # Errors
    /// When one of them means no notebook.
    pub fn select(&self, wanted: &[String]) -> Result<Vec<String>, ProjectError> {
        Ok(Selection::of_names(wanted).choose(self)?.into_iter().map(|chosen| chosen.name).collect())
    }
}

fn holds_notebooks(folder: &Path) -> bool {
    folder.join("nbsnap.toml").is_file() || notebook_files(folder).is_ok_and(|files| !files.is_empty())
}

fn notebook_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    Ok(files_of(folder)?.notebooks)
}

/// What lies in a folder with notebooks, and in those below it.
#[derive(Default)]
struct Found {
    notebooks: Vec<PathBuf>,
    /// Folders that are projects of their own.
    projects: Vec<PathBuf>,
}

/// Looks through a folder. Hidden folders, those with builds, and links to folders, which may lead back, are left out.
fn files_of(folder: &Path) -> std::io::Result<Found> {
    let mut found = Found::default();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if entry.file_type()?.is_dir() {
                if path.join("nbsnap.toml").is_file() {
                    found.projects.push(path);
                } else if !path.join("CACHEDIR.TAG").is_file() {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "ipynb") && path.is_file() {
                found.notebooks.push(path);
            }
        }
    }
    found.notebooks.sort();
    found.projects.sort();
    Ok(found)
}
