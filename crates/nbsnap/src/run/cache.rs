//! What a green verdict rested on: while all of it stays the same, a notebook need not run again.
//!
//! The main type is [`ResultCache`]. It remembers what the verdict rested on. That is digests, part by part,
//! of what the runner itself has read, and the state of every file that the cells, their libraries and rustc
//! have read. It guesses nothing: where cells may have read something unseen, it remembers nothing. It runs
//! nothing, and it never remembers a failure.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rust_cells::{Accesses, FileState, Interest};
use serde::{Deserialize, Serialize};

use crate::files::digest::{digest, digest_of_files, files_below, sources_of};
use crate::notebook::Notebook;
use crate::process::environment;
use crate::project::Project;

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

/// Which files are still the same, each looked at once, before anything runs. Notebooks share many of them,
/// such as libraries and certificates.
#[derive(Debug, Default)]
pub struct Looked(HashMap<FileState, bool>);

impl Looked {
    fn holds(&mut self, state: &FileState) -> bool {
        if let Some(holds) = self.0.get(state) {
            return *holds;
        }
        let holds = state.holds();
        self.0.insert(state.clone(), holds);
        holds
    }
}

/// A notebook that passed.
#[derive(Debug, Serialize, Deserialize)]
struct Passed {
    /// What its cells have read, and what the local packages that it depends on were made from.
    files: Vec<FileState>,
    /// The variables that were read to compile both.
    variables: Vec<String>,
    parts: Parts,
    /// The day on which it passed, in days since 1970 (UTC), if cells asked for the date. The verdict holds on
    /// that day.
    day: Option<u64>,
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
        if same_day && passed.files.iter().all(|state| looked.holds(state)) && same_parts() {
            Known::Holds
        } else {
            Known::Changed
        }
    }

    /// Remembers that the notebook passed in a run that began at `began`, with these local packages, and that
    /// its cells asked for these files.
    ///
    /// Nothing is remembered where a file changed after the run had begun, as the run may have used the older
    /// one. Neither is it where a file cannot be read, or where it is not known what the cells have read.
    /// That is not an error: the notebook runs again next time.
    pub fn remember(
        &self,
        notebook: &Notebook,
        surroundings: Surroundings<'_>,
        sources: Sources<'_>,
        accesses: Option<&Accesses>,
        began: SystemTime,
    ) {
        let passed = accesses.and_then(|accesses| Passed::new(notebook, surroundings, sources, accesses, began));
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

    /// A verdict of one engine says nothing about another engine.
    fn file(&self, notebook: &Notebook, surroundings: Surroundings<'_>) -> PathBuf {
        let engine = surroundings.engine.get("engine").map_or("", String::as_str);
        self.folder.join(engine).join(format!("{}.json", notebook.name))
    }
}

