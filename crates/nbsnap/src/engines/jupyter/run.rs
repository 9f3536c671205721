//! One worker: runs notebooks, each in a kernel of its own.
//!
//! The main type is [`JupyterWorker`]. It decides when a cell is over and how it ended; whether that is right
//! is for the runner to decide.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use jupyter_protocol::messaging::{CommId, CommOpen, ExecuteRequest, InputReply, ReplyStatus};
use serde_json::Value;

use super::engine::JupyterSettings;
use super::forks::Forks;
use super::kernel::{Kernel, NoReply, NotStarted, Start};
use super::message::{Channel, Message};
use super::outputs::{Outputs, Reported};
use super::rust::Rust;
use super::watch::Watch;
use crate::engine::{EngineError, Progress, Run, Worker};
use crate::event::Timing;
use crate::notebook::CodeCell;
use crate::record::{CellRecord, Failure};

/// After a cell's reply and its idle, nothing may come for this long until it is over: some kernels send a
/// stream late.
const QUIET: Duration = Duration::from_millis(15);
/// How long a kernel that was interrupted may take until it stops.
const STOP: Duration = Duration::from_secs(5);

/// One worker of the engine.
pub(super) struct JupyterWorker<'a> {
    settings: &'a JupyterSettings,
    rust: Rust,
    forks: Forks,
}

/// The outcome of a request to execute code.
pub(super) struct Executed {
    pub(super) outputs: Outputs,
    pub(super) end: End,
    /// What was printed meanwhile that belongs to an earlier request.
    pub(super) late: String,
    /// The number that the kernel gave the request, from 1; 0 if it did not say.
    pub(super) count: u64,
}

/// How the execution of code ended.
#[derive(Debug)]
pub(super) enum End {
    /// The kernel is done: what its reply says.
    Replied(Value),
    /// It asked for input.
    Asked(String),
    /// Its time was up, or it was too much output. The kernel was interrupted, and is gone if it did not stop
    /// then.
    Stopped,
    /// The kernel is gone: how it ended, and what its process printed.
    Died { status: String, printed: String },
    /// The kernel sent a malformed message.
    Unreadable(String),
}

/// A request that the kernel works on.
struct Asking {
    id: String,
    executed: Executed,
    /// Until when the next message is waited for.
    deadline: Instant,
    /// What the kernel's reply says.
    reply: Option<Value>,
    is_idle: bool,
    /// The prompt, if it has asked for input.
    prompt: Option<String>,
    /// Whether it was interrupted.
    is_stopped: bool,
}

impl Asking {
    fn new(id: String, outputs: Outputs, limit: Duration) -> Asking {
        let executed = Executed { outputs, end: End::Stopped, late: String::new(), count: 0 };
        let now = Instant::now();
        let deadline = now.checked_add(limit).unwrap_or(now + Duration::from_secs(1 << 30));
        Asking { id, executed, deadline, reply: None, is_idle: false, prompt: None, is_stopped: false }
    }

    /// Takes in a message about it.
    fn take(&mut self, message: Message, kernel: &mut Kernel) {
        if message.kind == "execute_input" {
            self.executed.count = message.content["execution_count"].as_u64().unwrap_or(0);
        } else if message.kind == "execute_reply" {
            self.reply = Some(message.content);
        } else if message.kind == "input_request" {
            self.prompt.get_or_insert_with(|| message.text("prompt").to_owned());
            // The cell that asks gets an end of input, as a program does whose input is empty.
            kernel.send(Channel::Stdin, InputReply { value: String::new(), status: ReplyStatus::Ok, error: None });
        } else if message.is_idle() {
            self.is_idle = true;
        } else if !self.is_stopped {
            self.executed.outputs.take(&message);
        }
        if self.executed.outputs.overflowed && !self.is_stopped {
            self.stop(kernel, self.deadline.min(Instant::now() + STOP));
        }
    }

