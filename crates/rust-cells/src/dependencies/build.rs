//! Cargo, asked to resolve a workspace and to build a member of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::settings::BuildEvent;
use crate::cancellation::CancellationToken;
use crate::{Error, Toolchain, lifetime};

/// Builds in a workspace.
#[derive(Clone, Copy)]
pub(super) struct Cargo<'a> {
    pub(super) toolchain: &'a Toolchain,
    pub(super) workspace: &'a Path,
    pub(super) target: &'a Path,
    pub(super) token: &'a CancellationToken,
    pub(super) deadline: Instant,
}

/// What a build has made.
#[derive(Debug, Default)]
pub(super) struct Built {
    /// The shared object that contains everything.
    pub(super) library: PathBuf,
    /// Its metadata, where that is a file of its own.
    pub(super) metadata: Option<PathBuf>,
    /// How many crates were compiled rather than found.
    pub(super) compiled: usize,
    /// By package id: the files that were built from packages.
    pub(super) files: BTreeMap<String, Vec<PathBuf>>,
    /// By package id: where build scripts wrote. Cargo keeps their output beside that.
    pub(super) scripts: BTreeMap<String, PathBuf>,
    /// By package id: the programs that build scripts were compiled to.
    pub(super) builders: BTreeMap<String, PathBuf>,
    /// The arguments `--extern`, `-L` and `--cfg` with which the member was compiled, if it was compiled now.
    pub(super) arguments: Option<Vec<String>>,
}

impl Built {
    /// Takes in a message of Cargo's. Returns the package id if the message says that a crate is ready on which
    /// the member depends.
    fn take(&mut self, message: &Value, member: &str) -> Option<String> {
        let id = message["package_id"].as_str().unwrap_or_default().to_owned();
        match message["reason"].as_str() {
            Some("build-script-executed") => {
                self.scripts.insert(id, PathBuf::from(message["out_dir"].as_str().unwrap_or_default()));
                return None;
            }
            Some("compiler-artifact") => {}
            _ => return None,
        }
        let files = message["filenames"].as_array().into_iter().flatten().filter_map(Value::as_str).map(PathBuf::from);
        let files: Vec<PathBuf> = files.collect();
        let kinds = message["target"]["kind"].as_array().cloned().unwrap_or_default();
        if kinds.iter().any(|kind| kind == "custom-build") {
            self.builders.extend(files.into_iter().next().map(|program| (id, program)));
            return None;
        }
        if message["target"]["name"] == member {
            let made = |ending: &str| files.iter().find(|file| file.extension().is_some_and(|end| end == ending)).cloned();
            self.library = made("so").unwrap_or_default();
            self.metadata = made("rmeta");
            return None;
        }
        self.files.entry(id.clone()).or_default().extend(files);
        Some(id)
    }
}

/// How a call of Cargo ended.
pub(super) enum Ended {
    Well(Vec<u8>),
    /// The reason, in Cargo's words.
    Badly(String),
}

