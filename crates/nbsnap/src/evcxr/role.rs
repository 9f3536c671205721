//! Which of the engine's processes this one is, and what they have in common.
//!
//! All are the same binary, started again with a hidden first argument. Main calls [`run_role`] before anything else.

use std::ffi::OsStr;
use std::process::{Command, ExitCode};

use rustix::process::Signal;

/// The engine's process that embeds evcxr.
pub(crate) const WORKER: &str = "__worker";
/// The engine's process between evcxr and the cells.
pub(crate) const RELAY: &str = "__relay";
/// The engine's process that runs the cells.
pub(crate) const RUNTIME: &str = "__runtime";
/// The engine's process that evcxr takes for Cargo, by the name that it is called by.
pub(crate) const CARGO: &str = "cargo";
/// The engine's process that evcxr asks where Cargo is.
pub(crate) const RUSTUP: &str = "rustup";

/// Runs this process as one of the engine's own, if it was started as one.
///
/// Every binary that uses the engine must call this as the first thing in `main` and return the code it is given: the engine
/// starts the binary again for its processes, and without this call each of them would start the whole run anew.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     if let Some(code) = nbsnap::run_role() {
///         return code;
///     }
///     // … the program proper …
///     std::process::ExitCode::SUCCESS
/// }
/// ```
pub fn run_role() -> Option<ExitCode> {
    // evcxr calls its Cargo by the path that it finds it at.
    let name = std::env::args_os().next().map(std::path::PathBuf::from);
    if let (Some(name), true) = (name, std::env::var_os(super::cargo::REAL_VARIABLE).is_some()) {
        if name.ends_with(CARGO) {
            return Some(super::cargo::main());
        }
        if name.ends_with(RUSTUP) {
            return Some(super::cargo::rustup());
        }
    }
    match std::env::args_os().nth(1).as_deref().and_then(OsStr::to_str) {
        Some(WORKER) => Some(super::worker::main()),
        Some(RELAY) => Some(super::relay::main()),
        Some(RUNTIME) => Some(super::runtime::main()),
        Some(crate::jupyter::KEEPER) => Some(crate::jupyter::keep()),
        _ => {
            // evcxr makes cargo call its host as a rustc wrapper in some of its modes (`:cache`, `:sccache`).
            evcxr::runtime_hook();
            None
        }
    }
}

/// This binary again, as the given role.
pub(crate) fn command(role: &str) -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(role);
    Ok(command)
}

/// Makes the kernel end this process when its parent ends, so that no cell outlives a runner that was killed.
pub(crate) fn end_with_parent() -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    Ok(())
}

/// Keeps this process from leaving a core file where it runs: a crash is a cell's verdict.
pub(crate) fn no_core_dump() -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    Ok(setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?)
}

/// The variable that tells [`RUNTIME`] how many bytes of memory it may take.
pub(crate) const MAX_MEMORY_VARIABLE: &str = "__NBSNAP_MAX_MEMORY";

/// Lets this process have no more than so many bytes of address space: allocating more fails, which ends it.
pub(crate) fn limit_memory(bytes: u64) -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        setrlimit(Resource::As, Rlimit { current: Some(bytes), maximum: Some(bytes) })?;
    }
    let _ = bytes;
    Ok(())
}
