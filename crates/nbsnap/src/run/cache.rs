//! What a green verdict rested on: while all of it stays the same, a notebook need not run again.
//!
//! The main type is [`ResultCache`]. It remembers what the verdict rested on. That is digests, part by part,
//! of what the runner itself has read, and the state of every file that the cells, their libraries and rustc
//! have read. It guesses nothing: where cells may have read something unseen, it remembers nothing. It runs
//! nothing, and it never remembers a failure.

mod states;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rust_cells::{Accesses, FileState, Interest};
use serde::{Deserialize, Serialize};

use crate::files::digest::{digest, digest_of_files, files_below, sources_of};
use crate::notebook::Notebook;
use crate::process::environment;
use crate::project::Project;

pub use states::Looked;
use states::States;

/// Digests by part, such as `cells` or `toolchain`.
pub type Parts = BTreeMap<String, String>;

/// The part of [`inputs`] for the files that cells asked for.
pub const SEEN_FILES: &str = "files that cells asked for";
/// The part of [`inputs`] for what lies beside the notebook.
pub const FILES_BESIDE: &str = "files beside";

/// Remembers which notebooks passed, and with what.
#[derive(Debug)]
pub struct ResultCache {
    folder: PathBuf,
}

/// Everything outside a notebook that its verdict depends on.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The project, for its settings, its lock file and what lies beside the notebooks.
    pub project: &'a Project,
    /// The notebook's snapshots.
    pub snapshots: &'a Path,
    /// Files of the environment that the notebook is provided with.
    pub environment: &'a [PathBuf],
    /// What the engine says of itself.
    pub engine: &'a Parts,
}

/// What is known of a notebook from an earlier run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It passed, and nothing that this rested on has changed since.
    Holds,
    /// It passed, and something that this rested on has changed since.
    Changed,
    /// Nothing.
    Nothing,
}

/// A notebook that passed.
#[derive(Debug, Serialize, Deserialize)]
struct Passed {
    /// What its cells have read, and what the local packages that it depends on were made from.
    files: States,
    /// The variables that were read to compile both.
    variables: Vec<String>,
    parts: Parts,
    /// The day on which it passed, in days since 1970 (UTC), if cells asked for the date. The verdict holds
    /// on that day.
    day: Option<u64>,
}

/// The run in which a notebook passed.
#[derive(Clone, Copy, Debug)]
pub struct Ran<'a> {
    /// What its cells have asked for, if that is known.
    pub accesses: Option<&'a Accesses>,
    /// When the run began.
    pub began: SystemTime,
}

/// What the local packages that a notebook depends on are made from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sources<'a> {
    /// Files, or folders of packages.
    pub paths: &'a [PathBuf],
    /// Names of variables.
    pub variables: &'a [String],
}

impl ResultCache {
    /// The cache of `project` in `folder`, which may serve several projects.
    pub fn new(folder: &Path, project: &Project) -> ResultCache {
        let root = digest(project.notebooks_dir().as_os_str().as_encoded_bytes());
        ResultCache { folder: folder.join("results").join(&root[..16]) }
    }

    /// Whether the notebook passed, and nothing that this rested on has changed since.
    pub fn holds(&self, notebook: &Notebook, surroundings: Surroundings<'_>) -> bool {
        self.ask(notebook, surroundings, &mut Looked::default()) == Known::Holds
    }

    /// What is known of the notebook. Files that were looked at for another notebook are not looked at again.
    pub fn ask(&self, notebook: &Notebook, surroundings: Surroundings<'_>, looked: &mut Looked) -> Known {
        let Ok(text) = fs::read_to_string(self.file(notebook, surroundings)) else { return Known::Nothing };
        // An entry that cannot be read counts as unknown: the notebook runs.
        let Ok(passed) = serde_json::from_str::<Passed>(&text) else { return Known::Nothing };
        let same_parts = || parts(notebook, surroundings, &passed.variables).is_ok_and(|(parts, _)| parts == passed.parts);
        let same_day = passed.day.is_none_or(|day| day == today());
        if same_day && passed.files.hold(&self.lists(), looked) && same_parts() { Known::Holds } else { Known::Changed }
    }

