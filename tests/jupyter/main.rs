//! Engine `jupyter` and a kernel that does what a test asks for, in a separate process, as any kernel is. No
//! Python is needed.
//!
//! `kernel` is that kernel, `cells` tests cells, `life` the kernel's process, and `runner` the runner.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, clippy::print_stderr, clippy::exit, reason = "kernels print and end as they are told")]

mod cells;
mod kernel;
mod life;
mod runner;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// The first argument that makes this program the kernel.
const KERNEL: &str = "__fake-kernel";
/// The first argument that makes this program a runner that is going to be killed.
const RUNNER: &str = "__runner";

fn main() -> ExitCode {
    // The engine starts this very program again for its own processes.
    if let Some(code) = nbsnap::run_role() {
        return code;
    }
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some(KERNEL) => {
            let (file, mode) = (PathBuf::from(arguments.next().unwrap()), arguments.next().unwrap());
            kernel::serve(&file, &mode);
            return ExitCode::SUCCESS;
        }
        Some(RUNNER) => {
            life::run_until_killed(&PathBuf::from(arguments.next().unwrap()));
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let tests = cells::TESTS.iter().chain(life::TESTS).chain(runner::TESTS);
    let trials = tests
        .map(|(name, test)| {
            Trial::test(*name, || {
                test();
                Ok(())
            })
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
