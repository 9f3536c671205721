//! The process between the front and the process of cells. It leaves nothing behind.
//!
//! It does the same for a line that a cell gives to the shell. Everything that a cell starts becomes this
//! process' child when its own parent ends, even outside of its group and session. When the process of cells
//! or the front ends, everything is killed.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use super::system;

/// Starts the process of cells, or this command, and supervises it. The process of cells gets descriptor 3
/// as its standard input. The socket to the front is standard input here.
pub(super) fn main(command: &[OsString]) -> ExitCode {
    match supervise(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let what = command.first().map_or("the process of cells".into(), |program| program.to_string_lossy());
            let _ = writeln!(std::io::stderr(), "{what} cannot start: {error}");
            ExitCode::from(97)
        }
    }
}

fn supervise(command: &[OsString]) -> std::io::Result<()> {
    system::adopt_orphans();
    let mut child = match command.split_first() {
        Some((program, arguments)) => Command::new(program).args(arguments).stdin(Stdio::null()).spawn()?,
        None => {
            // SAFETY: the front opened descriptor 3 for the process of cells, and no other code here uses
            // it.
            let orders = unsafe { OwnedFd::from_raw_fd(3) };
            Command::new(std::env::current_exe()?).stdin(Stdio::from(orders)).spawn()?
        }
    };
    let cells = i32::try_from(child.id()).unwrap_or(-1);
    // SAFETY: standard input is the socket to the front, which only this process reads.
    let mut front = unsafe { UnixStream::from_raw_fd(std::io::stdin().as_raw_fd()) };
    let mut watched = front.try_clone()?;
    std::thread::spawn(move || {
        // The front never writes: an end of file means that it has closed, or is gone.
        let _ = watched.read(&mut [0]);
        system::kill_process(cells);
        end_all();
        std::process::exit(0);
    });
    let status = child.wait()?;
    // The front may be closed. Background processes have to be ended anyway.
    let _ = front.write_all(words(status).as_bytes());
    // Background processes may still write what they had begun.
    std::thread::sleep(Duration::from_millis(20));
    end_all();
    let is_command = !command.is_empty();
    std::process::exit(if is_command { status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(1) } else { 0 })
}

fn words(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("code {code}\n"),
        (None, Some(signal)) => format!("signal {signal}\n"),
        (None, None) => "code -1\n".into(),
    }
}

/// Kills all children, and theirs, which become ours.
fn end_all() {
    for _ in 0..200 {
        let children = children();
        if children.is_empty() {
            return;
        }
        children.into_iter().for_each(system::kill_process);
        std::thread::sleep(Duration::from_millis(1));
        while system::bury(-1) {}
    }
}

/// The processes whose parent this one is.
fn children() -> Vec<i32> {
    let own = std::process::id().to_string();
    let parent_of = |process: i32| {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name, in parentheses, may hold anything; the state and the parent follow the last one.
        let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.to_owned();
        (parent == own).then_some(process)
    };
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries.flatten().filter_map(|entry| parent_of(entry.file_name().to_str()?.parse().ok()?)).collect()
}