    /// Remembers that the notebook passed, with these local packages.
    ///
    /// Nothing is remembered where a file changed after the run had begun, as the run may have used the older
    /// one. Neither is it where a file cannot be read, or where it is not known what the cells have read.
    /// That is not an error: the notebook runs again next time.
    pub(crate) fn remember(
        &self,
        notebook: &Notebook,
        surroundings: Surroundings<'_>,
        sources: Sources<'_>,
        ran: Ran<'_>,
        looked: &mut Looked,
    ) {
        let passed = ran.accesses.and_then(|accesses| {
            let (states, variables, parts) = rests_on(notebook, surroundings, sources, accesses, ran.began, looked)?;
            let files = States::keep(states, &surroundings.project.root, &self.lists()).ok()?;
            let day = accesses.asks_date.then(today);
            Some(Passed { files, variables, parts, day })
        });
        let written = passed
            .and_then(|passed| serde_json::to_string_pretty(&passed).ok())
            .is_some_and(|text| self.write(&self.file(notebook, surroundings), &text).is_ok());
        if !written {
            self.forget(notebook, surroundings);
        }
    }

    /// Forgets that the notebook ever passed.
    pub fn forget(&self, notebook: &Notebook, surroundings: Surroundings<'_>) {
        // Where there is no such file there is nothing to forget.
        let _ = fs::remove_file(self.file(notebook, surroundings));
    }

    fn write(&self, file: &Path, text: &str) -> std::io::Result<()> {
        fs::create_dir_all(file.parent().unwrap_or(&self.folder))?;
        fs::write(file, text)
    }

    /// Where lists of installed files are.
    fn lists(&self) -> PathBuf {
        self.folder.join("installed")
    }

    /// A verdict of one engine says nothing about another engine.
    fn file(&self, notebook: &Notebook, surroundings: Surroundings<'_>) -> PathBuf {
        let engine = surroundings.engine.get("engine").map_or("", String::as_str);
        self.folder.join(engine).join(format!("{}.json", notebook.name))
    }
}

/// What a verdict rests on: the states of files, the names of variables, and digests. None where that is not
/// known, or not what it was when the run began.
fn rests_on(
    notebook: &Notebook,
    surroundings: Surroundings<'_>,
    sources: Sources<'_>,
    accesses: &Accesses,
    began: SystemTime,
    looked: &mut Looked,
) -> Option<(Vec<FileState>, Vec<String>, Parts)> {
    if !accesses.beyond.is_empty() {
        return None;
    }
    let variables: BTreeSet<String> = sources.variables.iter().chain(&accesses.variables).cloned().collect();
    let variables: Vec<String> = variables.into_iter().collect();
    let (parts, newest) = parts(notebook, surroundings, &variables).ok()?;
    let of_packages = sources_of(sources.paths).ok()?.into_iter().map(|path| (path, Interest::Content));
    let read: BTreeSet<(PathBuf, Interest)> = of_packages.chain(accesses.inputs.iter().cloned()).collect();
    let mut files = Vec::new();
    for (path, interest) in read {
        let state = looked.now(path, interest).ok()?;
        // It was there when it was read.
        if state.is_missing() || state.is_unknowable() || state.changed().is_some_and(|changed| changed >= began) {
            return None;
        }
        files.push(state);
    }
    for path in manifests_above(sources.paths) {
        files.push(looked.now(path, Interest::Content).ok()?);
    }
    for path in &accesses.missing {
        let state = looked.now(path.clone(), Interest::Presence).ok()?;
        if !state.is_missing() {
            return None;
        }
        files.push(state);
    }
    (newest < began).then_some((files, variables, parts))
}

fn today() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() / (24 * 3600))
}

/// Where a workspace's manifest is or would be, from which packages may take versions, features and profiles.
fn manifests_above(packages: &[PathBuf]) -> BTreeSet<PathBuf> {
    let folders = packages.iter().filter_map(|path| match path.file_name() {
        Some(name) if name == "Cargo.toml" => path.parent(),
        _ => path.is_dir().then_some(path.as_path()),
    });
    folders.flat_map(|folder| folder.ancestors().skip(1)).map(|folder| folder.join("Cargo.toml")).collect()
}

