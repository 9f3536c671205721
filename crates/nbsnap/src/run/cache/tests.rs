//! What is remembered of a notebook, and what is not.

use std::time::Duration;

use rust_cells::Beyond;

use super::*;
use crate::config::Config;

const NOTEBOOK: &str = r#"{"cells":[{"cell_type":"code","execution_count":null,"id":"a","metadata":{},"outputs":[],"source":["1"]}],
    "metadata":{"kernelspec":{"display_name":"Rust","name":"rust"}},"nbformat":4,"nbformat_minor":5}"#;

fn ran(accesses: Option<&Accesses>, began: SystemTime) -> Ran<'_> {
    Ran { accesses, began }
}

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
            cache.remember(notebook, surroundings, sources, ran(Some(accesses), later), &mut Looked::default());
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
        cache.remember(notebook, surroundings, sources, ran(Some(&accesses), earlier), &mut Looked::default());
    });
    assert!(!world.holds());
}

#[test]
fn what_nobody_saw_is_not_guessed() {
    let world = World::new();
    world.remember();
    world.remember_with(&Accesses { beyond: [Beyond::Program("git".into())].into(), ..world.accesses() });
    assert!(!world.holds(), "a program may read anything");
    world.remember();
    let later = SystemTime::now() + Duration::from_secs(60);
    world.with(|cache, notebook, surroundings, sources| {
        cache.remember(notebook, surroundings, sources, ran(None, later), &mut Looked::default())
    });
    assert!(!world.holds(), "an engine that does not know");
    let made = world.folder.path().join("data/made.csv");
    world.remember_with(&Accesses { missing: [made.clone()].into(), ..world.accesses() });
    assert!(world.holds());
    // It was missing when it was looked for, and the notebook has made it: the next run finds it.
    fs::write(&made, "").unwrap();
    world.remember_with(&Accesses { missing: [made].into(), ..world.accesses() });
    assert!(!world.holds());
}
