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
            self.read().map_err(|error| self.failed(error.into()))?;
        }
        // It may have ended before its MIR was read.
        self.mir.read_rest().map_err(|error| self.failed(error.into()))?;
        Ok(Waited::Ended)
    }

    fn failed(&self, source: std::io::Error) -> Error {
        Error::Program { program: self.program.clone(), source }
    }

    /// Whether it has made what it was asked for. Waits for its end.
    pub(super) fn has_succeeded(&mut self) -> Result<bool, Error> {
        let status = self.child.wait();
        Ok(status.map_err(|source| self.failed(source))?.success())
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
        let status = self.child.wait();
        let status = status.map_err(|source| self.failed(source))?;
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
        if !self.has_ended {
            // With its linker.
            lifetime::kill_group(&mut self.child);
        }
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

    /// Reads what is left, when nobody writes any more.
    fn read_rest(&mut self) -> Result<(), Errno> {
        while self.end.is_some() {
            self.read()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn running(script: &str) -> (tempfile::TempDir, Running) {
        let folder = tempfile::tempdir().expect("a folder");
        let mir = Stream::fifo(&folder.path().join("mir")).expect("a FIFO");
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(folder.path());
        (folder, Running::start(command, Some(mir)).expect("it starts"))
    }

    fn wait(running: &mut Running, until: Until) -> Waited {
        running.wait(until, Instant::now() + Duration::from_secs(20), &CancellationToken::default()).expect("no error")
    }

    #[test]
    fn the_mir_is_known_while_it_is_still_at_work() {
        let (_folder, mut running) = running("printf types > mir; sleep 0.3; echo '{}' >&2");
        assert_eq!(wait(&mut running, Until::MirIsKnown), Waited::MirIsKnown);
        assert_eq!(running.mir(), "types");
        assert_eq!(wait(&mut running, Until::ItEnds), Waited::Ended);
        assert_eq!(running.made().expect("made").other, "{}\n");
    }

    #[test]
    fn nothing_is_lost_of_one_that_has_ended_before_anybody_looked() {
        // As much as a pipe takes without a reader, and more than one read.
        let (_folder, mut running) = running("printf '%60000s' end > mir");
        std::thread::sleep(Duration::from_millis(300));
        let waited = wait(&mut running, Until::MirIsKnown);
        assert!([Waited::MirIsKnown, Waited::Ended].contains(&waited));
        assert_eq!(wait(&mut running, Until::ItEnds), Waited::Ended);
        assert!(running.mir().len() == 60_000 && running.mir().ends_with("end"));
        assert!(running.has_succeeded().expect("it has ended"));
        assert!(running.made().expect("made").success);
    }

    #[test]
    fn one_that_fails_before_its_mir_is_known_has_failed() {
        let (_folder, mut running) = running("echo no >&2; exit 3");
        assert_eq!(wait(&mut running, Until::MirIsKnown), Waited::Ended);
        assert!(!running.has_succeeded().expect("it has ended"));
        assert_eq!(running.made().expect("made").other, "no\n");
    }
}
