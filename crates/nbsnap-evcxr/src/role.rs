//! Decides which of the program's processes this one is.
//!
//! All are the same binary, started again: with a hidden first argument, or by the name that evcxr looks
//! for.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::{cargo, relay, runtime, worker};

/// The process that embeds evcxr.
pub(crate) const WORKER: &str = "__worker";
/// The process between evcxr and the cells.
pub(crate) const RELAY: &str = "__relay";
/// The process that runs the cells.
pub(crate) const RUNTIME: &str = "__runtime";
/// The process that evcxr takes for Cargo, by the name that it is called by.
pub(crate) const CARGO: &str = "cargo";
/// The process that evcxr asks where Cargo is.
pub(crate) const RUSTUP: &str = "rustup";

/// The variable with the bytes of memory that [`RUNTIME`] may use.
pub(crate) const MAX_MEMORY_VARIABLE: &str = "__NBSNAP_MAX_MEMORY";

/// Runs this process in its role, if it was started in one. This comes first in `main`: without it each
/// process would start others.
pub(crate) fn run() -> Option<ExitCode> {
    // evcxr calls its Cargo by the path that it finds it at.
    let name = std::env::args_os().next().map(PathBuf::from);
    if let (Some(name), true) = (name, std::env::var_os(cargo::REAL_VARIABLE).is_some()) {
        if name.ends_with(CARGO) {
            return Some(cargo::main());
        }
        if name.ends_with(RUSTUP) {
            return Some(cargo::rustup());
        }
    }
    match std::env::args_os().nth(1).as_deref().and_then(OsStr::to_str) {
        Some(WORKER) => Some(worker::main()),
        Some(RELAY) => Some(relay::main()),
        Some(RUNTIME) => Some(runtime::main()),
        _ => {
            // In some modes of evcxr (`:cache`, `:sccache`), Cargo calls this program as a rustc wrapper.
            evcxr::runtime_hook();
            None
        }
    }
}
