//! A kernel's life: started, ready, asked, interrupted, and ended with everything that it has started.
//!
//! The main type is [`Kernel`]. It passes on the kernel's messages, and does not know what a cell is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jupyter_protocol::messaging::{InterruptRequest, JupyterMessageContent, KernelInfoRequest, ShutdownRequest};
use rust_cells::AccessLog;

use super::channels::{Channels, Heard};
use super::environment;
use super::forks::Forks;
use super::kernelspec::Kernelspec;
use super::launch::Launch;
use super::message::{Channel, Message};
use super::process::Process;
use super::watch::Watched;
use crate::engine::Interrupt;
use crate::process::nonce;

/// How often a thread that waits for a kernel looks whether it still runs, and whether the user wants to
/// stop.
const TICK: Duration = Duration::from_millis(50);
/// How soon a kernel that has not answered yet is asked again whether it is ready: each time later, and at
/// last this often.
const AGAIN: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));
/// How often a thread that waits for the sockets looks whether they are connected.
const LOOK: Duration = Duration::from_millis(5);
/// How long a kernel may take to shut down by itself.
const SHUTDOWN: Duration = Duration::from_secs(2);
/// How often a kernel is started that finds its ports taken: another program may take them between their
/// choice and their use.
const STARTS: usize = 3;

/// A running kernel. Dropping it ends it.
pub(super) struct Kernel {
    process: Process,
    channels: Channels,
    interrupt_by_message: bool,
    interrupt: Interrupt,
    /// The folders of kernels that were to be this one, and could not start.
    before: Vec<PathBuf>,
    folder: tempfile::TempDir,
}

/// What a kernel is started with.
pub(super) struct Start<'a> {
    pub(super) spec: &'a Kernelspec,
    /// Variables beside those that every kernel gets.
    pub(super) variables: &'a BTreeMap<String, String>,
    /// Files that it finds in its folder for settings, by name.
    pub(super) settings: &'a BTreeMap<String, String>,
    /// Where it runs.
    pub(super) directory: &'a Path,
    /// How many bytes of address space it may take.
    pub(super) max_memory: Option<u64>,
    /// How long it may take until it answers.
    pub(super) limit: Duration,
    /// Where a kernel that is watched notes what it asks the system for.
    pub(super) accesses: Option<&'a AccessLog>,
    /// Set when the user wants to stop.
    pub(super) interrupt: &'a Interrupt,
}

/// Why a kernel does not run.
#[derive(Debug)]
pub(super) enum NotStarted {
    /// It cannot be started, or does not answer: this is why, in words.
    Failed(String),
    /// The user wants to stop.
    Interrupted,
}

/// Why no message came.
#[derive(Debug)]
pub(super) enum NoReply {
    /// The time is up.
    Timeout,
    /// The kernel is gone: how it ended, and the end of what its process printed.
    Gone { status: String, printed: String },
    /// It sent a malformed message.
    Unreadable(String),
    /// The user wants to stop.
    Interrupted,
}

impl Kernel {
    /// Starts a kernel and waits until it answers.
    ///
    /// # Errors
    /// When it does not, or the user wants to stop.
    pub(super) fn start(start: &Start<'_>, forks: &mut Forks) -> Result<Kernel, NotStarted> {
        let name = &start.spec.name;
        let failed = |reason: String| NotStarted::Failed(format!("kernel `{name}` {reason}"));
        let mut before = Vec::new();
        for attempt in 1.. {
            let mut kernel = Kernel::spawn(start, forks).map_err(|error| failed(format!("cannot be started: {error}")))?;
            let ready = kernel.wait_until_ready(start.limit);
            before.push(kernel.folder.path().to_owned());
            match ready {
                Ok(()) => return Ok(Kernel { before, ..kernel }),
                Err(NoReply::Gone { printed, .. }) if attempt < STARTS && has_lost_a_port(&printed) => {}
                // Without the fork it may get further, or at least report what is wrong.
                Err(NoReply::Gone { .. }) if kernel.process.is_forked() => forks.give_up(),
                Err(NoReply::Gone { status, printed }) => {
                    return Err(failed(format!("ended before it was ready ({status}); it printed:\n{printed}")));
                }
                Err(NoReply::Timeout) => {
                    let (limit, printed) = (humantime::format_duration(start.limit), kernel.process.printed().text());
                    return Err(failed(format!("does not answer within {limit}; it printed:\n{printed}")));
                }
                Err(NoReply::Unreadable(reason)) => {
                    return Err(failed(format!("sent a malformed message: {reason}")));
                }
                Err(NoReply::Interrupted) => return Err(NotStarted::Interrupted),
            }
        }
        unreachable!("the last attempt returns")
    }

