//! `nbsnap-evcxr`: evcxr and rust-analyzer, in a program that `nbsnap` starts when it needs them.
//!
//! `server` does what the runner asks for over pipes; `analysis` answers what the kernel asks while somebody
//! types. `engine` prepares and hands out workers, `session` is one of these: it runs notebooks. `host`
//! starts and times a worker's process, which is `worker` and embeds evcxr; `cargo` compiles for that;
//! `relay` and `runtime` run what was compiled, `capture` and `stdout` take apart what it prints.
//! `workspace`, `dependencies`, `prepare`, `prepared`, `build` and `toolchain` pin and build what a notebook
//! depends on before its first cell; `rustc` compiles with it.

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
use std::process::ExitCode;

use nbsnap::engines::evcxr::protocol;

/// What is said to somebody who calls this program by hand.
const USAGE: &str = "nbsnap-evcxr is started by nbsnap and its kernel:
  nbsnap-evcxr serve             run notebooks as standard input says, for `nbsnap --engine evcxr`
  nbsnap-evcxr analyse FOLDER    answer questions about code on standard input, in packages below FOLDER";

fn main() -> ExitCode {
    if let Some(code) = role::run() {
        return code;
    }
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next().as_deref().and_then(OsStr::to_str) {
        Some(protocol::SERVE) => server::main(),
        Some(analysis::COMMAND) => analysis::main(arguments),
        asked => {
            let is_help = matches!(asked, Some("--help" | "-h"));
            // Where nobody reads it the exit code still says it.
            let _ = if is_help { writeln!(std::io::stdout(), "{USAGE}") } else { writeln!(std::io::stderr(), "{USAGE}") };
            ExitCode::from(if is_help { 0 } else { 2 })
        }
    }
}
