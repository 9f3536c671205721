//! Where a project keeps its notebooks, snapshots and builds, and which notebooks a command selects.
//!
//! ```text
//! <root>/notebooks/**/*.ipynb, nbsnap.toml, Cargo.lock
//! <root>/snapshots/<notebook>/<cell id>.snap
//! <root>/target/nbsnap/                               builds
//! ```
//!
//! A notebook in a folder of `notebooks` is named by its path from there, `week1/01-intro`; its snapshots are
//! in folders of the same names.
//!
//! Where notebooks are elsewhere, an `nbsnap.toml` makes its own folder a project, and its `[project]` says
//! which of the notebooks below it belong to the project:
//!
//! ```text
//! <root>/nbsnap.toml, lessons/**/*.ipynb
//! <root>/snapshots/lessons/<notebook>/<cell id>.snap, Cargo.lock
//! ```
//!
//! Such a folder within another project is a project by itself. A run of the outer project does not look into
//! it. It is for notebooks that need something which not everybody has, such as Python. It builds where the
//! outer one does.

pub(crate) mod discovery;
mod layout;
pub mod notices;
pub mod start;

use std::path::{Path, PathBuf};

use crate::config::{Config, ConfigError, Membership, PathPattern};
use crate::notebook::{Notebook, NotebookError};
pub use discovery::Found;
use layout::{Layout, SETTINGS};

/// Why a project cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// There is no project here.
    #[error(
        "{start} is in no project: neither it nor a folder above it has a `notebooks` folder or an nbsnap.toml; `nbsnap init` makes one where \
         notebooks are, and --project names another"
    )]
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
}

/// A folder with notebooks and their snapshots.
#[derive(Clone, Debug)]
pub struct Project {
    /// The project's folder, without links in its path.
    pub root: PathBuf,
    /// Its settings.
    pub config: Config,
    layout: Layout,
}

/// The notebooks of a project: those that can be tested, and those that cannot, with the reason.
#[derive(Debug, Default)]
pub struct Notebooks {
    /// Notebooks that can be tested, by name.
    pub usable: Vec<Notebook>,
    /// Files that cannot, by name.
    pub unusable: Vec<(String, PathBuf, NotebookError)>,
    /// Folders that are projects of their own, and that this one does not look into.
    pub inner_projects: Vec<PathBuf>,
    /// Patterns of `[project]` that match no notebook.
    pub idle_patterns: Vec<String>,
    /// Files below the folder of the settings that no pattern of `[project] notebooks` covers.
    pub left_out: Vec<PathBuf>,
    /// Files that `[project] exclude` covers.
    pub excluded: Vec<PathBuf>,
}

impl Project {
    /// Finds the project that `start` is in, with the settings of `profile`.
    ///
    /// # Errors
    /// When there is none, its configuration cannot be used, or it has no such profile.
    pub fn find(start: &Path, profile: &str) -> Result<Project, ProjectError> {
        let not_found = || ProjectError::NotFound { start: start.to_owned() };
        let folder = start.canonicalize().map_err(|_| not_found())?;
        Ok(Project::of_layout(Layout::around(&folder).ok_or_else(not_found)?, profile)?)
    }

    fn of_layout(layout: Layout, profile: &str) -> Result<Project, ConfigError> {
        let config = Config::read(&layout.notebooks.join(SETTINGS), profile)?;
        Ok(Project { root: layout.root.clone(), config, layout })
    }

    /// The project in this folder with these settings, whatever its files say. Its notebooks are in its
    /// folder `notebooks`.
    pub fn with_config(root: &Path, config: Config) -> Project {
        Project { root: root.to_owned(), config, layout: Layout::of_folder(root) }
    }

    /// The folder that is searched for notebooks.
    pub fn notebooks_dir(&self) -> PathBuf {
        self.layout.notebooks.clone()
    }

