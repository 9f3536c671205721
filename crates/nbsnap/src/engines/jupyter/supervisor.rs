//! The supervisor: the process between the runner and a kernel. No kernel, and nothing that a kernel has
//! started, outlives the runner, however that ends.
//!
//! The runner holds a pipe to it. A line on it interrupts the kernel; its end, which also comes when the
//! runner is killed, ends the kernel. It knows nothing of the protocol.

use std::ffi::OsString;
use std::io::BufRead;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::process::{limits, reexec};

/// The first argument of the binary that makes it this process.
pub(crate) const ROLE: &str = "__supervisor";

/// The line that asks for an interrupt.
pub(super) const INTERRUPT: &[u8] = b"interrupt\n";

/// The command that supervises the kernel which `arguments` start, and writes into `ended` how it ended.
pub(super) fn command(ended: &Path, arguments: &[OsString], max_memory: Option<u64>) -> std::io::Result<Command> {
    let mut command = reexec::command(ROLE)?;
    command.arg(ended).arg(max_memory.map_or("-".to_owned(), |bytes| bytes.to_string())).args(arguments);
    Ok(command)
}

/// Supervises a kernel until it ends.
pub(crate) fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(2);
    let (Some(ended), Some(max_memory), Some(program)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return ExitCode::from(97);
    };
    let (ended, max_memory) = (PathBuf::from(ended), max_memory.to_str().and_then(|bytes| bytes.parse().ok()));
    let status =
        supervise(&program, arguments, max_memory).unwrap_or_else(|error| format!("cannot run `{}`: {error}", program.display()));
    // Without the file the runner still sees that the kernel is gone.
    let _ = std::fs::write(ended, status);
    ExitCode::SUCCESS
}

fn supervise(program: &OsString, arguments: impl Iterator<Item = OsString>, max_memory: Option<u64>) -> std::io::Result<String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).process_group(0);
    // SAFETY: between fork and exec these make a few system calls and touch no memory.
    unsafe {
        command.pre_exec(move || {
            limits::end_with_parent()?;
            limits::no_core_dump()?;
            max_memory.map_or(Ok(()), limits::limit_memory)
        })
    };
    let mut child = command.spawn()?;
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or_else(|| std::io::Error::other("no process id"))?;
    std::thread::spawn(move || {
        let mut orders = std::io::stdin().lock();
        let mut line = Vec::new();
        while orders.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            if line == INTERRUPT {
                // What the kernel has started is interrupted with it, as Jupyter does it.
                let _ = kill_process_group(group, Signal::INT);
            }
            line.clear();
        }
        let _ = kill_process_group(group, Signal::KILL);
    });
    // The process stays known until its group has been ended: no other group can have its number before.
    let _ = waitid(WaitId::Pid(group), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
    let _ = kill_process_group(group, Signal::KILL);
    Ok(rust_cells::describe_exit(child.wait()?))
}