    /// Interrupts the kernel, and waits for its reply until then.
    fn stop(&mut self, kernel: &mut Kernel, deadline: Instant) {
        self.is_stopped = true;
        kernel.interrupt();
        self.deadline = deadline;
    }

    /// Once the kernel is done, and both streams have passed the mark, only late messages are waited for.
    fn look_for_the_end(&mut self, mark: Option<&str>) {
        let is_marked = mark.is_none_or(|mark| self.executed.outputs.has_passed(mark));
        if self.reply.as_ref().is_some_and(|reply| is_marked || reply["status"] != "ok") && self.is_idle {
            self.deadline = Instant::now() + QUIET;
        }
    }

    fn ended(self) -> Executed {
        let end = match (self.prompt, self.is_stopped, self.reply) {
            (Some(prompt), ..) => End::Asked(prompt),
            (None, false, Some(reply)) => End::Replied(reply),
            _ => End::Stopped,
        };
        Executed { end, ..self.executed }
    }
}

/// Why a notebook's kernel does not run.
enum NotOpened {
    /// This one cannot be begun; the next may.
    CannotBegin(Failure),
    /// The engine cannot go on.
    Engine(EngineError),
}

/// A kernel that runs one notebook.
pub(super) struct Session {
    pub(super) kernel: Kernel,
    /// Requests so far.
    asked: Vec<String>,
    /// Whether it is evcxr's kernel, which does not say how a cell has ended.
    is_evcxr: bool,
    /// Whether the kernel is gone, or cannot be trusted any more.
    pub(super) is_lost: bool,
}

impl<'a> JupyterWorker<'a> {
    pub(super) fn new(settings: &'a JupyterSettings, rust: Rust) -> JupyterWorker<'a> {
        JupyterWorker { settings, rust, forks: Forks::default() }
    }

    /// Starts the notebook's kernel.
    fn open(&mut self, run: &Run<'_>, watch: Option<&Watch>) -> Result<Session, NotOpened> {
        let notebook = run.notebook;
        let spec = match self.settings.kernelspecs.find(&notebook.kernel, notebook.language.as_deref()) {
            Ok(spec) => spec,
            Err(error) => return Err(NotOpened::CannotBegin(Failure::SetUp { message: error.to_string() })),
        };
        let directory = notebook.directory();
        let directory = directory
            .canonicalize()
            .map_err(|source| NotOpened::Engine(EngineError::Io { action: "enter", path: directory.to_owned(), source }))?;
        let settings = if spec.is_evcxr { self.rust.settings() } else { BTreeMap::new() };
        let start = Start {
            spec: &spec,
            variables: &run.variables,
            settings: &settings,
            directory: &directory,
            max_memory: run.max_memory,
            limit: self.settings.start_timeout,
            accesses: watch.map(Watch::log),
            interrupt: &self.settings.interrupt,
        };
        match Kernel::start(&start, &mut self.forks) {
            Ok(kernel) => Ok(Session { kernel, asked: Vec::new(), is_evcxr: spec.is_evcxr, is_lost: false }),
            Err(NotStarted::Failed(message)) => Err(NotOpened::CannotBegin(Failure::Engine { message })),
            Err(NotStarted::Interrupted) => Err(NotOpened::Engine(EngineError::Interrupted)),
        }
    }
}

impl Worker for JupyterWorker<'_> {
    fn run(&mut self, run: &Run<'_>, report: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>) -> Result<(), EngineError> {
        let mut open: Option<Session> = None;
        // Where the system has no memory for it, the notebook runs anyway, and runs again the next time.
        let mut watch = Watch::new();
        for cell in &run.notebook.cells {
            if run.is_over() {
                break;
            }
            // Also after a cell that was meant to end the kernel.
            if open.is_none() {
                match self.open(run, watch.as_ref()) {
                    Ok(session) => {
                        watch.iter_mut().for_each(|watch| watch.has_begun(session.kernel.watched()));
                        open = Some(session);
                    }
                    Err(NotOpened::CannotBegin(failure)) => {
                        let _ = report(Progress::CannotBegin(failure));
                        return Ok(());
                    }
                    Err(NotOpened::Engine(error)) => return Err(error),
                }
            }
            let Some(session) = &mut open else { break };
            if report(Progress::Started(cell)).is_break() {
                break;
            }
            let started = Instant::now();
            let (record, late) = match session.is_evcxr {
                true => self.rust.run_cell(session, cell, run)?,
                false => run_cell(session, cell, run)?,
            };
            let timing = Timing::of(started.elapsed());
            if !late.is_empty() && report(Progress::Late(late)).is_break() {
                break;
            }
            // A kernel that was stopped because it was too slow gets no second chance.
            let ends = session.is_lost && !matches!(record.failure, Some(Failure::Died { .. }));
            if session.is_lost {
                open = None;
                watch.iter_mut().for_each(Watch::has_lost_one);
            }
            if report(Progress::Ended(cell, record, timing)).is_break() || ends {
                break;
            }
        }
        if let Some(mut session) = open {
            let late = session.late();
            if !late.is_empty() {
                let _ = report(Progress::Late(late));
            }
            if !session.kernel.shut_down() {
                watch.iter_mut().for_each(Watch::has_lost_one);
            }
        }
        let is_provided = !run.variables.is_empty();
        let _ = report(Progress::Accessed(watch.and_then(|watch| watch.accesses(is_provided))));
        Ok(())
    }
}

