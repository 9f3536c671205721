//! Calls rustc as Cargo calls it.
//!
//! Cargo needs a fifth of a second to find out that only one crate has changed, and allows only one build at
//! a time in a target folder. So Cargo builds a crate with a notebook's dependencies once, and the command
//! that compiled it is kept as a [`RustcCall`], the main type. Cells are then compiled by that command, each
//! in its own folder and without Cargo.
//!
//! This module resolves and builds no dependency. The owner of a call must make sure that the files it names
//! exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

/// How Cargo compiled a `cdylib` that has a notebook's dependencies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RustcCall {
    program: PathBuf,
    /// The variables that Cargo sets for it.
    environment: BTreeMap<String, String>,
    /// Its arguments, except those about the one crate: name, source, kind and output.
    arguments: Vec<String>,
}

/// A crate to compile with a [`RustcCall`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crate<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// The folder of the package, which rustc's messages do not name.
    pub(crate) package: &'a Path,
    /// Its main file, below the package.
    pub(crate) source: &'a str,
    /// The output folder.
    pub(crate) out: &'a Path,
    /// The kind of output.
    pub(crate) kind: Kind,
}

/// The output of compiling a crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A shared object, as evcxr has it of a cell.
    Library,
    /// No file: rustc only reports errors.
    Check,
}

impl RustcCall {
    /// Finds the call that compiled the crate `name` in the standard error of `cargo build -vv`.
    pub(crate) fn find(messages: &str, name: &str) -> Option<RustcCall> {
        let line = messages.lines().filter_map(|line| line.trim_start().strip_prefix("Running `")?.strip_suffix('`'));
        line.filter_map(shlex::split).find_map(|words| RustcCall::of(words, name))
    }

    fn of(words: Vec<String>, name: &str) -> Option<RustcCall> {
        let mut words = words.into_iter();
        let mut environment = BTreeMap::new();
        let program = loop {
            let word = words.next()?;
            match word.split_once('=') {
                Some((variable, value)) => environment.insert(variable.to_owned(), value.to_owned()),
                None => break PathBuf::from(word),
            };
        };
        if words.next()? != "--crate-name" || words.next()? != name {
            return None;
        }
        let mut arguments = Vec::new();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--crate-type" | "--out-dir" => drop(words.next()),
                "-C" => {
                    let value = words.next()?;
                    let own = ["metadata=", "extra-filename=", "incremental="].iter().any(|own| value.starts_with(own));
                    if !own {
                        arguments.extend([word, value]);
                    }
                }
                _ if word.starts_with("--emit=") || word.starts_with("--diagnostic-width") || word.ends_with(".rs") => {}
                _ => arguments.push(word),
            }
        }
        Some(RustcCall { program, environment, arguments })
    }

    /// The same call with these dependencies only.
    pub(crate) fn with_only(&self, dependencies: &BTreeSet<String>) -> RustcCall {
        let names: BTreeSet<String> = dependencies.iter().map(|name| name.replace('-', "_")).collect();
        let mut arguments = Vec::new();
        let mut words = self.arguments.iter().peekable();
        while let Some(word) = words.next() {
            if word == "--extern"
                && let Some(value) = words.peek()
                && !names.contains(extern_name(value))
            {
                words.next();
                continue;
            }
            arguments.push(word.clone());
        }
        RustcCall { arguments, ..self.clone() }
    }

    /// The files of the dependencies that it names.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        let after = self.arguments.iter().skip(1);
        let pairs = self.arguments.iter().zip(after).filter(|(flag, _)| *flag == "--extern");
        pairs.filter_map(|(_, value)| Some(Path::new(value.split_once('=')?.1)))
    }

    /// The command that compiles a crate.
    pub(crate) fn command(&self, of: Crate<'_>) -> Command {
        let mut command = Command::new(&self.program);
        command.envs(&self.environment);
        let manifest = of.package.join("Cargo.toml");
        // What `env!` says of the package: the call was kept from another one.
        let own = [("CARGO_PKG_NAME", of.name.as_ref()), ("CARGO_CRATE_NAME", of.name.as_ref())];
        let own = own
            .into_iter()
            .chain([("CARGO_MANIFEST_DIR", of.package.as_os_str()), ("CARGO_MANIFEST_PATH", manifest.as_os_str())]);
        command.envs(own.filter(|(name, _)| self.environment.contains_key(*name)));
        command.current_dir(of.package).args(["--crate-name", of.name]).arg(of.source);
        match of.kind {
            Kind::Library => command.args(["--crate-type", "cdylib", "--emit=dep-info,link"]),
            Kind::Check => command.args(["--crate-type", "cdylib", "--emit=metadata"]),
        };
        command.arg("--out-dir").arg(of.out).args(&self.arguments);
        command
    }
}

/// The name in the value of `--extern`, such as `serde` in `noprelude:serde=/x/libserde.rlib`.
fn extern_name(value: &str) -> &str {
    let name = value.split_once('=').map_or(value, |(name, _)| name);
    name.rsplit_once(':').map_or(name, |(_, name)| name)
}