    /// The file with the project's settings, which need not exist.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.layout.notebooks.join(SETTINGS)
    }

    /// The folder with the snapshots.
    pub fn snapshots_dir(&self) -> PathBuf {
        self.layout.snapshots.clone()
    }

    /// The folder for builds, unless the user names another.
    pub fn cache_dir(&self) -> PathBuf {
        self.root.join("target/nbsnap")
    }

    /// The lock file of the notebooks' dependencies.
    pub fn lock_file(&self) -> PathBuf {
        self.layout.lock_file.clone()
    }

    /// The name of the notebook in this file: its path from the folder with the notebooks, without `.ipynb`.
    pub fn name_of(&self, path: &Path) -> String {
        let parts: Vec<_> = self.below(path).with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
        parts.join("/")
    }

    /// What selects the notebooks in an existing folder: `week1/`, or `./` where all of them are in it. None
    /// if no notebook is in it.
    pub fn name_of_folder(&self, folder: &Path) -> Option<String> {
        if self.layout.notebooks.starts_with(folder) {
            return Some("./".to_owned());
        }
        let below = folder.strip_prefix(&self.layout.notebooks).ok()?;
        discovery::has_notebooks(folder).then(|| format!("{}/", below.display()))
    }

    /// Reads all notebooks.
    ///
    /// # Errors
    /// When the folder cannot be listed. A file that cannot be used is no error.
    pub fn notebooks(&self) -> Result<Notebooks, ProjectError> {
        let found = notebook_files(&self.layout.notebooks)?;
        let matches = |pattern: &&PathPattern| found.notebooks.iter().any(|path| pattern.covers(self.below(path)));
        let idle = self.config.project.patterns().filter(|pattern| !matches(pattern));
        let mut notebooks = Notebooks {
            idle_patterns: idle.map(ToString::to_string).collect(),
            inner_projects: found.projects.into_iter().filter(|folder| self.covers(folder)).collect(),
            ..Notebooks::default()
        };
        for path in found.notebooks {
            match self.config.project.membership(self.below(&path)) {
                Membership::Member => {}
                Membership::Excluded => {
                    notebooks.excluded.push(path);
                    continue;
                }
                Membership::NotListed => {
                    notebooks.left_out.push(path);
                    continue;
                }
            }
            let name = self.name_of(&path);
            match usable_name(&name, &path).and_then(|()| Notebook::read(&path)) {
                Ok(mut notebook) => {
                    self.config.kernels.apply(&mut notebook);
                    notebooks.usable.push(Notebook { name, ..notebook });
                }
                Err(error) => notebooks.unusable.push((name, path, error)),
            }
        }
        Ok(notebooks)
    }

    /// A file of the project as seen from the project's folder.
    pub(crate) fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).unwrap_or(path).to_owned()
    }

    /// Whether a file or folder belongs to the project by its settings.
    fn covers(&self, path: &Path) -> bool {
        self.config.project.covers(self.below(path))
    }

    /// A path from the folder that is searched for notebooks.
    fn below<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.layout.notebooks).unwrap_or_else(|_| path.file_name().unwrap_or_default().as_ref())
    }
}

/// The notebook files in a folder and below it. Hidden folders, and those with builds or packages, are left
/// out.
///
/// # Errors
/// When a folder cannot be listed.
pub fn notebook_files(folder: &Path) -> Result<Found, ProjectError> {
    discovery::files_of(folder).map_err(|source| ProjectError::List { path: folder.to_owned(), source })
}

/// Whether a name can be that of a folder with snapshots, on every system.
fn usable_name(name: &str, path: &Path) -> Result<(), NotebookError> {
    if name.contains('\\') {
        let reason = "holds `\\`, which divides folders on Windows";
        return Err(NotebookError::Name { path: path.to_owned(), reason });
    }
    Ok(())
}

impl Notebooks {
    /// The names of all, in order.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.usable.iter().map(|notebook| notebook.name.as_str()).collect();
        names.extend(self.unusable.iter().map(|(name, ..)| name.as_str()));
        names.sort_unstable();
        names
    }

    /// What in the settings keeps this file from being one of the project's, if it is below their folder.
    pub(crate) fn why_not(&self, path: &Path) -> Option<&'static str> {
        let is_among = |paths: &[PathBuf]| paths.iter().any(|known| known == path);
        match () {
            () if is_among(&self.left_out) => Some("not among `[project] notebooks`"),
            () if is_among(&self.excluded) => Some("covered by `[project] exclude`"),
            () => None,
        }
    }
}
