//! Builds what the notebooks depend on, before the first cell runs, into the folder that evcxr will build in.
//!
//! The main function is [`prepare`]. It runs Cargo just as evcxr will, so that evcxr finds everything built.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::dependencies::DependencySet;
use super::slot::{BuildSettings, Slot, member_name};
use super::toolchain::Toolchain;
use crate::engine::{EngineError, Interrupt};
use crate::event::Event;
use crate::notebook::Notebook;

/// What [`prepare`] works with.
pub(crate) struct Preparation<'a> {
    pub(crate) slot: &'a Slot,
    pub(crate) toolchain: &'a Toolchain,
    pub(crate) settings: &'a BuildSettings,
    /// The project's committed lock file; need not exist yet.
    pub(crate) lock_file: &'a Path,
    /// Whether that file may be written.
    pub(crate) may_write_lock: bool,
    pub(crate) interrupt: &'a Interrupt,
}

/// What notebooks depend on.
struct Graph {
    /// How many crates that are.
    crates: usize,
    /// Folders of those that lie on this machine rather than come from a registry.
    local: Vec<PathBuf>,
}

/// Pins the dependencies of `all` notebooks and builds those of `selected`. Returns the folders of the local packages among them.
pub(crate) fn prepare(
    preparation: &Preparation<'_>,
    all: &[Notebook],
    selected: &[Notebook],
    emit: &mut dyn FnMut(Event),
) -> Result<Vec<PathBuf>, EngineError> {
    let started = Instant::now();
    let sets: Vec<(String, DependencySet)> =
        all.iter().map(|notebook| (notebook.name.clone(), DependencySet::of(notebook))).collect();
    preparation.pin(&sets, emit)?;

    let mut wanted: BTreeMap<&DependencySet, String> = BTreeMap::new();
    for (name, set) in &sets {
        if !set.is_empty() && selected.iter().any(|notebook| notebook.name == *name) {
            wanted.entry(set).or_insert_with(|| member_name(name));
        }
    }
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let Graph { crates: graph, local } = preparation.graph_of(wanted.values())?;
    emit(Event::PreparationStarted { crates: graph });
    let mut done = BTreeSet::new();
    let mut compiled = 0;
    for member in wanted.values() {
        compiled += preparation.build(member, graph, &mut done, emit)?;
    }
    emit(Event::PreparationFinished { crates: graph, compiled, elapsed: started.elapsed() });
    Ok(local)
}

