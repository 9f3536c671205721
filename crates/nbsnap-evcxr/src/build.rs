//! Runs Cargo to resolve and build a notebook's dependencies.
//!
//! The main type is [`Build`]. Cargo gets evcxr's settings, so it builds what evcxr would build. This module
//! does not decide what is built, or when.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use nbsnap::engine::{EngineError, Interrupt};
use nbsnap::event::Event;
use nbsnap::process::group;
use serde_json::Value;

use crate::rustc::RustcCall;
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;

/// Builds in a workspace.
pub(crate) struct Build<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) target: &'a Path,
    pub(crate) toolchain: &'a Toolchain,
    pub(crate) interrupt: &'a Interrupt,
    /// When it must be done.
    pub(crate) deadline: Instant,
}

/// What a notebook depends on, on this machine's platform.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// The crates, by Cargo's package ids.
    pub(crate) crates: BTreeSet<String>,
    /// Folders of the packages that are on this machine and not from a registry.
    pub(crate) local: Vec<PathBuf>,
}

impl Build<'_> {
    /// Resolves the workspace's dependencies into its lock file.
    pub(crate) fn resolve(&self) -> Result<(), EngineError> {
        let output = self.cargo(&["metadata", "--format-version=1"]).output().map_err(|source| self.no_cargo(source))?;
        if output.status.success() {
            return Ok(());
        }
        Err(EngineError::Dependencies { output: String::from_utf8_lossy(&output.stderr).into_owned() })
    }

    /// What each of these members depends on.
    pub(crate) fn graphs(&self, members: &[&str]) -> Result<BTreeMap<String, Graph>, EngineError> {
        let platform = format!("--filter-platform={}", self.toolchain.host);
        let output = self
            .cargo(&["metadata", "--format-version=1", "--offline", &platform])
            .output()
            .map_err(|source| self.no_cargo(source))?;
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let nodes: BTreeMap<String, Value> = list(&metadata["resolve"]["nodes"])
            .into_iter()
            .filter_map(|node| Some((node["id"].as_str()?.to_owned(), node)))
            .collect();
        let packages = list(&metadata["packages"]);
        let graph = |member: &str| {
            let id_of_member =
                packages.iter().find(|package| package["name"] == member).and_then(|package| package["id"].as_str());
            let mut graph = Graph::default();
            let mut ahead: Vec<&str> = id_of_member.into_iter().collect();
            while let Some(id) = ahead.pop() {
                if graph.crates.insert(id.to_owned())
                    && let Some(dependencies) = nodes.get(id).and_then(|node| node["dependencies"].as_array())
                {
                    ahead.extend(dependencies.iter().filter_map(Value::as_str));
                }
            }
            graph.crates.retain(|id| Some(id.as_str()) != id_of_member);
            let is_local = |package: &&Value| {
                package["source"].is_null() && package["id"].as_str().is_some_and(|id| graph.crates.contains(id))
            };
            let folder = |package: &Value| Some(Path::new(package["manifest_path"].as_str()?).parent()?.to_owned());
            graph.local = packages.iter().filter(is_local).filter_map(folder).collect();
            graph
        };
        Ok(members.iter().map(|member| ((*member).to_owned(), graph(member))).collect())
    }

    /// Builds a member's dependencies. Returns how many crates were compiled rather than found.
    pub(crate) fn dependencies(&self, member: &str, crates: usize, emit: &mut dyn FnMut(Event)) -> Result<usize, EngineError> {
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
        let (mut done, mut compiled) = (BTreeSet::new(), 0);
        loop {
            if self.interrupt.is_set() {
                end(&mut child);
                return Err(EngineError::Interrupted);
            }
            if Instant::now() > self.deadline {
                end(&mut child);
                return Err(EngineError::PrepareTimeout);
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

    /// Finds out how Cargo compiles a member whose dependencies are built, by letting it compile one.
    pub(crate) fn record(&self, member: &str) -> Result<RustcCall, EngineError> {
        let source = self.workspace.member_source(member);
        // Cargo says how it compiles only when it does.
        std::fs::write(&source, format!("// {:?}\n", SystemTime::now())).map_err(|error| EngineError::Io {
            action: "write",
            path: source,
            source: error,
        })?;
        let output = self.cargo(&["build", "--package", member, "-vv"]).output().map_err(|source| self.no_cargo(source))?;
        let messages = String::from_utf8_lossy(&output.stderr);
        RustcCall::find(&messages, &member.replace('-', "_")).ok_or_else(|| {
            let output = format!("Cargo does not say how it compiles {member}; it said:\n{}", errors_only(&messages));
            EngineError::Dependencies { output }
        })
    }

    /// Cargo, with the settings with which evcxr calls it.
    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = self.toolchain.cargo();
        command
            .current_dir(self.workspace.root())
            .env("CARGO_TARGET_DIR", self.target)
            .env("CARGO_BUILD_BUILD_DIR", self.target)
            .env("CARGO_BUILD_TARGET", &self.toolchain.host)
            .env("RUSTC", &self.toolchain.rustc)
            .env("RUSTFLAGS", RUSTFLAGS)
            .stdin(Stdio::null())
            .args(arguments);
        command
    }

    fn no_cargo(&self, source: std::io::Error) -> EngineError {
        EngineError::Program { program: self.toolchain.cargo_path().display().to_string(), source }
    }
}

/// The `RUSTFLAGS` that evcxr sets, unless a cell has asked for another linker and the like.
pub(crate) const RUSTFLAGS: &str = "-Cprefer-dynamic";

/// Ends Cargo and the compilers it started: they share its process group.
fn end(child: &mut Child) {
    group::kill_group(child);
    let _ = child.wait();
}

fn errors_only(messages: &str) -> String {
    let uninteresting = ["Compiling ", "Downloaded ", "Fresh ", "Dirty ", "Running `"];
    let interesting = |line: &&str| !uninteresting.iter().any(|word| line.trim_start().starts_with(word));
    messages.lines().filter(interesting).collect::<Vec<_>>().join("\n")
}
