//! Calls rustc for one generated crate, and reads what it made and reported.
//!
//! This module does not write crates or decide what an error means.

use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::cancellation::CancellationToken;
use crate::{Error, Toolchain, lifetime};

/// How often a waiting call checks the token and the clock.
const TICK: Duration = Duration::from_millis(5);

/// A call of rustc for cells with the same dependencies.
#[derive(Clone, Debug)]
pub(crate) struct Rustc<'a> {
    pub(crate) toolchain: &'a Toolchain,
    /// Arguments that are the same for all cells: dependencies, search paths, settings.
    pub(crate) arguments: &'a [String],
}

/// What became of a call.
pub(crate) enum Called {
    /// rustc ended.
    Ended(Made),
    /// It was still at work when its time was up.
    TimedOut,
}

/// The result of compiling a crate.
pub(crate) struct Made {
    /// Whether there is a library now.
    pub(crate) success: bool,
    pub(crate) messages: Vec<Message>,
    /// Output that is not a message, such as the report of a crash.
    pub(crate) other: String,
}

/// A message of rustc's, as it writes it with `--error-format=json`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Message {
    pub(crate) message: String,
    pub(crate) code: Option<Code>,
    pub(crate) level: String,
    pub(crate) spans: Vec<Span>,
    pub(crate) children: Vec<Message>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Code {
    pub(crate) code: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Span {
    pub(crate) file_name: String,
    pub(crate) byte_start: usize,
    pub(crate) byte_end: usize,
    pub(crate) is_primary: bool,
    pub(crate) label: Option<String>,
    pub(crate) suggested_replacement: Option<String>,
    pub(crate) expansion: Option<Box<Expansion>>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Expansion {
    pub(crate) span: Span,
}

/// The path of a cell's crate, below the folder that rustc runs in.
pub(crate) const SOURCE: &str = "src/lib.rs";

impl Rustc<'_> {
    /// Compiles the crate in `folder/src/lib.rs` to `folder/cell.so`, with its MIR and the list of files that
    /// were read beside it.
    pub(crate) fn library(&self, folder: &Path, deadline: Instant, token: &CancellationToken) -> Result<Called, Error> {
        self.call(folder, &["--emit=mir=cell.mir,link=cell.so,dep-info=cell.d"], deadline, token)
    }

    /// Checks the crate in `folder/src/lib.rs` and makes nothing.
    pub(crate) fn check(&self, folder: &Path, deadline: Instant, token: &CancellationToken) -> Result<Called, Error> {
        self.call(folder, &["--emit=metadata=cell.rmeta"], deadline, token)
    }

    fn call(&self, folder: &Path, emit: &[&str], deadline: Instant, token: &CancellationToken) -> Result<Called, Error> {
        let mut command = self.toolchain.command(&self.toolchain.rustc);
        command
            .current_dir(folder)
            .args(["--crate-name", "ctx", SOURCE, "--crate-type", "cdylib", "--edition", "2024"])
            .args(["--error-format=json", "-A", "warnings"])
            .args(emit)
            .args(self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0);
        let (success, text) = match wait(&mut command, deadline, token)? {
            Some(ended) => ended,
            None => return Ok(Called::TimedOut),
        };
        let (mut messages, mut other) = (Vec::new(), String::new());
        for line in text.lines() {
            match serde_json::from_str::<Message>(line) {
                Ok(message) => messages.push(message),
                Err(_) => {
                    other.push_str(line);
                    other.push('\n');
                }
            }
        }
        Ok(Called::Ended(Made { success, messages, other }))
    }
}

/// Runs a command to its end. Returns whether it succeeded, and its standard error. `None` if its time was
/// up.
fn wait(command: &mut Command, deadline: Instant, token: &CancellationToken) -> Result<Option<(bool, String)>, Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child =
        lifetime::end_with_us(command).spawn().map_err(|source| Error::Program { program: program.clone(), source })?;
    let mut stderr = child.stderr.take().expect("stderr was asked for as a pipe");
    let (sender, text) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stderr.read_to_end(&mut bytes);
        // The receiver is gone if rustc was ended.
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    let end = |child: &mut std::process::Child| {
        if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = child.wait();
    };
    // Reading ends when rustc does: waiting for what it said is waiting for rustc.
    let text = loop {
        match text.recv_timeout(TICK) {
            Ok(text) => break text,
            Err(RecvTimeoutError::Disconnected) => break String::new(),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if token.is_cancelled() {
            end(&mut child);
            return Err(Error::Cancelled);
        }
        if Instant::now() > deadline {
            end(&mut child);
            return Ok(None);
        }
    };
    let status = child.wait().map_err(|source| Error::Program { program, source })?;
    // Messages of a killed rustc do not count as a verdict on the cell.
    if let Some(signal) = status.signal() {
        return Err(Error::Killed { signal });
    }
    Ok(Some((status.success(), text)))
}
