//! Two programs that evcxr calls as Cargo and as rustup. The first compiles a cell as Cargo would, without
//! Cargo. That saves a third of a cell's time, and no worker waits for another one's build.
//!
//! The runner leaves [`OpenNotebooks`] beside evcxr's crate: how to compile with the open notebooks'
//! dependencies. If evcxr asks for other dependencies or flags, the real Cargo builds. Jupyter kernels, of
//! which several may be open, then share one folder.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use nbsnap::engine::EngineError;
use serde::{Deserialize, Serialize};

use crate::build::RUSTFLAGS;
use crate::dependencies::DependencySet;
use crate::rustc::{Crate, Kind, RustcCall};
use crate::workspace::Workspace;

/// The variable that names the real Cargo.
pub(crate) const REAL_VARIABLE: &str = "NBSNAP_CARGO";

/// The variable with the folder in which the real Cargo builds. Processes take turns there.
pub(crate) const SHARED_TARGET_VARIABLE: &str = "NBSNAP_SHARED_TARGET";

/// The file in a workspace with [`OpenNotebooks`].
const FILE: &str = "notebook.json";

/// How to compile the notebooks that a workspace may run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OpenNotebooks(Vec<OpenNotebook>);

#[derive(Debug, Serialize, Deserialize)]
struct OpenNotebook {
    /// Its dependencies: crate name to Cargo's value for it.
    dependencies: BTreeMap<String, String>,
    call: RustcCall,
}

impl OpenNotebooks {
    pub(crate) fn new<'a>(notebooks: impl IntoIterator<Item = (&'a DependencySet, &'a RustcCall)>) -> OpenNotebooks {
        let open = |(set, call): (&DependencySet, &RustcCall)| OpenNotebook { dependencies: set.0.clone(), call: call.clone() };
        OpenNotebooks(notebooks.into_iter().map(open).collect())
    }

    /// Leaves it for the workspace's evcxr.
    pub(crate) fn leave_in(&self, workspace: &Workspace) -> Result<(), EngineError> {
        let path = workspace.root().join(FILE);
        let text = serde_json::to_vec(self).unwrap_or_default();
        std::fs::write(&path, text).map_err(|source| EngineError::Io { action: "write", path, source })
    }

    fn left_beside(package: &Path) -> Option<OpenNotebooks> {
        serde_json::from_slice(&std::fs::read(package.parent()?.join(FILE)).ok()?).ok()
    }

    /// How to compile with the dependencies of this manifest, if they are one notebook's or some of them.
    fn call_for(&self, manifest: &str) -> Option<RustcCall> {
        let manifest: toml::Table = manifest.parse().ok()?;
        let named = manifest.get("dependencies").and_then(toml::Value::as_table).cloned().unwrap_or_default();
        self.0.iter().find_map(|notebook| notebook.call_for(&named))
    }
}

impl OpenNotebook {
    fn call_for(&self, named: &toml::Table) -> Option<RustcCall> {
        let is_known = |(name, value): (&String, &toml::Value)| {
            let known = self.dependencies.get(name).and_then(|known| format!("value = {known}").parse::<toml::Table>().ok());
            known.is_some_and(|known| known.get("value") == Some(value))
        };
        named.iter().all(is_known).then(|| self.call.with_only(&named.keys().cloned().collect::<BTreeSet<_>>()))
    }
}

/// Does what evcxr asks of Cargo.
pub(crate) fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let compiled = std::env::current_dir().ok().and_then(|package| compile(&package, &arguments));
    compiled.or_else(|| shared(&arguments)).unwrap_or_else(|| real(&arguments))
}

