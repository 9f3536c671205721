//! The roles in which engines start this program again.

use std::ffi::OsStr;
use std::process::ExitCode;

use super::jupyter::supervisor;

/// Runs this process in its role, if an engine has started it in one.
///
/// Every binary that runs notebooks must call this first in `main` and return the exit code that it gets. An
/// engine starts the binary again for its processes. Without this call, each of them would start the whole
/// run again.
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
    match std::env::args_os().nth(1).as_deref().and_then(OsStr::to_str) {
        Some(supervisor::ROLE) => Some(supervisor::main()),
        _ => None,
    }
}
