//! A rustc at work: what it has said so far, the MIR that it hands out halfway, and waiting for either.
//!
//! This module does not know what rustc was asked for.

use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::{Called, Made, Message};
use crate::cancellation::CancellationToken;
use crate::{Error, lifetime};

/// How often a waiting call checks the token and the clock.
const TICK: Timespec = Timespec { tv_sec: 0, tv_nsec: 5_000_000 };

/// A rustc at work. Dropping it ends it.
///
/// The thread that started it has to live as long: the system ends rustc with that thread.
#[derive(Debug)]
pub(crate) struct Running {
    program: String,
    child: Child,
    messages: Stream,
    mir: Stream,
    has_ended: bool,
}

/// What to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    MirIsKnown,
    ItEnds,
}

/// What came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waited {
    /// The MIR is known, and rustc is still at work.
    MirIsKnown,
    /// rustc has ended.
    Ended,
    /// The time was up.
    TimedOut,
}

impl Running {
    /// Starts it. Its MIR comes through this FIFO, if there is one.
    pub(super) fn start(mut command: Command, mir: Option<Stream>) -> Result<Running, Error> {
        let program = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
        let mut child =
            lifetime::end_with_us(&mut command).spawn().map_err(|source| Error::Program { program: program.clone(), source })?;
        let messages = Stream { end: child.stderr.take().map(OwnedFd::from), bytes: Vec::new() };
        Ok(Running { program, child, messages, mir: mir.unwrap_or_default(), has_ended: false })
    }

    /// The MIR as far as it is known.
    pub(crate) fn mir(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.mir.bytes)
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self, deadline: Instant, token: &CancellationToken) -> Result<Called, Error> {
        match self.wait(Until::ItEnds, deadline, token)? {
            Waited::TimedOut => Ok(Called::TimedOut),
            Waited::MirIsKnown | Waited::Ended => self.made().map(Called::Ended),
        }
    }

    pub(super) fn wait(&mut self, until: Until, deadline: Instant, token: &CancellationToken) -> Result<Waited, Error> {
        // What it writes ends when it does: waiting for messages is waiting for rustc.
        while self.messages.end.is_some() {
            if until == Until::MirIsKnown && self.mir.end.is_none() {
                return Ok(Waited::MirIsKnown);
            }
            if token.is_cancelled() {
                return Err(Error::Cancelled);
            }
            if Instant::now() > deadline {
                return Ok(Waited::TimedOut);
            }
            self.read().map_err(|error| Error::Program { program: self.program.clone(), source: error.into() })?;
        }
        Ok(Waited::Ended)
    }

    /// Reads what there is, or waits a moment for more.
    fn read(&mut self) -> Result<(), Errno> {
        let mut streams = [&mut self.messages, &mut self.mir];
        let mut polled: Vec<PollFd<'_>> =
            streams.iter().filter_map(|stream| Some(PollFd::new(stream.end.as_ref()?, PollFlags::IN))).collect();
        match poll(&mut polled, Some(&TICK)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
        let mut is_ready = polled.iter().map(|polled| !polled.revents().is_empty()).collect::<Vec<_>>().into_iter();
        for stream in streams.iter_mut().filter(|stream| stream.end.is_some()) {
            if is_ready.next() == Some(true) {
                stream.read()?;
            }
        }
        Ok(())
    }

    /// What it has made, when it has ended.
    pub(super) fn made(mut self) -> Result<Made, Error> {
        let status = self.child.wait().map_err(|source| Error::Program { program: self.program.clone(), source })?;
        self.has_ended = true;
        // Messages of a killed rustc do not count as a verdict on the cell.
        if let Some(signal) = status.signal() {
            return Err(Error::Killed { signal });
        }
        let (mut messages, mut other) = (Vec::new(), String::new());
        for line in String::from_utf8_lossy(&self.messages.bytes).lines() {
            match serde_json::from_str::<Message>(line) {
                Ok(message) => messages.push(message),
                Err(_) => {
                    other.push_str(line);
                    other.push('\n');
                }
            }
        }
        Ok(Made { success: status.success(), messages, other })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        // With its linker.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

/// What comes through a pipe or a FIFO.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// `None` when the other side has closed it.
    end: Option<OwnedFd>,
    bytes: Vec<u8>,
}

impl Stream {
    /// Makes a FIFO at this path, and opens it before somebody writes to it.
    pub(super) fn fifo(path: &Path) -> Result<Stream, Errno> {
        rustix::fs::mkfifoat(rustix::fs::CWD, path, Mode::RUSR | Mode::WUSR)?;
        let end = rustix::fs::open(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Stream { end: Some(end), bytes: Vec::new() })
    }

    /// Reads once.
    fn read(&mut self) -> Result<(), Errno> {
        let Some(end) = &self.end else { return Ok(()) };
        let mut bytes = [0; 1 << 14];
        match rustix::io::read(end, &mut bytes) {
            Ok(0) => self.end = None,
            Ok(count) => self.bytes.extend_from_slice(&bytes[..count]),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