/// Compiles the crate of this folder. `None` if only Cargo can do what is asked.
fn compile(package: &Path, arguments: &[OsString]) -> Option<ExitCode> {
    let kind = match arguments.iter().find(|word| !word.to_string_lossy().starts_with('-'))?.to_str()? {
        "build" => Kind::Library,
        "check" => Kind::Check,
        _ => return None,
    };
    let usual = std::env::var("RUSTFLAGS").is_ok_and(|flags| flags == RUSTFLAGS) && std::env::var_os("RUSTC_WRAPPER").is_none();
    if !usual {
        return None;
    }
    let manifest = std::fs::read_to_string(package.join("Cargo.toml")).ok()?;
    let call = OpenNotebooks::left_beside(package)?.call_for(&manifest)?;
    let out = package.join("target/cells");
    std::fs::create_dir_all(&out).ok()?;
    let status = call.command(Crate { name: "ctx", package, source: "src/lib.rs", out: &out, kind }).status().ok()?;
    if status.success() && kind == Kind::Library {
        // Cargo's message that reports a built artefact.
        let file = out.join(format!("{}ctx{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX));
        let made = serde_json::json!({"reason": "compiler-artifact", "target": {"name": "ctx"}, "filenames": [file]});
        writeln!(std::io::stdout(), "{made}").ok()?;
    }
    Some(ExitCode::from(u8::from(!status.success())))
}

/// Runs the real Cargo in the folder that several kernels share, one after the other. Copies out the result
/// before the next one overwrites it.
fn shared(arguments: &[OsString]) -> Option<ExitCode> {
    if arguments.first()? != "build" {
        return None;
    }
    let target = PathBuf::from(std::env::var_os(SHARED_TARGET_VARIABLE)?);
    let out = std::env::current_dir().ok()?.join("target/cells");
    std::fs::create_dir_all(&out).ok()?;
    std::fs::create_dir_all(&target).ok()?;
    let turn = File::create(target.join(".kernels")).ok()?;
    turn.lock().ok()?;
    let mut command = Command::new(std::env::var_os(REAL_VARIABLE)?);
    command.args(arguments).envs([("CARGO_TARGET_DIR", &target), ("CARGO_BUILD_BUILD_DIR", &target)]);
    let mut child = command.stdout(Stdio::piped()).spawn().ok()?;
    let lines = BufReader::new(child.stdout.take()?).lines();
    for line in lines.map_while(Result::ok) {
        let _ = writeln!(std::io::stdout(), "{}", taken_out(&line, &out).unwrap_or(line));
    }
    let status = child.wait().ok()?;
    Some(ExitCode::from(u8::from(!status.success())))
}

/// Cargo's message that evcxr's crate was built, with the paths of the copies. `None` for other messages.
fn taken_out(line: &str, out: &Path) -> Option<String> {
    let mut message: serde_json::Value = serde_json::from_str(line).ok()?;
    if message["reason"] != "compiler-artifact" || message["target"]["name"] != "ctx" {
        return None;
    }
    for file in message["filenames"].as_array_mut()? {
        let made = PathBuf::from(file.as_str()?);
        let taken = out.join(made.file_name()?);
        let _ = std::fs::remove_file(&taken);
        std::fs::copy(&made, &taken).ok()?;
        *file = taken.to_str()?.into();
    }
    Some(message.to_string())
}

/// Answers evcxr, which asks rustup where Cargo is. The answer is that it is unknown. So evcxr looks for
/// itself and finds [`main`]. The real rustup answers other questions.
pub(crate) fn rustup() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if arguments == ["which", "cargo"] || arguments == ["which", "rustc"] {
        return ExitCode::FAILURE;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let others = std::env::split_paths(&path).skip(1).map(|folder| folder.join("rustup"));
    others.into_iter().find(|program| program.is_file()).map_or(ExitCode::FAILURE, |rustup| become_program(&rustup, &arguments))
}

/// Becomes the real Cargo.
fn real(arguments: &[OsString]) -> ExitCode {
    let cargo = std::env::var_os(REAL_VARIABLE).map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    become_program(&cargo, arguments)
}

fn become_program(program: &Path, arguments: &[OsString]) -> ExitCode {
    let error = Command::new(program).args(arguments).exec();
    let _ = writeln!(std::io::stderr(), "nbsnap: cannot run {}: {error}", program.display());
    ExitCode::from(96)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notebook() -> OpenNotebooks {
        let messages = "     Running `CARGO=/c CARGO_PKG_NAME=lab /t/rustc --crate-name lab --edition=2024 lab/src/lib.rs --crate-type cdylib \
                        --emit=dep-info,link -C metadata=1 -C rpath --out-dir /o --extern eoap=/d/libeoap.so --extern tokio=/d/libtokio.rlib \
                        -Cprefer-dynamic`";
        let call = RustcCall::find(messages, "lab").unwrap();
        let dependencies = [("eoap", "{ path = \"/e\" }"), ("tokio", "\"1\"")];
        let dependencies = DependencySet(dependencies.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        OpenNotebooks::new([(&dependencies, &call)])
    }

    #[test]
    fn a_manifest_is_compiled_with_just_what_it_names() {
        let call = notebook().call_for("[package]\nname = \"ctx\"\n[dependencies]\neoap = {path=\"/e\"}\n").unwrap();
        let of = Crate {
            name: "ctx",
            package: Path::new("/s/ctx"),
            source: "src/lib.rs",
            out: Path::new("/s/out"),
            kind: Kind::Library,
        };
        let command = call.command(of);
        let arguments: Vec<_> = command.get_args().map(|argument| argument.to_str().unwrap()).collect();
        assert_eq!(
            arguments.join(" "),
            "--crate-name ctx src/lib.rs --crate-type cdylib --emit=dep-info,link --out-dir /s/out --edition=2024 -C rpath \
             --extern eoap=/d/libeoap.so -Cprefer-dynamic"
        );
        assert!(command.get_envs().any(|(name, value)| name == "CARGO_PKG_NAME" && value.is_some_and(|value| value == "ctx")));
    }

    #[test]
    fn a_manifest_that_names_anything_else_is_left_to_cargo() {
        assert!(notebook().call_for("[dependencies]\nserde = \"1\"\n").is_none());
        assert!(notebook().call_for("[dependencies]\ntokio = \"1.2\"\n").is_none());
        assert!(notebook().call_for("not a manifest").is_none());
        assert!(notebook().call_for("[package]\nname = \"ctx\"\n").is_some());
    }
}
