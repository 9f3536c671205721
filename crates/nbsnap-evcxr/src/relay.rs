//! The process between evcxr and the cells. evcxr uses it as its runtime, and it starts the real one.
//!
//! evcxr controls its runtime with lines on stdin. It reads the cells' output, display data and control
//! words from one stdout. A cell that prints such a word, floods the pipe or leaves a line open would
//! confuse it. So evcxr gets only what its protocol needs, when the cell is really over. All output of the
//! cell goes to the worker, over our own socket.
//!
//! Everything that can happen arrives as an [`Input`] on one bounded channel, and one loop handles it.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use nbsnap::process::{describe_exit, limits, nonce, pipe, reexec};

use crate::capture::Stream;
use crate::messages::{Capture, FromRelay, Late, Session, ToRelay};
use crate::role;
use crate::runtime::Order;
use crate::stdout;

/// The variable with the path of the socket on which the worker listens.
pub(crate) const SOCKET_VARIABLE: &str = "NBSNAP_RELAY_SOCKET";

/// How long a dead process' pipes are read for what its own children may still write.
const AFTER_DEATH: Duration = Duration::from_millis(300);

/// Everything that can happen to a relay.
enum Input {
    /// evcxr says something, or has closed.
    Evcxr(Option<String>),
    /// The worker says something, or has closed.
    Worker(Option<ToRelay>),
    /// The runtime has finished a cell.
    Done,
    /// The runtime is gone.
    Gone,
    /// The cell printed.
    Printed(Channel, Vec<u8>),
    /// The cell's stream is closed by every process.
    Closed,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Channel {
    Stdout,
    Stderr,
}

/// Relays until evcxr or the worker closes, or the runtime dies.
pub(crate) fn main() -> ExitCode {
    match run() {
        Ok(Some(status)) => end_like(status),
        Ok(None) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "nbsnap relay: {error}");
            ExitCode::from(98)
        }
    }
}

fn run() -> Result<Option<ExitStatus>, Box<dyn std::error::Error>> {
    limits::end_with_parent()?;
    let path = std::env::var_os(SOCKET_VARIABLE).ok_or("started by hand: this is a process of the runner's own")?;
    let worker = UnixStream::connect(path)?;
    let mut from_worker = BufReader::new(worker.try_clone()?);
    let Some(ToRelay::Start(session)) = pipe::receive(&mut from_worker)? else {
        return Ok(None);
    };
    let (sender, inputs) = sync_channel(64);
    let mut relay = Relay::start(&session, worker, inputs, &sender)?;
    std::thread::spawn({
        let sender = sender.clone();
        move || loop {
            let message = pipe::receive(&mut from_worker).ok().flatten();
            let over = message.is_none();
            if sender.send(Input::Worker(message)).is_err() || over {
                break;
            }
        }
    });
    std::thread::spawn(move || {
        let mut lines = std::io::stdin().lock().lines();
        loop {
            let line = lines.next().and_then(Result::ok);
            let over = line.is_none();
            if sender.send(Input::Evcxr(line)).is_err() || over {
                break;
            }
        }
    });
    relay.serve()
}

struct Relay {
    child: Child,
    control: UnixStream,
    worker: UnixStream,
    inputs: Receiver<Input>,
    stdout: Stream,
    stderr: Stream,
    open_streams: usize,
}

impl Relay {
    fn start(
        session: &Session,
        worker: UnixStream,
        inputs: Receiver<Input>,
        sender: &SyncSender<Input>,
    ) -> std::io::Result<Relay> {
        let (control, theirs) = UnixStream::pair()?;
        let mut child = start_runtime(session, theirs.into())?;
        let stdout = child.stdout.take().expect("stdout was asked for as a pipe");
        let stderr = child.stderr.take().expect("stderr was asked for as a pipe");
        read_stream(stdout, Channel::Stdout, sender.clone());
        read_stream(stderr, Channel::Stderr, sender.clone());
        std::thread::spawn({
            let replies = BufReader::new(control.try_clone()?);
            let sender = sender.clone();
            move || {
                for _ in replies.lines().map_while(Result::ok) {
                    if sender.send(Input::Done).is_err() {
                        return;
                    }
                }
                let _ = sender.send(Input::Gone);
            }
        });
        Ok(Relay {
            child,
            control,
            worker,
            inputs,
            stdout: Stream::new(session.max_output),
            stderr: Stream::new(session.max_output),
            open_streams: 2,
        })
    }

    /// Handles inputs while no cell runs. Returns the runtime's end if it ended by itself.
    fn serve(&mut self) -> Result<Option<ExitStatus>, Box<dyn std::error::Error>> {
        while let Ok(input) = self.inputs.recv() {
            match input {
                Input::Evcxr(None) | Input::Worker(None) => {
                    let _ = self.child.kill();
                    let _ = self.child.wait();
                    return Ok(None);
                }
                Input::Evcxr(Some(line)) => {
                    if let Some(status) = self.run_cell(&line)? {
                        return Ok(Some(status));
                    }
                }
                Input::Worker(Some(ToRelay::Finish)) => {
                    let late = self.take_late();
                    pipe::send(&mut self.worker, &FromRelay::Finished(late))?;
                }
                Input::Worker(Some(_)) | Input::Done => {}
                Input::Gone => {
                    let status = self.child.wait()?;
                    self.read_to_the_end();
                    return Ok(Some(status));
                }
                Input::Printed(channel, bytes) => self.stream(channel).push(&bytes),
                Input::Closed => self.open_streams -= 1,
            }
        }
        Ok(None)
    }