/// Runs a cell of a kernel whose replies report every failure.
fn run_cell(session: &mut Session, cell: &CodeCell, run: &Run<'_>) -> Result<(CellRecord, String), EngineError> {
    let limit = run.limits(cell).run;
    let Executed { mut outputs, end, late, count } = session.execute(&cell.source, limit, run.max_output)?;
    let mut printed_at_last = String::new();
    let failure = match end {
        _ if outputs.overflowed => Some(Failure::TooMuchOutput { printed: outputs.printed, limit: run.max_output }),
        End::Asked(prompt) => Some(Failure::InputRequest { prompt }),
        End::Stopped => Some(Failure::Timeout { limit }),
        End::Died { status, printed } => {
            printed_at_last = printed;
            Some(Failure::Died { status })
        }
        End::Unreadable(message) => Some(Failure::Engine { message: format!("the kernel sent a malformed message: {message}") }),
        End::Replied(reply) => match reply["status"].as_str() {
            Some("ok") => None,
            Some("error") => Some(outputs.errors.pop().unwrap_or_else(|| Reported::read(&reply)).failure(count)),
            other => Some(Failure::Engine { message: format!("the kernel answers `{}`", other.unwrap_or("nothing")) }),
        },
    };
    // Errors that a cell showed without failing are output.
    let shown = outputs.errors.iter().flat_map(|error| &error.traceback).map(|line| format!("{line}\n")).collect::<String>();
    let displays = outputs.displays();
    let stderr = outputs.stderr + &shown + &printed_at_last;
    let mut record = CellRecord { stdout: outputs.stdout, stderr, failure, ..CellRecord::default() };
    displays.into_iter().for_each(|display| record.display(display));
    Ok((record, late))
}

impl Session {
    /// Has the kernel execute code, and waits until it is done with it, at most for `limit`; of each stream
    /// `max_output` bytes are kept.
    pub(super) fn execute(&mut self, code: &str, limit: Duration, max_output: u64) -> Result<Executed, EngineError> {
        self.ask(code, limit, max_output, None)
    }

    /// [`Session::execute`] of code that writes `mark` to both streams. What the request before it still
    /// shows is added to `outputs`, and so is what this one shows. It ends when both streams have passed the
    /// mark.
    pub(super) fn execute_after(
        &mut self,
        code: &str,
        limit: Duration,
        max_output: u64,
        outputs: Outputs,
        mark: &str,
    ) -> Result<Executed, EngineError> {
        self.ask(code, limit, max_output, Some((outputs, mark)))
    }

