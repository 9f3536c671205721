//! Shell lines of cells: `!ls -l`.
//!
//! A line runs like a cell, supervised: what it has started ends with it. This module knows no cell.

use std::collections::BTreeMap;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::cancellation::CancellationToken;
use crate::{Error, lifetime};

/// How long the background processes of a line may take to end.
const ENDING: Duration = Duration::from_secs(1);
/// How often a wait looks again.
const TICK: Duration = Duration::from_millis(2);

/// Where lines run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// The program that supervises them.
    pub(crate) program: &'a Path,
    pub(crate) environment: &'a BTreeMap<String, String>,
    pub(crate) directory: &'a Path,
}

/// How a line ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Its output, and behind it its standard error.
    Well(String),
    /// Why it failed, in words for its author.
    Badly(String),
}

/// Runs a line to its end.
///
/// # Errors
/// When the token is cancelled.
pub(crate) fn run(line: &str, place: Place<'_>, deadline: Instant, token: &CancellationToken) -> Result<Ended, Error> {
    match Shell::start(line, place) {
        Ok(shell) => shell.wait(line, deadline, token),
        Err(error) => Ok(failed(&error)),
    }
}

fn failed(error: &std::io::Error) -> Ended {
    Ended::Badly(format!("Failed to execute shell command: {error}"))
}

/// A line at work.
struct Shell {
    child: Child,
    /// The supervisor ends everything when this is closed.
    lifeline: UnixStream,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
}

impl Shell {
    fn start(line: &str, place: Place<'_>) -> std::io::Result<Shell> {
        let (lifeline, theirs) = UnixStream::pair()?;
        let mut child = Command::new(place.program)
            .args(["supervise", "sh", "-c", line])
            .env_clear()
            .envs(place.environment)
            .current_dir(place.directory)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let stdout = read(child.stdout.take().expect("stdout was asked for as a pipe"));
        let stderr = read(child.stderr.take().expect("stderr was asked for as a pipe"));
        Ok(Shell { child, lifeline, stdout, stderr })
    }

    fn wait(mut self, line: &str, deadline: Instant, token: &CancellationToken) -> Result<Ended, Error> {
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if token.is_cancelled() => {
                    self.end();
                    return Err(Error::Cancelled);
                }
                Ok(None) if Instant::now() > deadline => {
                    self.end();
                    return Ok(Ended::Badly(format!("`{line}` was still running when its time was up")));
                }
                Ok(None) => std::thread::sleep(TICK),
                Err(error) => return Ok(failed(&error)),
            }
        };
        // The line's background processes end, too: nobody would read their output.
        self.end();
        Ok(self.said(line, status))
    }

    /// Ends everything that the line has started.
    fn end(&mut self) {
        let _ = self.lifeline.shutdown(std::net::Shutdown::Both);
        let until = Instant::now() + ENDING;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < until {
            std::thread::sleep(TICK);
        }
        // If the supervisor does not end everything, end it here.
        lifetime::kill_group(&mut self.child);
    }

    fn said(self, line: &str, status: ExitStatus) -> Ended {
        // If the supervisor was killed, background processes still run, and may keep the pipes open for ever.
        let until = Instant::now() + ENDING;
        while !(self.stdout.is_finished() && self.stderr.is_finished()) {
            if Instant::now() > until {
                return Ended::Badly(format!("`{line}` was ended from outside, and left processes behind"));
            }
            std::thread::sleep(TICK);
        }
        let (out, err) = (self.stdout.join().unwrap_or_default(), self.stderr.join().unwrap_or_default());
        if status.success() {
            return Ended::Well(out + &err);
        }
        Ended::Badly(format!("Shell command failed with exit code {}: {err}", status.code().unwrap_or_default()))
    }
}

fn read(mut stream: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
