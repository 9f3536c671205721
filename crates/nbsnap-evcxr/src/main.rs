//! `nbsnap-evcxr`: evcxr and rust-analyzer, in a program that `nbsnap` starts when it needs them.
//!
//! `server` serves the runner over pipes. `analysis` answers the kernel's questions while somebody types.
//! `engine` prepares and creates workers, and each `session` is one worker: it runs notebooks. `host` starts
//! and times a worker's process. That process is `worker`, which embeds evcxr. `cargo` compiles for it.
//! `relay` and `runtime` run what was compiled, and `capture` and `stdout` parse what it prints.
//! `workspace`, `dependencies`, `prepare`, `prepared`, `build` and `toolchain` pin and build a notebook's
//! dependencies before its first cell. `rustc` compiles with them.

mod analysis;
mod build;
mod capture;
mod cargo;
mod dependencies;
mod diagnostics;
mod engine;
mod host;
mod messages;
mod prepare;
mod prepared;
mod relay;
mod role;
mod runtime;
mod rustc;
mod server;
mod session;
mod stdout;
mod toolchain;
mod worker;
mod workspace;

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use nbsnap::engines::evcxr::protocol;

/// Printed for a person who runs this program by hand.
const USAGE: &str = "nbsnap-evcxr is started by nbsnap and its kernel:
  nbsnap-evcxr serve             run notebooks as standard input says, for `nbsnap --engine evcxr`
  nbsnap-evcxr analyse FOLDER    answer questions about code on standard input, in packages below FOLDER";

fn main() -> ExitCode {
    if let Some(code) = run_role() {
        return code;
    }
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next().as_deref().and_then(OsStr::to_str) {
        Some(protocol::SERVE) => server::main(),
        Some(analysis::COMMAND) => analysis::main(arguments),
        asked => {
            let is_help = matches!(asked, Some("--help" | "-h"));
            // If the output is closed, the exit code still reports it.
            let _ = if is_help { writeln!(std::io::stdout(), "{USAGE}") } else { writeln!(std::io::stderr(), "{USAGE}") };
            ExitCode::from(if is_help { 0 } else { 2 })
        }
    }
}

/// Runs this process in its role, if it was started in one. This comes first in `main`: without it each
/// process would start others.
fn run_role() -> Option<ExitCode> {
    // evcxr calls its Cargo by the path that it finds it at.
    let name = std::env::args_os().next().map(PathBuf::from);
    if let (Some(name), true) = (name, std::env::var_os(cargo::REAL_VARIABLE).is_some()) {
        if name.ends_with(role::CARGO) {
            return Some(cargo::main());
        }
        if name.ends_with(role::RUSTUP) {
            return Some(cargo::rustup());
        }
    }
    match std::env::args_os().nth(1).as_deref().and_then(OsStr::to_str) {
        Some(role::WORKER) => Some(worker::main()),
        Some(role::RELAY) => Some(relay::main()),
        Some(role::RUNTIME) => Some(runtime::main()),
        _ => {
            // In some modes of evcxr (`:cache`, `:sccache`), Cargo calls this program as a rustc wrapper.
            evcxr::runtime_hook();
            None
        }
    }
}