    fn spawn(start: &Start<'_>, forks: &mut Forks) -> std::io::Result<Kernel> {
        let folder = tempfile::Builder::new().prefix("nbsnap-kernel-").tempdir()?;
        let settings = start.settings.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        for (name, text) in environment::FILES.iter().copied().chain(settings) {
            let path = folder.path().join(name);
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::write(path, text)?;
        }
        let connection_file = folder.path().join("connection.json");
        let reserved = Channels::reserve(&start.spec.name, nonce::hex()?)?;
        let connection = reserved.connection.clone();
        std::fs::write(&connection_file, serde_json::to_string(&connection)?)?;

        let mut variables = environment::variables(folder.path());
        variables.extend(start.variables.clone());
        variables.extend(start.spec.variables(&variables));
        let launch = Launch {
            arguments: start.spec.arguments(&connection_file),
            variables,
            own_variables: start.variables.keys().cloned().collect(),
            directory: start.directory.to_owned(),
            max_memory: start.max_memory,
            connection_file,
            accesses: start.accesses.map(AccessLog::path),
            ended: folder.path().join("ended"),
        };
        // The kernel binds its ports a good while after this.
        drop(reserved);
        let process = match forks.start(start.spec, &launch) {
            Some(server) => Process::Forked { server, connection_file: launch.connection_file, ended: launch.ended },
            None => Process::spawn(&launch)?,
        };
        let channels = Channels::connect(connection, nonce::hex()?)?;
        let (interrupt_by_message, interrupt) = (start.spec.interrupt_by_message, start.interrupt.clone());
        Ok(Kernel { process, channels, interrupt_by_message, interrupt, before: Vec::new(), folder })
    }

    /// Asks until the kernel answers, and until a message has come on the socket of outputs, too. What a cell
    /// shows before that would be lost.
    fn wait_until_ready(&mut self, limit: Duration) -> Result<(), NoReply> {
        let deadline = Instant::now() + limit;
        let (mut asked, mut replied, mut heard) = (Vec::new(), false, false);
        let (mut pause, longest) = AGAIN;
        while !(replied && heard) {
            if Instant::now() >= deadline {
                return Err(NoReply::Timeout);
            }
            let mut again = Instant::now() + LOOK;
            // Before that, nobody would receive the answer.
            if self.channels.are_connected() {
                asked.push(self.send(Channel::Shell, KernelInfoRequest {}));
                again = Instant::now() + pause;
                pause = (pause * 2).min(longest);
            }
            // Such a kernel may hang for ever while it tries to exit.
            if has_lost_a_port(&self.process.printed().text()) {
                return Err(self.last_words());
            }
            let again = again.min(deadline);
            while !(replied && heard) {
                match self.hear(again) {
                    Ok(message) if asked.contains(&message.parent) => {
                        replied |= message.kind == "kernel_info_reply";
                        heard |= message.channel == Channel::IoPub;
                    }
                    // Messages about its start do not matter.
                    Ok(_) | Err(NoReply::Unreadable(_)) => {}
                    Err(NoReply::Timeout) => break,
                    Err(other) => return Err(other),
                }
            }
        }
        Ok(())
    }

    /// Sends a request. Returns its id, which what answers it names.
    pub(super) fn send(&self, channel: Channel, content: impl Into<JupyterMessageContent>) -> String {
        self.channels.send(channel, content)
    }

    /// Forgets what the kernel's process has printed so far.
    pub(super) fn forget_printed(&self) {
        self.process.printed().forget();
    }

    /// The next message of the kernel.
    ///
    /// # Errors
    /// Why no message came until `deadline`.
    pub(super) fn hear(&mut self, deadline: Instant) -> Result<Message, NoReply> {
        loop {
            if self.interrupt.is_set() {
                return Err(NoReply::Interrupted);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.channels.listen(left.min(TICK)) {
                Some(Heard::Message(message)) => return Ok(message),
                Some(Heard::Unreadable(reason)) => return Err(NoReply::Unreadable(reason)),
                None if left.is_zero() => return Err(NoReply::Timeout),
                None if self.is_gone() => {
                    // Its last messages may still be on their way.
                    return match self.channels.listen(TICK) {
                        Some(Heard::Message(message)) => Ok(message),
                        _ => Err(self.last_words()),
                    };
                }
                None => {}
            }
        }
    }

    fn is_gone(&mut self) -> bool {
        self.process.is_gone()
    }

    fn last_words(&self) -> NoReply {
        let status = self.process.status();
        // The thread that reads what it printed may be a moment behind.
        std::thread::sleep(TICK);
        NoReply::Gone { status, printed: self.process.printed().text() }
    }

    /// Interrupts the kernel's work, in the way that its kernelspec asks for.
    pub(super) fn interrupt(&mut self) {
        if self.interrupt_by_message {
            self.send(Channel::Control, InterruptRequest {});
        } else {
            self.process.interrupt();
        }
    }

    /// How it is watched, if it is.
    pub(super) fn watched(&self) -> Option<Watched> {
        self.process.watched().map(|watched| Watched { folders: self.before.clone(), ..watched })
    }

    /// Lets the kernel shut down by itself, and then ends what is left of it. Returns whether it could do so.
    pub(super) fn shut_down(mut self) -> bool {
        self.send(Channel::Control, ShutdownRequest { restart: false });
        let deadline = Instant::now() + SHUTDOWN;
        while !self.is_gone() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.process.has_ended_well()
    }
}

/// Whether a kernel reports that another program has one of its ports.
fn has_lost_a_port(printed: &str) -> bool {
    printed.to_lowercase().contains("address already in use")
}