/// Digests of what a verdict on the notebook rests on, part by part, as it is now: what the runner reads, the
/// sources of local packages, and what its cells asked for when it last ran. Where that is not known, or not
/// all of it, what lies beside the notebook counts.
///
/// # Errors
/// When a file cannot be read.
pub fn inputs(
    notebook: &Notebook,
    surroundings: Surroundings<'_>,
    sources: Sources<'_>,
    seen: Option<&Accesses>,
    looked: &mut Looked,
) -> std::io::Result<Parts> {
    let (mut parts, _) = parts(notebook, surroundings, sources.variables)?;
    parts.insert("dependencies".to_owned(), digest_of_files(&sources_of(sources.paths)?)?.0);
    if let Some(seen) = seen {
        let missing = seen.missing.iter().map(|path| (path.clone(), Interest::Presence));
        let wanted = seen.inputs.iter().cloned().chain(missing);
        let states: Vec<_> = wanted.map(|(path, interest)| looked.now(path, interest).ok()).collect();
        parts.insert(SEEN_FILES.to_owned(), digest(format!("{states:?}").as_bytes()));
    }
    if seen.is_none_or(|seen| !seen.beyond.is_empty()) {
        parts.insert(FILES_BESIDE.to_owned(), stamps_beside(notebook)?);
    }
    Ok(parts)
}

/// A digest of the sizes and times of the files beside a notebook.
fn stamps_beside(notebook: &Notebook) -> std::io::Result<String> {
    // Other notebooks and the settings have parts of their own, and so have notebooks of a project in a
    // folder of its own.
    let beside = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_project = path.join("nbsnap.toml").is_file();
        !is_project && !name.ends_with(".ipynb") && !name.starts_with('.') && name != "nbsnap.toml" && name != "Cargo.lock"
    };
    let beside = files_below(notebook.directory(), &beside)?;
    let stamps = beside.iter().filter_map(|path| Some((path, std::fs::metadata(path).ok()?)));
    let stamps: Vec<_> = stamps.map(|(path, metadata)| (path, metadata.len(), metadata.modified().ok())).collect();
    Ok(digest(format!("{stamps:?}").as_bytes()))
}

/// The digests of what the runner itself reads, and when the newest file among them was changed.
fn parts(notebook: &Notebook, surroundings: Surroundings<'_>, variables: &[String]) -> std::io::Result<(Parts, SystemTime)> {
    let Surroundings { project, snapshots, environment: files, engine } = surroundings;
    let mut parts = engine.clone();
    let mut set = |name: &str, digest: String| parts.insert(name.to_owned(), digest);
    // The position of a cell in the file does not matter.
    let cells: Vec<_> = notebook.cells.iter().map(|cell| (&cell.id, &cell.source, &cell.tags, &cell.overrides)).collect();
    set("cells", digest(format!("{cells:?}").as_bytes()));
    set("overrides", digest(format!("{:?}", notebook.overrides).as_bytes()));
    set("kernelspec", notebook.kernelspec.to_string());
    set("settings", notebook.settings.to_string());
    set("config", digest(project.config.of_verdicts().as_bytes()));
    // Values may be secrets: only their digest is written.
    let of_machine: Vec<(String, Option<String>)> =
        environment::plain().into_iter().map(|(name, value)| (name, Some(value))).collect();
    let of_build = variables.iter().map(|name| (name.clone(), std::env::var(name).ok()));
    let variables: Vec<(String, Option<String>)> = of_machine.into_iter().chain(of_build).collect();
    set("variables", digest(format!("{variables:?}").as_bytes()));

    let mut newest = SystemTime::UNIX_EPOCH;
    let mut set_files = |name: &str, files: Vec<PathBuf>| -> std::io::Result<()> {
        let (digest, changed) = digest_of_files(&files)?;
        newest = newest.max(changed);
        set(name, digest);
        Ok(())
    };
    let lock = project.lock_file();
    set_files("lock", if lock.exists() { vec![lock] } else { Vec::new() })?;
    set_files("snapshots", files_below(snapshots, &|_| true)?)?;
    set_files("environment", files.to_vec())?;
    Ok((parts, newest))
}

#[cfg(test)]
mod tests;