impl Cargo<'_> {
    /// Resolves the workspace into its lock file, and says what it depends on.
    pub(super) fn metadata(&self) -> Result<Ended, Error> {
        let platform = format!("--filter-platform={}", self.toolchain.host);
        let output =
            self.command(&["metadata", "--format-version=1", &platform]).output().map_err(|error| self.no_cargo(error))?;
        if output.status.success() {
            return Ok(Ended::Well(output.stdout));
        }
        Ok(Ended::Badly(errors_only(&String::from_utf8_lossy(&output.stderr))))
    }

    /// What a member is built from: a package a line, with its features after a tab. `None` if Cargo does
    /// not report it.
    pub(super) fn tree(&self, member: &str) -> Result<Option<String>, Error> {
        let arguments =
            ["tree", "--package", member, "--edges", "normal,build", "--prefix", "none", "--no-dedupe", "--format", "{p}\t{f}"];
        let output = self.command(&arguments).output().map_err(|error| self.no_cargo(error))?;
        Ok(output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned()))
    }

    /// Builds a member. The error of the inner result is Cargo's.
    pub(super) fn build(&self, member: &str, crates: usize, emit: &mut dyn FnMut(BuildEvent)) -> Result<Build, Error> {
        let arguments = ["build", "--package", member, "-v", "--message-format=json-render-diagnostics"];
        let mut command = self.command(&arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = lifetime::end_with_us(&mut command).spawn().map_err(|error| self.no_cargo(error))?;
        let stdout = child.stdout.take().expect("stdout was asked for as a pipe");
        let stderr = child.stderr.take().expect("stderr was asked for as a pipe");
        let messages = std::thread::spawn(move || std::io::read_to_string(stderr).unwrap_or_default());
        let (sender, lines) = channel();
        std::thread::spawn(move || BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let crate_name = member.replace('-', "_");
        let (mut built, mut done) = (Built::default(), BTreeSet::new());
        loop {
            let stop = if self.token.is_cancelled() {
                Some(Error::Cancelled)
            } else {
                (Instant::now() > self.deadline).then_some(Error::DependenciesTimeout)
            };
            if let Some(error) = stop {
                lifetime::kill_group(&mut child);
                return Err(error);
            }
            let line = match lines.recv_timeout(Duration::from_millis(50)) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let message: Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(package) = built.take(&message, &crate_name)
                && done.insert(package)
            {
                built.compiled += usize::from(message["fresh"] == false);
                let name = message["target"]["name"].as_str().unwrap_or_default().to_owned();
                emit(BuildEvent::Crate { done: done.len().min(crates), crates, name });
            }
        }
        let status = child.wait().map_err(|error| self.no_cargo(error))?;
        let messages = messages.join().unwrap_or_default();
        if !status.success() {
            return Ok(Build::Failed(errors_only(&messages)));
        }
        built.arguments = call_of(&messages, &crate_name);
        Ok(Build::Made(built))
    }

    /// Has Cargo forget what it has built of these packages.
    pub(super) fn clean(&self, packages: &[String]) -> Result<(), Error> {
        let mut command = self.command(&["clean"]);
        for package in packages {
            command.args(["--package", package]);
        }
        command.output().map_err(|error| self.no_cargo(error))?;
        Ok(())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.toolchain.command(&self.toolchain.cargo);
        command
            .current_dir(self.workspace)
            .env("CARGO_TARGET_DIR", self.target)
            .env("CARGO_BUILD_BUILD_DIR", self.target)
            // If a target is named, build scripts and procedural macros are built as usual.
            .env("CARGO_BUILD_TARGET", &self.toolchain.host)
            .env("RUSTC", &self.toolchain.rustc)
            .env("RUSTFLAGS", "-Cprefer-dynamic")
            .env("CARGO_TERM_COLOR", "never")
            .stdin(Stdio::null())
            .process_group(0)
            .args(arguments);
        command
    }

    fn no_cargo(&self, source: std::io::Error) -> Error {
        Error::Program { program: self.toolchain.cargo.display().to_string(), source }
    }
}

/// What became of a build.
pub(super) enum Build {
    Made(Built),
    /// The reason, in Cargo's words.
    Failed(String),
}

/// What a crate was compiled with that concerns its dependencies.
fn call_of(messages: &str, crate_name: &str) -> Option<Vec<String>> {
    let calls = messages.lines().filter_map(|line| line.trim_start().strip_prefix("Running `")?.strip_suffix('`'));
    let words = calls
        .filter_map(shlex::split)
        .find(|words| words.windows(2).any(|pair| pair[0] == "--crate-name" && pair[1] == crate_name))?;
    let pairs = words.windows(2).filter(|pair| ["--extern", "-L"].contains(&pair[0].as_str()));
    Some(pairs.flat_map(|pair| pair.iter().cloned()).collect())
}

fn errors_only(messages: &str) -> String {
    let uninteresting =
        ["Compiling ", "Downloading ", "Downloaded ", "Fresh ", "Dirty ", "Running `", "Updating ", "Locking ", "Adding "];
    // Lines about generated packages mean nothing to the author of a `:dep` line.
    let interesting =
        |line: &&str| !uninteresting.iter().any(|word| line.trim_start().starts_with(word)) && !line.contains("`cells-deps-");
    messages.lines().filter(interesting).collect::<Vec<_>>().join("\n").trim().to_owned()
}