    /// Whether nothing was asked of the kernel yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.asked.is_empty()
    }

    /// How many requests the kernel has got.
    pub(super) fn count(&self) -> usize {
        self.asked.len()
    }

    fn ask(
        &mut self,
        code: &str,
        limit: Duration,
        max_output: u64,
        after: Option<(Outputs, &str)>,
    ) -> Result<Executed, EngineError> {
        let mut request = ExecuteRequest::new(code.to_owned());
        request.allow_stdin = false;
        // Nothing waits behind it, and the runner decides what comes next.
        request.stop_on_error = false;
        self.kernel.forget_printed();
        let before = after.as_ref().and(self.asked.last().cloned());
        let (outputs, mark) = after.map_or((Outputs::new(max_output), None), |(outputs, mark)| (outputs, Some(mark)));
        let mut asking = Asking::new(self.kernel.send(Channel::Shell, request), outputs, limit);
        loop {
            match self.kernel.hear(asking.deadline) {
                Ok(message) if message.parent == asking.id => asking.take(message, &mut self.kernel),
                Ok(message) if before.as_ref() == Some(&message.parent) => asking.executed.outputs.take(&message),
                Ok(message) => asking.executed.late.push_str(self.late_text(&message)),
                Err(NoReply::Timeout) if asking.reply.is_some() && asking.is_idle => break,
                Err(NoReply::Timeout) if !asking.is_stopped => asking.stop(&mut self.kernel, Instant::now() + STOP),
                Err(NoReply::Timeout) => {
                    self.is_lost = true;
                    break;
                }
                Err(NoReply::Gone { status, printed }) => return Ok(self.lose(asking, End::Died { status, printed })),
                Err(NoReply::Unreadable(reason)) => return Ok(self.lose(asking, End::Unreadable(reason))),
                Err(NoReply::Interrupted) => return Err(EngineError::Interrupted),
            }
            asking.look_for_the_end(mark);
        }
        self.asked.push(asking.id.clone());
        Ok(asking.ended())
    }

    /// The kernel is gone, or cannot be trusted any more.
    fn lose(&mut self, asking: Asking, end: End) -> Executed {
        self.is_lost = true;
        Executed { end, ..asking.executed }
    }

    /// What the kernel's comm `target` answers to `data`; null if it does not within this time.
    pub(super) fn consult(&mut self, target: &str, data: Value, limit: Duration) -> Result<Value, EngineError> {
        let comm = format!("nbsnap-{}", self.asked.len());
        let data = data.as_object().cloned().unwrap_or_default();
        let (comm_id, target_name) = (CommId(comm.clone()), target.to_owned());
        self.kernel.send(Channel::Shell, CommOpen { comm_id, target_name, data, target_module: None });
        let deadline = Instant::now() + limit;
        loop {
            match self.kernel.hear(deadline) {
                Ok(message) if message.text("comm_id") != comm => {}
                Ok(message) if message.kind == "comm_msg" => return Ok(message.content["data"].clone()),
                Ok(message) if message.kind == "comm_close" => return Ok(Value::Null),
                Ok(_) => {}
                Err(NoReply::Interrupted) => return Err(EngineError::Interrupted),
                Err(_) => return Ok(Value::Null),
            }
        }
    }

    /// What a message prints for a request that is over.
    fn late_text<'m>(&self, message: &'m Message) -> &'m str {
        if message.kind == "stream" && self.asked.contains(&message.parent) { message.text("text") } else { "" }
    }

    /// What was printed since the last request was over.
    fn late(&mut self) -> String {
        let mut text = String::new();
        while let Ok(message) = self.kernel.hear(Instant::now()) {
            text.push_str(self.late_text(&message));
        }
        text
    }
}
