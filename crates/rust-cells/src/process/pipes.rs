//! What the process of cells writes: both pipes, read as they fill.

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};

use crate::output::{Output, Stdout, Text, without_generated_places};

/// Our ends of the pipes. They do not block.
pub(crate) struct Pipes {
    stdout: OwnedFd,
    stderr: OwnedFd,
    out: Stdout,
    err: Text,
}

impl Pipes {
    /// Reads from these files, which are set not to block.
    pub(crate) fn new(stdout: OwnedFd, stderr: OwnedFd) -> std::io::Result<Pipes> {
        for file in [stdout.as_fd(), stderr.as_fd()] {
            rustix::io::ioctl_fionbio(file, true)?;
        }
        Ok(Pipes { stdout, stderr, out: Stdout::default(), err: Text::default() })
    }

    /// Waits until there is something to read, here or on the channel.
    pub(crate) fn wait(&self, control: &impl AsFd, limit: Duration) {
        let mut files = [
            PollFd::new(control, PollFlags::IN),
            PollFd::new(&self.stdout, PollFlags::IN),
            PollFd::new(&self.stderr, PollFlags::IN),
        ];
        let limit = Timespec { tv_sec: 0, tv_nsec: i64::from(limit.subsec_nanos().max(1_000_000)) };
        let _ = rustix::event::poll(&mut files, Some(&limit));
        // A pipe that everybody has closed is always ready.
        let closed =
            files[1..].iter().any(|file| file.revents().contains(PollFlags::HUP) && !file.revents().contains(PollFlags::IN));
        if closed && files[0].revents().is_empty() {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Reads what is there, at most a few megabytes, so that the caller can check the clock during a flood.
    /// Returns whether there was anything.
    pub(crate) fn read(&mut self, emit: &mut dyn FnMut(Output)) -> bool {
        let mut buffer = vec![0; 64 * 1024];
        let mut found = false;
        for _ in 0..64 {
            match rustix::io::read(&self.stdout, &mut buffer[..]) {
                Ok(count @ 1..) => {
                    found = true;
                    self.out.push(&buffer[..count], emit);
                }
                _ => break,
            }
        }
        for _ in 0..64 {
            match rustix::io::read(&self.stderr, &mut buffer[..]) {
                Ok(count @ 1..) => {
                    found = true;
                    let text = self.err.push(&buffer[..count]);
                    if !text.is_empty() {
                        emit(Output::Stderr(without_generated_places(&text).into_owned()));
                    }
                }
                _ => break,
            }
        }
        found
    }

    /// Passes on what was kept back for more to come, such as an unfinished line.
    pub(crate) fn pass_on(&mut self, emit: &mut dyn FnMut(Output)) {
        self.out.rest(emit);
    }

    /// A cell has ended: passes on all that is left.
    pub(crate) fn end(&mut self, emit: &mut dyn FnMut(Output)) {
        self.out.end(emit);
        let rest = self.err.end();
        if !rest.is_empty() {
            emit(Output::Stderr(rest));
        }
    }
}
