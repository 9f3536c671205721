//! `nbsnap`: tests Rust notebooks against the embedded testbed.
//!
//! This is the only crate that sees the runner, the testbed and a person. It reads arguments, joins the parts
//! and turns what happened into an exit code.

mod args;
mod commands;
mod environment;
mod error;
mod exit;
mod screen;
mod testbed_server;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // The engine starts this binary again for its own processes.
    if let Some(code) = nbsnap::run_role() {
        return code;
    }
    commands::run(&args::Args::parse()).into()
}
