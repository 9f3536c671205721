//! What an engine's verdicts rest on beside notebooks and their dependencies: names, versions, programs.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::engine::EngineError;

/// The parts that every engine for Rust has: those of all, and the Rust toolchain.
///
/// # Errors
/// When this program's file cannot be looked at, or there is no rustc.
pub(crate) fn of_engine(name: &str) -> Result<BTreeMap<String, String>, EngineError> {
    let mut parts = of_runner(name)?;
    parts.insert("toolchain".to_owned(), rustc_version()?);
    Ok(parts)
}

/// The parts that every engine has: its name, and this program.
///
/// # Errors
/// When this program's file cannot be looked at.
pub(crate) fn of_runner(name: &str) -> Result<BTreeMap<String, String>, EngineError> {
    let own = |source| EngineError::Io { action: "look at", path: "the runner's own program".into(), source };
    let runner = format!("{} {}", env!("CARGO_PKG_VERSION"), of_program(&std::env::current_exe().map_err(own)?).map_err(own)?);
    let parts = [("engine", name.to_owned()), ("runner", runner)];
    Ok(parts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// What distinguishes builds of a program: the size of its file, and when it was written.
pub(crate) fn of_program(path: &Path) -> std::io::Result<String> {
    let program = std::fs::metadata(path)?;
    Ok(format!("{} {:?}", program.len(), program.modified()?))
}

/// The compiler's version, asked in the quickest way there is.
fn rustc_version() -> Result<String, EngineError> {
    let program = "rustc";
    let output = Command::new(program).arg("-vV").output();
    let output = output.map_err(|source| EngineError::Program { program: program.to_owned(), source })?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
