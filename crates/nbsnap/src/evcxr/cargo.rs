//! The process that evcxr takes for Cargo, and the one that it takes for rustup. The first compiles a cell as Cargo would, without Cargo: a third of a cell's time, and no waiting for
//! another worker's build.
//!
//! The runner leaves beside evcxr's crate how to compile with the open notebook's dependencies: [`OpenNotebook`]. Where evcxr asks for
//! anything else, for other dependencies or with other flags, the real Cargo does it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde::{Deserialize, Serialize};

use super::build::RUSTFLAGS;
use super::dependencies::DependencySet;
use super::rustc::{Crate, Kind, RustcCall};
use super::slot::Slot;
use crate::engine::EngineError;

/// The variable that names the real Cargo.
pub(crate) const REAL_VARIABLE: &str = "NBSNAP_CARGO";

/// The file in a slot that holds an [`OpenNotebook`].
const FILE: &str = "notebook.json";

/// What the notebook that a slot runs is compiled with.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OpenNotebook {
    /// Its dependencies: crate name to Cargo's value for it.
    dependencies: BTreeMap<String, String>,
    call: RustcCall,
}

impl OpenNotebook {
    pub(crate) fn new(set: &DependencySet, call: &RustcCall) -> OpenNotebook {
        OpenNotebook { dependencies: set.0.clone(), call: call.clone() }
    }

    /// Leaves it for the slot's evcxr.
    pub(crate) fn leave_in(&self, slot: &Slot) -> Result<(), EngineError> {
        let path = slot.root().join(FILE);
        let text = serde_json::to_vec(self).unwrap_or_default();
        std::fs::write(&path, text).map_err(|source| EngineError::Io { action: "write", path, source })
    }

    fn left_beside(package: &Path) -> Option<OpenNotebook> {
        serde_json::from_slice(&std::fs::read(package.parent()?.join(FILE)).ok()?).ok()
    }

    /// How to compile with the dependencies that this manifest names, if they are the notebook's or some of them.
    fn call_for(&self, manifest: &str) -> Option<RustcCall> {
        let manifest: toml::Table = manifest.parse().ok()?;
        let named = manifest.get("dependencies").and_then(toml::Value::as_table).cloned().unwrap_or_default();
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
    compiled.unwrap_or_else(|| real(&arguments))
}

/// Compiles the crate of this folder, or says nothing where only Cargo can do what is asked.
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
    let call = OpenNotebook::left_beside(package)?.call_for(&manifest)?;
    let out = package.join("target/cells");
    std::fs::create_dir_all(&out).ok()?;
    let status = call.command(Crate { name: "ctx", package, source: "src/lib.rs", out: &out, kind }).status().ok()?;
    if status.success() && kind == Kind::Library {
        // Cargo's words for: this was made.
        let file = out.join(format!("{}ctx{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX));
        let made = serde_json::json!({"reason": "compiler-artifact", "target": {"name": "ctx"}, "filenames": [file]});
        writeln!(std::io::stdout(), "{made}").ok()?;
    }
    Some(ExitCode::from(u8::from(!status.success())))
}

/// Answers evcxr, which asks rustup where Cargo is: that is not known, so that it looks for itself and finds [`main`]. What else it asks the
/// real rustup answers.
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

    fn notebook() -> OpenNotebook {
        let messages = "     Running `CARGO=/c CARGO_PKG_NAME=lab /t/rustc --crate-name lab --edition=2024 lab/src/lib.rs --crate-type cdylib \
                        --emit=dep-info,link -C metadata=1 -C rpath --out-dir /o --extern eoap=/d/libeoap.so --extern tokio=/d/libtokio.rlib \
                        -Cprefer-dynamic`";
        let call = RustcCall::find(messages, "lab").unwrap();
        let dependencies = [("eoap", "{ path = \"/e\" }"), ("tokio", "\"1\"")];
        let dependencies = dependencies.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        OpenNotebook { dependencies, call }
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
