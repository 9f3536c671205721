//! A program's process: started, its output cut into cells as it comes, timed cell by cell.
//!
//! The main function is [`watch`]. It knows bytes and boundaries, and nothing of what they mean.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use crate::engine::Interrupt;
use crate::evcxr::capture::{Stream, Taken};
use crate::evcxr::process;

/// How long a process that has ended may still be heard, through children that hold its streams open.
const AFTER_END: Duration = Duration::from_secs(1);

/// How often the user's wish to stop is looked at.
const TICK: Duration = Duration::from_millis(20);

/// What came of a program.
pub(crate) struct Watched {
    /// The cells that ended, in order.
    pub(crate) cells: Vec<Ended>,
    /// What came after the last end of a cell.
    pub(crate) rest: Ended,
    pub(crate) end: End,
}

/// What a cell left.
pub(crate) struct Ended {
    pub(crate) stdout: Taken,
    pub(crate) stderr: Taken,
    /// How long it ran.
    pub(crate) elapsed: Duration,
}

/// How the program ended.
pub(crate) enum End {
    /// By itself.
    Exited(ExitStatus),
    /// A cell took too long.
    TimedOut,
    /// A cell printed too much.
    Flooded,
    /// The user wants to stop.
    Interrupted,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Channel {
    Stdout,
    Stderr,
}

enum Input {
    Printed(Channel, Vec<u8>),
    Boundary(Channel),
    Closed,
}

/// One stream: what its cell has printed so far, and what earlier cells have.
struct Part {
    open: Stream,
    done: VecDeque<Taken>,
    limit: u64,
}

impl Part {
    fn new(limit: u64) -> Part {
        Part { open: Stream::new(limit), done: VecDeque::new(), limit }
    }

    fn end_cell(&mut self) {
        let ended = std::mem::replace(&mut self.open, Stream::new(self.limit)).take();
        self.done.push_back(ended);
    }
}

/// Listens until the program ends, or is ended: `begin` is told that the cell at a place begins, and says how long it may take.
pub(crate) fn watch(
    child: &mut Child,
    boundary: &str,
    begin: &mut dyn FnMut(usize) -> Duration,
    max_output: u64,
    interrupt: &Interrupt,
) -> Watched {
    let (sender, inputs) = sync_channel(64);
    let stdout = OwnedFd::from(child.stdout.take().expect("stdout was asked for as a pipe"));
    let stderr = OwnedFd::from(child.stderr.take().expect("stderr was asked for as a pipe"));
    listen(stdout.into(), Channel::Stdout, boundary, sender.clone());
    listen(stderr.into(), Channel::Stderr, boundary, sender);
    let (mut stdout, mut stderr) = (Part::new(max_output), Part::new(max_output));
    let mut cells = Vec::new();
    let mut began = Instant::now();
    let end = follow(child, &inputs, (&mut stdout, &mut stderr), &mut cells, &mut began, begin, interrupt);
    let elapsed = began.elapsed();
    process::kill_group(child);
    let _ = child.wait();
    Watched { cells, rest: Ended { stdout: stdout.open.take(), stderr: stderr.open.take(), elapsed }, end }
}

fn follow(
    child: &mut Child,
    inputs: &Receiver<Input>,
    (stdout, stderr): (&mut Part, &mut Part),
    cells: &mut Vec<Ended>,
    began: &mut Instant,
    begin: &mut dyn FnMut(usize) -> Duration,
    interrupt: &Interrupt,
) -> End {
    let mut deadline = *began + begin(0);
    let mut open = 2;
    let mut ended: Option<(ExitStatus, Instant)> = None;
    loop {
        if interrupt.is_set() {
            return End::Interrupted;
        }
        match inputs.recv_timeout(TICK) {
            Ok(Input::Printed(Channel::Stdout, bytes)) => stdout.open.push(&bytes),
            Ok(Input::Printed(Channel::Stderr, bytes)) => stderr.open.push(&bytes),
            Ok(Input::Boundary(Channel::Stdout)) => stdout.end_cell(),
            Ok(Input::Boundary(Channel::Stderr)) => stderr.end_cell(),
            Ok(Input::Closed) => open -= 1,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        while !stdout.done.is_empty() && !stderr.done.is_empty() {
            let elapsed = began.elapsed();
            let streams = stdout.done.pop_front().zip(stderr.done.pop_front());
            cells.extend(streams.map(|(stdout, stderr)| Ended { stdout, stderr, elapsed }));
            *began = Instant::now();
            deadline = *began + begin(cells.len());
        }
        if cells.last().is_some_and(|cell| cell.stdout.overflowed || cell.stderr.overflowed) {
            return End::Flooded;
        }
        if ended.is_none() {
            ended = child.try_wait().ok().flatten().map(|status| (status, Instant::now()));
        }
        match ended {
            Some((status, since)) if open == 0 || since.elapsed() > AFTER_END => return End::Exited(status),
            None if Instant::now() > deadline => return End::TimedOut,
            _ => {}
        }
    }
}

/// Reads a stream in the background, and tells boundaries from what is printed.
fn listen(mut stream: File, channel: Channel, boundary: &str, sender: SyncSender<Input>) {
    let boundary = boundary.as_bytes().to_vec();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        let mut held: Vec<u8> = Vec::new();
        let tell = |input| sender.send(input).is_ok();
        'reading: while let Ok(count @ 1..) = stream.read(&mut buffer) {
            held.extend_from_slice(&buffer[..count]);
            while let Some(at) = memchr::memmem::find(&held, &boundary) {
                let after = held.split_off(at + boundary.len());
                held.truncate(at);
                if !tell(Input::Printed(channel, std::mem::replace(&mut held, after))) || !tell(Input::Boundary(channel)) {
                    break 'reading;
                }
            }
            // The end may be the beginning of a boundary.
            let sure = held.len().saturating_sub(boundary.len() - 1);
            let rest = held.split_off(sure);
            if !tell(Input::Printed(channel, std::mem::replace(&mut held, rest))) {
                break;
            }
        }
        let _ = tell(Input::Printed(channel, held));
        let _ = tell(Input::Closed);
    });
}
