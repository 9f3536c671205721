//! The Rust toolchain that evcxr will use, found as evcxr finds it, and the environment of its tools.

use std::path::{Path, PathBuf};
use std::process::Command;

use nbsnap::engine::EngineError;
use nbsnap::event::Event;
use nbsnap::process::environment::foreign_to_cargo;

/// The paths of the toolchain's programs.
#[derive(Clone, Debug)]
pub(crate) struct Toolchain {
    cargo: PathBuf,
    /// rustc itself, past rustup's proxy.
    pub(crate) rustc: PathBuf,
    /// The platform, such as `x86_64-unknown-linux-gnu`.
    pub(crate) host: String,
    /// What rustc says of itself.
    pub(crate) version: String,
}

impl Toolchain {
    /// Finds the toolchain, and makes sure that the standard library's source is installed: evcxr reads
    /// types from it.
    pub(crate) fn find(emit: &mut dyn FnMut(Event)) -> Result<Toolchain, EngineError> {
        let cargo = rustup_which("cargo").unwrap_or_else(|| "cargo".into());
        let rustc = rustup_which("rustc").unwrap_or_else(|| "rustc".into());
        let version = run(&rustc, &["-vV"])?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default().to_owned();
        let sysroot = run(&rustc, &["--print", "sysroot"])?;
        if !Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/std").exists() {
            emit(Event::Notice { message: "fetching the standard library's source (rustup component add rust-src)".into() });
            add_rust_source()?;
        }
        Ok(Toolchain { cargo, rustc, host, version })
    }

    pub(crate) fn cargo_path(&self) -> &Path {
        &self.cargo
    }

    /// Cargo in its own process group, so that it can be ended with everything it started.
    pub(crate) fn cargo(&self) -> Command {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new(&self.cargo);
        for name in foreign_to_cargo() {
            command.env_remove(name);
        }
        command.process_group(0);
        command
    }
}

fn rustup_which(program: &str) -> Option<PathBuf> {
    let output = Command::new("rustup").args(["which", program]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().into())
}

fn run(program: &Path, arguments: &[&str]) -> Result<String, EngineError> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|source| EngineError::Program { program: program.display().to_string(), source })?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn add_rust_source() -> Result<(), EngineError> {
    let output = Command::new("rustup")
        .args(["component", "add", "rust-src"])
        .output()
        .map_err(|error| no_rust_source(&error.to_string()))?;
    if output.status.success() {
        Ok(())
    } else {
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(no_rust_source(&reason))
    }
}

fn no_rust_source(reason: &str) -> EngineError {
    let message = format!("evcxr needs the standard library's source: run `rustup component add rust-src` (tried: {reason})");
    EngineError::Failed { message }
}