impl Passed {
    fn new(
        notebook: &Notebook,
        surroundings: Surroundings<'_>,
        sources: Sources<'_>,
        accesses: &Accesses,
        began: SystemTime,
    ) -> Option<Passed> {
        if accesses.beyond.is_some() {
            return None;
        }
        let variables: BTreeSet<String> = sources.variables.iter().chain(&accesses.variables).cloned().collect();
        let variables: Vec<String> = variables.into_iter().collect();
        let (parts, newest) = parts(notebook, surroundings, &variables).ok()?;
        let of_packages = sources_of(sources.paths).ok()?.into_iter().map(|path| (path, Interest::Content));
        let read: BTreeSet<(PathBuf, Interest)> = of_packages.chain(accesses.inputs.iter().cloned()).collect();
        let mut files = Vec::new();
        for (path, interest) in read {
            let state = FileState::now(path, interest).ok()?;
            // It was there when it was read.
            if state.is_missing() || state.is_unknowable() || state.changed().is_some_and(|changed| changed >= began) {
                return None;
            }
            files.push(state);
        }
        for path in manifests_above(sources.paths) {
            files.push(FileState::now(path, Interest::Content).ok()?);
        }
        for path in &accesses.missing {
            let state = FileState::now(path.as_path(), Interest::Presence).ok()?;
            if !state.is_missing() {
                return None;
            }
            files.push(state);
        }
        let day = accesses.asks_date.then(today);
        (newest < began).then_some(Passed { files, variables, parts, day })
    }
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
) -> std::io::Result<Parts> {
    let (mut parts, _) = parts(notebook, surroundings, sources.variables)?;
    parts.insert("dependencies".to_owned(), digest_of_files(&sources_of(sources.paths)?)?.0);
    if let Some(seen) = seen {
        let wanted = seen.inputs.iter().map(|(path, interest)| (path.as_path(), *interest));
        let missing = seen.missing.iter().map(|path| (path.as_path(), Interest::Presence));
        let states: Vec<_> = wanted.chain(missing).map(|(path, interest)| FileState::now(path, interest).ok()).collect();
        parts.insert(SEEN_FILES.to_owned(), digest(format!("{states:?}").as_bytes()));
    }
    if seen.is_none_or(|seen| seen.beyond.is_some()) {
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
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::Config;

    const NOTEBOOK: &str = r#"{"cells":[{"cell_type":"code","execution_count":null,"id":"a","metadata":{},"outputs":[],"source":["1"]}],
        "metadata":{"kernelspec":{"display_name":"Rust","name":"rust"}},"nbformat":4,"nbformat_minor":5}"#;

    /// A project with one file of every kind that a verdict rests on.
    struct World {
        folder: tempfile::TempDir,
        engine: Parts,
        config: Config,
    }

    impl World {
        fn new() -> World {
            let folder = tempfile::tempdir().unwrap();
            let engine = [("engine", "evcxr"), ("runner", "0.1.0"), ("toolchain", "rustc 1.95.0")];
            let engine = engine.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
            let world = World { folder, engine, config: Config::default() };
            for file in ["notebooks/Cargo.lock", "notebooks/data.csv", "snapshots/lab/a.snap", "scenario/x.json"] {
                world.write(file, "1");
            }
            world.write("data/looked.csv", "1");
            world.write("library/src/lib.rs", "");
            world.write("library/Cargo.toml", "[package]");
            world.write("notebooks/lab.ipynb", NOTEBOOK);
            world
        }

        fn write(&self, file: &str, text: &str) {
            let path = self.folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn remove(&self, file: &str) {
            fs::remove_file(self.folder.path().join(file)).unwrap();
        }

        fn with<T>(&self, act: impl FnOnce(&ResultCache, &Notebook, Surroundings<'_>, Sources<'_>) -> T) -> T {
            let root = self.folder.path();
            let project = Project::with_config(root, self.config.clone());
            let cache = ResultCache::new(&root.join("cache"), &project);
            let notebook = Notebook::read(&root.join("notebooks/lab.ipynb")).unwrap();
            let (snapshots, environment) = (root.join("snapshots/lab"), [root.join("scenario/x.json")]);
            let surroundings =
                Surroundings { project: &project, snapshots: &snapshots, environment: &environment, engine: &self.engine };
            let sources = Sources { paths: &[root.join("library")], variables: &[] };
            act(&cache, &notebook, surroundings, sources)
        }

        /// A run whose cells have read one file, looked for two, and listed a folder.
        fn accesses(&self) -> Accesses {
            let file = |name: &str| self.folder.path().join(name);
            let inputs = [
                (file("notebooks/data.csv"), Interest::Content),
                (file("data"), Interest::Content),
                (file("data/looked.csv"), Interest::Presence),
            ];
            Accesses { inputs: inputs.into(), missing: [file("data/none.csv")].into(), ..Accesses::default() }
        }

        fn remember(&self) {
            self.remember_with(&self.accesses());
        }

        fn remember_with(&self, accesses: &Accesses) {
            let later = SystemTime::now() + Duration::from_secs(60);
            self.with(|cache, notebook, surroundings, sources| {
                cache.remember(notebook, surroundings, sources, Some(accesses), later);
            });
        }

        fn holds(&self) -> bool {
            self.with(|cache, notebook, surroundings, _| cache.holds(notebook, surroundings))
        }
    }

    #[test]
    fn a_notebook_that_passed_need_not_run_until_something_changes() {
        let world = World::new();
        assert!(!world.holds());
        world.remember();
        assert!(world.holds());
        // The same words written again are no change. Neither is a change of something that no verdict rests
        // on: a file that nobody read, or the content of one that was only looked for.
        world.write("notebooks/data.csv", "1");
        world.write("data/looked.csv", "2");
        world.write("notebooks/other.csv", "1");
        world.write("notebooks/other.ipynb", "{}");
        world.write("library/target/debug/x", "");
        assert!(world.holds());
        world.with(|cache, notebook, surroundings, _| cache.forget(notebook, surroundings));
        assert!(!world.holds());
    }

    #[test]
    fn every_part_counts() {
        let kernel = NOTEBOOK.replace(r#""Rust""#, r#""Rust 1.95""#);
        let settings = NOTEBOOK.replace(r#""kernelspec""#, r#""nbsnap":{"scenario":"x"},"kernelspec""#);
        let tags = NOTEBOOK.replace(r#""metadata":{},"#, r#""metadata":{"tags":["raises-exception"]},"#);
        type Change = Box<dyn Fn(&mut World)>;
        let cases: [(&str, Change); 17] = [
            ("a cell", Box::new(|world| world.write("notebooks/lab.ipynb", &NOTEBOOK.replace("[\"1\"]", "[\"2\"]")))),
            ("a tag", Box::new(move |world| world.write("notebooks/lab.ipynb", &tags))),
            ("the kernelspec", Box::new(move |world| world.write("notebooks/lab.ipynb", &kernel))),
            ("the notebook's settings", Box::new(move |world| world.write("notebooks/lab.ipynb", &settings))),
            ("the config", Box::new(|world| world.config.build.opt_level = "1".into())),
            ("the lock", Box::new(|world| world.write("notebooks/Cargo.lock", "2"))),
            ("a file that was read", Box::new(|world| world.write("notebooks/data.csv", "2"))),
            ("a file that was looked for", Box::new(|world| world.remove("data/looked.csv"))),
            ("a file that was missing", Box::new(|world| world.write("data/none.csv", ""))),
            ("a name in a folder that was listed", Box::new(|world| world.write("data/more.csv", ""))),
            ("the library", Box::new(|world| world.write("library/src/lib.rs", "// new"))),
            ("the library's manifest", Box::new(|world| world.write("library/Cargo.toml", "[package]\n"))),
            ("the library's workspace", Box::new(|world| world.write("Cargo.toml", "[workspace]"))),
            ("the environment", Box::new(|world| world.write("scenario/x.json", "2"))),
            ("a snapshot", Box::new(|world| world.write("snapshots/lab/b.snap", "2"))),
            ("the toolchain", Box::new(|world| drop(world.engine.insert("toolchain".into(), "rustc 1.96.0".into())))),
            ("the engine", Box::new(|world| drop(world.engine.insert("engine".into(), "jupyter".into())))),
        ];
        for (what, change) in cases {
            let mut world = World::new();
            world.remember();
            assert!(world.holds());
            change(&mut world);
            assert!(!world.holds(), "{what} changed");
        }
    }

    #[test]
    fn a_notebook_that_asks_for_the_date_passed_for_that_day() {
        let world = World::new();
        world.remember_with(&Accesses { asks_date: true, ..world.accesses() });
        assert!(world.holds());
        world.with(|cache, notebook, surroundings, _| {
            let file = cache.file(notebook, surroundings);
            let text = fs::read_to_string(&file).unwrap();
            let (today, yesterday) = (format!("\"day\": {}", today()), format!("\"day\": {}", today() - 1));
            assert!(text.contains(&today), "{text}");
            fs::write(&file, text.replace(&today, &yesterday)).unwrap();
        });
        assert!(!world.holds());
    }

    #[test]
    fn what_changed_while_the_notebook_ran_is_not_remembered() {
        let world = World::new();
        world.remember();
        let (earlier, accesses) = (SystemTime::now() - Duration::from_secs(60), world.accesses());
        world.with(|cache, notebook, surroundings, sources| {
            cache.remember(notebook, surroundings, sources, Some(&accesses), earlier);
        });
        assert!(!world.holds());
    }

    #[test]
    fn what_nobody_saw_is_not_guessed() {
        let world = World::new();
        world.remember();
        world.remember_with(&Accesses { beyond: Some("it starts the program `git`".into()), ..world.accesses() });
        assert!(!world.holds(), "a program may read anything");
        world.remember();
        let later = SystemTime::now() + Duration::from_secs(60);
        world.with(|cache, notebook, surroundings, sources| cache.remember(notebook, surroundings, sources, None, later));
        assert!(!world.holds(), "an engine that does not know");
        let made = world.folder.path().join("data/made.csv");
        world.remember_with(&Accesses { missing: [made.clone()].into(), ..world.accesses() });
        assert!(world.holds());
        // It was missing when it was looked for, and the notebook has made it: the next run finds it.
        fs::write(&made, "").unwrap();
        world.remember_with(&Accesses { missing: [made].into(), ..world.accesses() });
        assert!(!world.holds());
    }
}
