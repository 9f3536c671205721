//! `nbsnap-evcxr`: evcxr, its Jupyter kernel and rust-analyzer, in a program that `nbsnap` starts when it needs them.
//!
//! `server` does what the runner asks for over pipes; `kernel` is a Jupyter kernel. `engine` prepares and hands out workers, `session` is one of
//! these: it runs notebooks. `host` starts and times a worker's process, which is `worker` and embeds evcxr; `cargo` compiles for that; `relay` and
//! `runtime` run what was compiled, `capture` and `stdout` take apart what it prints. `workspace`, `dependencies`, `prepare`, `prepared`, `build` and
//! `toolchain` pin and build what a notebook depends on before its first cell; `rustc` compiles with it.

mod build;
mod capture;
mod cargo;
mod dependencies;
mod diagnostics;
mod engine;
mod host;
mod kernel;
mod kernel_folder;
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
const USAGE: &str = "nbsnap-evcxr runs Rust notebooks for `nbsnap --engine evcxr`, which starts it:
  nbsnap-evcxr serve                       do what comes on standard input
  nbsnap-evcxr kernel FILE [OPTIONS]       be a Jupyter kernel, with the connection file FILE
      --project DIR  --profile NAME  --cache-dir DIR";

fn main() -> ExitCode {
    if let Some(code) = role::run().or_else(kernel::be_kernel) {
        return code;
    }
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next().as_deref().and_then(OsStr::to_str) {
        Some(protocol::SERVE) => server::main(),
        Some(kernel::COMMAND) => kernel::main(arguments),
        asked => {
            let is_help = matches!(asked, Some("--help" | "-h"));
            // Where nobody reads it the exit code still says it.
            let _ = if is_help { writeln!(std::io::stdout(), "{USAGE}") } else { writeln!(std::io::stderr(), "{USAGE}") };
            ExitCode::from(if is_help { 0 } else { 2 })
        }
    }
}
