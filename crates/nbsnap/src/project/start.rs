//! Makes a project of a folder with notebooks: settings, lines for Git, a workflow.
//!
//! Existing files keep what they have, so that it can be done again. Nothing is asked and nothing is run.

mod patterns;
mod workflow;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::discovery::{self, Found};
use super::layout::{Layout, SETTINGS};
use super::{Project, ProjectError, notices};
use crate::config::DEFAULT_PROFILE;
use crate::document::{Document, id};
use crate::files::atomic_write;
use crate::notebook::Language;

/// The notebook that a project without any may begin with.
const EXAMPLE: &str = include_str!("start/01-first.ipynb");
/// What Git need not keep.
const IGNORED: [&str; 3] = ["target/nbsnap/", "*.snap.new", ".ipynb_checkpoints/"];
/// The environment of Python that a project's folder may have, and that is not Git's either.
const ENVIRONMENT: &str = ".venv/";

/// Why a folder cannot be made a project.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no notebook.
    #[error("there is no notebook (*.ipynb) in {folder} or below it; `nbsnap init --example` writes a first one")]
    NoNotebooks {
        /// The folder.
        folder: PathBuf,
    },
    /// The project that it was made, or is already, cannot be used.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// A file or folder cannot be read or written.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// `read` or `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// What was done to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// It did not exist and was written.
    Written(PathBuf),
    /// It got these lines.
    Extended(PathBuf, Vec<String>),
    /// It stayed as it was.
    Kept(PathBuf),
}

/// A project that was begun.
#[derive(Clone, Debug)]
pub struct Started {
    /// The project.
    pub project: Project,
    /// How many notebooks it has.
    pub notebooks: usize,
    /// How many of them have cells without ids, after which snapshots are named.
    pub without_ids: usize,
    /// What was done, in order.
    pub steps: Vec<Step>,
    /// Whether it is in a repository of Git's. If not, nothing was written for Git and GitHub.
    pub is_in_repository: bool,
    /// What in its settings does not fit its notebooks, in sentences.
    pub notices: Vec<String>,
}

/// Whether a first notebook is written where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Example {
    /// It is.
    Written,
    /// It is not: a folder without notebooks is an error.
    Left,
}

/// Makes `folder` a project. Its notebooks may be anywhere in it; where all of them are in `notebooks`, that
/// folder gets the settings.
///
/// # Errors
/// When there is no notebook, and no example is wanted; when a file cannot be read or written.
pub fn start(folder: &Path, example: Example) -> Result<Started, StartError> {
    let folder = folder.canonicalize().map_err(io("read", folder))?;
    let mut steps = Vec::new();
    let known = Layout::around(&folder).filter(|layout| layout.notebooks.join(SETTINGS).is_file());
    let searched = known.as_ref().map_or(&folder, |layout| &layout.notebooks);
    let mut found = look(searched)?;
    if found.notebooks.is_empty() {
        if example == Example::Left {
            return Err(StartError::NoNotebooks { folder });
        }
        steps.push(write_new(&folder.join("notebooks/01-first.ipynb"), EXAMPLE)?);
        found = look(&folder)?;
    }
    let layout = known.unwrap_or_else(|| fitting(&folder, &found));
    steps.push(write_new(&layout.notebooks.join(SETTINGS), &settings(&layout, &found))?);
    let project = Project::of_layout(layout, DEFAULT_PROFILE).map_err(ProjectError::from)?;
    // What cannot be read says so when it is tested.
    let files = found.notebooks.iter().filter(|path| project.covers(path));
    let documents: Vec<Document> = files.filter_map(|path| Document::read(path).ok()).collect();
    let repository = project.root.ancestors().find(|folder| folder.join(".git").exists());
    if let Some(repository) = repository {
        let has_environment = project.root.join(ENVIRONMENT).is_dir();
        let ignored: Vec<&str> = IGNORED.into_iter().chain(has_environment.then_some(ENVIRONMENT)).collect();
        steps.push(extend(&project.root.join(".gitignore"), &ignored)?);
        let is_python = documents.iter().any(|document| Language::of(document.metadata()) == Language::Python);
        let workflow = workflow::of_project(repository, &project.root, is_python);
        steps.push(write_new(&repository.join(".github/workflows/notebooks.yml"), &workflow)?);
    }
    let notebooks = project.notebooks()?;
    let lacks_ids = |document: &&Document| document.cells().any(|cell| id(cell).is_none());
    Ok(Started {
        notebooks: notebooks.names().len(),
        without_ids: documents.iter().filter(lacks_ids).count(),
        steps,
        is_in_repository: repository.is_some(),
        notices: notices::of_patterns(&project, &notebooks),
        project,
    })
}

/// The best folder for a project whose notebooks are where they are.
fn fitting(folder: &Path, found: &Found) -> Layout {
    let usual = Layout::of_folder(folder);
    match found.notebooks.iter().all(|path| path.starts_with(&usual.notebooks)) {
        true => usual,
        false => Layout::of_settings(folder),
    }
}

fn look(folder: &Path) -> Result<Found, StartError> {
    discovery::files_of(folder).map_err(io("read", folder))
}

/// The file with settings: as few as possible.
fn settings(layout: &Layout, found: &Found) -> String {
    let head = "# How these notebooks are tested. Every setting has a default: `nbsnap settings` shows them all.\n";
    if layout.notebooks != layout.root {
        return head.to_owned();
    }
    let below = found.notebooks.iter().filter_map(|path| path.strip_prefix(&layout.notebooks).ok());
    let quoted: Vec<String> = patterns::of(below).into_iter().map(|pattern| toml::Value::String(pattern).to_string()).collect();
    format!("{head}\n[project]\nnotebooks = [{}]\n", quoted.join(", "))
}

fn write_new(path: &Path, text: &str) -> Result<Step, StartError> {
    if path.exists() {
        return Ok(Step::Kept(path.to_owned()));
    }
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(io("write", folder))?;
    atomic_write::write(path, text.as_bytes()).map_err(io("write", path))?;
    Ok(Step::Written(path.to_owned()))
}

/// Adds those lines to a file that it does not have yet.
fn extend(path: &Path, lines: &[&str]) -> Result<Step, StartError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(source) => return Err(io("read", path)(source)),
    };
    let known: BTreeSet<&str> = text.lines().map(|line| line.trim().trim_start_matches('/').trim_end_matches('/')).collect();
    // An ignored folder covers everything in it.
    let is_known = |line: &str| {
        Path::new(line.trim_end_matches('/'))
            .ancestors()
            .any(|path| known.contains(path.to_string_lossy().as_ref()) && path != Path::new(""))
    };
    let missing: Vec<String> = lines.iter().filter(|line| !is_known(line)).map(|line| (*line).to_owned()).collect();
    if missing.is_empty() {
        return Ok(Step::Kept(path.to_owned()));
    }
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let text = format!("{text}{end}{}\n", missing.join("\n"));
    atomic_write::write(path, text.as_bytes()).map_err(io("write", path))?;
    Ok(Step::Extended(path.to_owned(), missing))
}

fn io<'p>(action: &'static str, path: &'p Path) -> impl FnOnce(std::io::Error) -> StartError + 'p {
    move |source| StartError::Io { action, path: path.to_owned(), source }
}