    /// Runs what evcxr asks for, and sends the capture to the worker. Only then evcxr gets the result.
    fn run_cell(&mut self, line: &str) -> Result<Option<ExitStatus>, Box<dyn std::error::Error>> {
        let Some((library, function)) = line.strip_prefix("LOAD_AND_RUN ").and_then(|rest| rest.rsplit_once(' ')) else {
            return Err(format!("evcxr sent an order that is not known: {line}").into());
        };
        let late = self.take_late();
        pipe::send(&mut self.worker, &FromRelay::Running)?;
        let boundary = new_boundary()?;
        self.stdout.begin(&boundary);
        self.stderr.begin(&boundary);
        let order = Order { library, function, boundary: &boundary };
        let sent = self.control.write_all(order.to_line().as_bytes());

        let mut died = None;
        let mut done = false;
        while !(done && self.stdout.passed() && self.stderr.passed()) {
            // A process that has ended writes nothing more, except through children that it left behind.
            match self.inputs.recv()? {
                Input::Done => done = true,
                Input::Gone => {
                    died = Some(self.child.wait()?);
                    self.read_to_the_end();
                    break;
                }
                Input::Printed(channel, bytes) => self.stream(channel).push(&bytes),
                Input::Closed => self.open_streams -= 1,
                Input::Evcxr(None) | Input::Worker(None) => {
                    let _ = self.child.kill();
                    died = Some(self.child.wait()?);
                    break;
                }
                Input::Evcxr(Some(_)) | Input::Worker(Some(_)) => {}
            }
        }
        if let (Err(error), None) = (sent, died) {
            return Err(error.into());
        }
        let words = self.hand_over(late, died)?;
        match died {
            Some(status) => Ok(Some(status)),
            None => {
                let mut out = std::io::stdout().lock();
                for word in words {
                    writeln!(out, "{word}")?;
                }
                writeln!(out, "EVCXR_EXECUTION_COMPLETE")?;
                out.flush()?;
                Ok(None)
            }
        }
    }

    /// Sends the capture to the worker and waits for its receipt. Returns the words that are meant for
    /// evcxr.
    fn hand_over(&mut self, late: Late, died: Option<ExitStatus>) -> std::io::Result<Vec<String>> {
        let (out, err) = (self.stdout.take(), self.stderr.take());
        let parts = stdout::split(&String::from_utf8_lossy(&out.bytes));
        let capture = Capture {
            stdout: parts.text,
            stderr: String::from_utf8_lossy(&err.bytes).into_owned(),
            outputs: parts.outputs,
            printed: out.printed + err.printed,
            overflowed: out.overflowed || err.overflowed,
            panicked: parts.panicked,
            errored: parts.errored,
            forged: parts.forged,
            died: died.map(describe_exit),
            late,
            panic_line: None,
        };
        pipe::send(&mut self.worker, &FromRelay::Captured(capture))?;
        loop {
            match self.inputs.recv() {
                Ok(Input::Worker(Some(ToRelay::Noted))) => return Ok(parts.words),
                Ok(Input::Worker(None)) | Err(_) => return Ok(Vec::new()),
                Ok(Input::Printed(channel, bytes)) => self.stream(channel).push(&bytes),
                Ok(Input::Closed) => self.open_streams -= 1,
                Ok(_) => {}
            }
        }
    }

    fn take_late(&mut self) -> Late {
        let mut bytes = self.stdout.take().bytes;
        bytes.extend(self.stderr.take().bytes);
        Late { text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    fn read_to_the_end(&mut self) {
        while self.open_streams > 0 {
            match self.inputs.recv_timeout(AFTER_DEATH) {
                Ok(Input::Printed(channel, bytes)) => self.stream(channel).push(&bytes),
                Ok(Input::Closed) => self.open_streams -= 1,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
    }

    fn stream(&mut self, channel: Channel) -> &mut Stream {
        match channel {
            Channel::Stdout => &mut self.stdout,
            Channel::Stderr => &mut self.stderr,
        }
    }
}

fn start_runtime(session: &Session, control: OwnedFd) -> std::io::Result<Child> {
    let mut command: Command = reexec::command(role::RUNTIME)?;
    command
        .env_clear()
        .envs(&session.environment)
        .current_dir(&session.directory)
        .stdin(Stdio::from(control))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(bytes) = session.max_memory {
        command.env(role::MAX_MEMORY_VARIABLE, bytes.to_string());
    }
    command.spawn()
}

fn read_stream(mut stream: impl Read + Send + 'static, channel: Channel, sender: SyncSender<Input>) {
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => break,
                Ok(count) => {
                    if sender.send(Input::Printed(channel, buffer[..count].to_vec())).is_err() {
                        return;
                    }
                }
            }
        }
        let _ = sender.send(Input::Closed);
    });
}

/// A mark that no cell can guess.
fn new_boundary() -> std::io::Result<String> {
    Ok(format!("\u{1e}{}\u{1e}", nonce::hex()?))
}

/// Ends this process the way the runtime ended, because evcxr reports the end of this one.
fn end_like(status: ExitStatus) -> ExitCode {
    match status.code().and_then(|code| u8::try_from(code).ok()) {
        Some(code) => ExitCode::from(code),
        None => ExitCode::from(128),
    }
}
