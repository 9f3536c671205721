//! The environment of one test: a copy of a project, a scrubbed environment, the real binary.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The engines for Rust that need nothing that is installed; the first is the default.
pub(crate) const ENGINES: &[&str] = &["rustc", "evcxr"];

const LOCK: &str = "notebooks/Cargo.lock";

/// The workspace's folder.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

/// A project in its own folder, removed when dropped.
pub(crate) struct World {
    folder: TempDir,
    environment: BTreeMap<String, String>,
}

/// The result of a run.
pub(crate) struct Outcome {
    pub(crate) exit: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    /// A copy of `tests/projects/<name>`, with the workspace's folder in place of `{workspace}`.
    pub(crate) fn of_project(name: &str) -> World {
        let world = World::empty();
        copy(&workspace().join("tests/projects").join(name), world.root());
        world
    }

    /// Lets runs build where the workspace's own notebooks build, with the same versions and settings: for
    /// projects that depend on `eoap`.
    pub(crate) fn share_build(&mut self) {
        let labs = std::fs::read_to_string(workspace().join("notebooks/nbsnap.toml")).unwrap();
        let build = labs.split_once("[build]").and_then(|(_, rest)| rest.split_once("\n[")).unwrap().0;
        self.write("notebooks/nbsnap.toml", &format!("{}\n[build]{build}", self.read("notebooks/nbsnap.toml")));
        self.set("NBSNAP_CACHE_DIR", &workspace().join("target/nbsnap").display().to_string());
        std::fs::copy(workspace().join("notebooks/Cargo.lock"), self.path(LOCK)).unwrap();
    }

    /// A folder with nothing in it.
    pub(crate) fn empty() -> World {
        let folder = tempfile::Builder::new().prefix("world-").tempdir().unwrap();
        let plain = ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "TMPDIR"];
        let environment = plain.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?))).collect();
        World { folder, environment }
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        std::fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        std::fs::write(self.path(path), text).unwrap();
    }

    /// Writes a notebook of code cells, each with its id, its metadata as JSON, and its source. `metadata` is
    /// the notebook's own, as members.
    pub(crate) fn notebook(&self, name: &str, metadata: &str, cells: &[(&str, &str, &str)]) {
        let cell = |(id, metadata, source): &(&str, &str, &str)| {
            let lines: Vec<String> = source.split_inclusive('\n').map(|line| format!("    {line:?}")).collect();
            format!(
                "  {{\n   \"cell_type\": \"code\",\n   \"execution_count\": null,\n   \"id\": \"{id}\",\n   \"metadata\": {metadata},\n   \
                 \"outputs\": [],\n   \"source\": [\n{}\n   ]\n  }}",
                lines.join(",\n")
            )
        };
        let cells: Vec<String> = cells.iter().map(cell).collect();
        let kernel = r#""kernelspec": { "display_name": "Rust", "language": "rust", "name": "rust" }"#;
        let metadata = if metadata.is_empty() { kernel.to_owned() } else { format!("{kernel}, {metadata}") };
        let text = format!(
            "{{\n \"cells\": [\n{}\n ],\n \"metadata\": {{ {metadata} }},\n \"nbformat\": 4,\n \"nbformat_minor\": 5\n}}\n",
            cells.join(",\n")
        );
        self.write(&format!("notebooks/{name}.ipynb"), &text);
    }

    /// Sets a variable for all runs. `{project}` in it becomes the project's folder.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        let value = value.replace("{project}", &self.root().display().to_string());
        self.environment.insert(name.to_owned(), value);
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nbsnap"));
        command
            .args(arguments)
            .env_clear()
            .envs(&self.environment)
            .current_dir(self.root())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        let output = self.command(arguments).output().unwrap();
        Outcome {
            exit: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Every file of the project but what is built and the lock file of that, with its content, to see what a
    /// run changed.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(self.root(), self.root(), &mut files);
        files
    }
}

impl Outcome {
    /// Checks the exit code, showing everything if it is another.
    pub(crate) fn exits(&self, code: i32) -> &Outcome {
        assert_eq!(self.exit, code, "exit code; the run said:\n{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Checks that the report does not say something.
    pub(crate) fn does_not_say(&self, text: &str) -> &Outcome {
        assert!(!self.stdout.contains(text), "the report says `{text}`:\n{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Checks that the report says something.
    pub(crate) fn says(&self, text: &str) -> &Outcome {
        assert!(self.stdout.contains(text), "the report does not say `{text}`:\n{}\n{}", self.stdout, self.stderr);
        self
    }
}

/// Copies a folder, with the workspace's folder in place of `{workspace}` in its texts.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
            continue;
        }
        let content = match String::from_utf8(std::fs::read(entry.path()).unwrap()) {
            Ok(text) => text.replace("{workspace}", &workspace().display().to_string()).into_bytes(),
            Err(binary) => binary.into_bytes(),
        };
        std::fs::write(target, content).unwrap();
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().display().to_string();
        if name == "target" || name == LOCK {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            files.insert(name, std::fs::read(&path).unwrap());
        }
    }
}