impl Preparation<'_> {
    /// Lays out the workspace with the committed lock, and writes that lock anew if it does not fit and may be written.
    fn pin(&self, sets: &[(String, DependencySet)], emit: &mut dyn FnMut(Event)) -> Result<(), EngineError> {
        let committed = std::fs::read_to_string(self.lock_file).ok();
        // A project that is a Cargo workspace has tested versions already: begin with those.
        let seed = committed.clone().or_else(|| {
            let workspace = self.lock_file.parent()?.parent()?.join("Cargo.lock");
            std::fs::read_to_string(workspace).ok()
        });
        self.slot.lay_out(sets, self.settings, seed.as_deref())?;
        if sets.iter().all(|(_, set)| set.is_empty()) {
            return Ok(());
        }
        let output = self.cargo(&["metadata", "--format-version=1"]).output().map_err(|source| self.no_cargo(source))?;
        if !output.status.success() {
            return Err(EngineError::Dependencies { output: String::from_utf8_lossy(&output.stderr).into_owned() });
        }
        let path = self.slot.lock_file();
        let resolved = std::fs::read_to_string(&path).map_err(|source| EngineError::Io { action: "read", path, source })?;
        if committed.as_ref() == Some(&resolved) {
            return Ok(());
        }
        if !self.may_write_lock {
            let reason = match &committed {
                None => "there is no such file".to_owned(),
                Some(committed) => first_difference(committed, &resolved),
            };
            return Err(EngineError::LockOutOfDate { path: self.lock_file.to_owned(), reason });
        }
        write_whole(self.lock_file, &resolved)?;
        emit(Event::Notice {
            message: format!("wrote {}: commit it, it pins what the notebooks depend on", self.lock_file.display()),
        });
        Ok(())
    }

    /// What the members depend on, on this machine's platform.
    fn graph_of<'m>(&self, members: impl Iterator<Item = &'m String>) -> Result<Graph, EngineError> {
        let platform = format!("--filter-platform={}", self.toolchain.host);
        let output = self
            .cargo(&["metadata", "--format-version=1", "--offline", &platform])
            .output()
            .map_err(|source| self.no_cargo(source))?;
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let empty = Vec::new();
        let nodes: BTreeMap<&str, &Value> = metadata["resolve"]["nodes"]
            .as_array()
            .unwrap_or(&empty)
            .iter()
            .filter_map(|node| Some((node["id"].as_str()?, node)))
            .collect();
        let names: BTreeMap<&str, &str> = metadata["packages"]
            .as_array()
            .unwrap_or(&empty)
            .iter()
            .filter_map(|package| Some((package["name"].as_str()?, package["id"].as_str()?)))
            .collect();
        let mut reached = BTreeSet::new();
        let mut ahead: Vec<&str> = members.filter_map(|member| names.get(member.as_str()).copied()).collect();
        let roots: BTreeSet<&str> = ahead.iter().copied().collect();
        while let Some(id) = ahead.pop() {
            if reached.insert(id)
                && let Some(dependencies) = nodes.get(id).and_then(|node| node["dependencies"].as_array())
            {
                ahead.extend(dependencies.iter().filter_map(Value::as_str));
            }
        }
        let local = metadata["packages"]
            .as_array()
            .unwrap_or(&empty)
            .iter()
            .filter(|package| package["source"].is_null())
            .filter(|package| package["id"].as_str().is_some_and(|id| reached.contains(id) && !roots.contains(id)))
            .filter_map(|package| Some(Path::new(package["manifest_path"].as_str()?).parent()?.to_owned()))
            .collect();
        Ok(Graph { crates: reached.len().saturating_sub(roots.len()), local })
    }

    /// Builds one member's dependencies. Returns how many crates were compiled rather than found.
    fn build(
        &self,
        member: &str,
        crates: usize,
        done: &mut BTreeSet<String>,
        emit: &mut dyn FnMut(Event),
    ) -> Result<usize, EngineError> {
        let mut child = self
            .cargo(&["build", "--package", member, "--message-format=json-render-diagnostics"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| self.no_cargo(source))?;
        let stdout = child.stdout.take().expect("stdout was asked for as a pipe");
        let mut stderr = child.stderr.take().expect("stderr was asked for as a pipe");
        let messages = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        });
        let (sender, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut compiled = 0;
        loop {
            if self.interrupt.is_set() {
                end(&mut child);
                return Err(EngineError::Interrupted);
            }
            let line = match lines.recv_timeout(Duration::from_millis(100)) {
                Ok(line) => line,
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => continue,
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
            };
            let message: Value = serde_json::from_str(&line).unwrap_or_default();
            if message["reason"] == "compiler-artifact"
                && let (Some(id), Some(kind)) = (message["package_id"].as_str(), message["target"]["kind"].as_array())
                && !kind.iter().any(|kind| kind == "custom-build")
                && message["target"]["name"] != member.replace('-', "_")
                && done.insert(id.to_owned())
            {
                compiled += usize::from(message["fresh"] == false);
                let name = message["target"]["name"].as_str().unwrap_or_default().to_owned();
                emit(Event::PreparationProgress { done: done.len().min(crates), crates, name });
            }
        }
        let status = child.wait().map_err(|source| self.no_cargo(source))?;
        let messages = messages.join().unwrap_or_default();
        if status.success() { Ok(compiled) } else { Err(EngineError::Dependencies { output: errors_only(&messages) }) }
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = cargo(self.slot, self.toolchain);
        command.args(arguments);
        command
    }

    fn no_cargo(&self, source: std::io::Error) -> EngineError {
        EngineError::Program { program: self.toolchain.cargo_path().display().to_string(), source }
    }
}

/// Cargo, as evcxr will call it: other flags or folders would make it build everything a second time.
pub(crate) fn cargo(slot: &Slot, toolchain: &Toolchain) -> Command {
    let mut command = toolchain.cargo();
    command
        .current_dir(slot.crate_dir())
        .env("CARGO_TARGET_DIR", "target")
        .env("CARGO_BUILD_BUILD_DIR", "target")
        .env("CARGO_BUILD_TARGET", &toolchain.host)
        .env("RUSTC", &toolchain.rustc)
        .env("RUSTFLAGS", "-Cprefer-dynamic")
        .stdin(Stdio::null());
    command
}

/// Ends Cargo and the compilers it started: they share its process group.
fn end(child: &mut Child) {
    super::process::kill_group(child);
    let _ = child.wait();
}

fn errors_only(messages: &str) -> String {
    let interesting = |line: &&str| !line.trim_start().starts_with("Compiling ") && !line.trim_start().starts_with("Downloaded ");
    messages.lines().filter(interesting).collect::<Vec<_>>().join("\n")
}

/// The first line that the resolved lock has and the committed one lacks, or the other way round.
fn first_difference(committed: &str, resolved: &str) -> String {
    let packages = |text: &str| -> BTreeSet<String> {
        let table: toml::Table = text.parse().unwrap_or_default();
        let list = table.get("package").and_then(toml::Value::as_array).cloned().unwrap_or_default();
        list.iter()
            .filter_map(|package| Some(format!("{} {}", package.get("name")?.as_str()?, package.get("version")?.as_str()?)))
            .collect()
    };
    let (old, new) = (packages(committed), packages(resolved));
    match (new.difference(&old).next(), old.difference(&new).next()) {
        (Some(added), _) => format!("it lacks {added}"),
        (None, Some(removed)) => format!("it still has {removed}"),
        (None, None) => "a notebook's dependencies changed".to_owned(),
    }
}

/// Writes a file so that it is either old or new, never half.
fn write_whole(path: &Path, text: &str) -> Result<(), EngineError> {
    let failed = |source| EngineError::Io { action: "write", path: path.to_owned(), source };
    let folder = path.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    let readable_by_all = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    let mut file = tempfile::Builder::new().permissions(readable_by_all).tempfile_in(folder).map_err(failed)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
