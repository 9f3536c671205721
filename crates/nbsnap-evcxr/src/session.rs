//! One worker: runs notebooks with evcxr, in its own workspace.
//!
//! The main type is [`EvcxrWorker`]. It turns what evcxr and the relay report about a cell into a
//! [`CellRecord`]. evcxr's own verdict is not enough: to evcxr, a cell that panicked or whose `?` failed is
//! a success.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use nbsnap::engine::{EngineError, Limits, Progress, Run, Worker};
use nbsnap::engines::evcxr::stderr;
use nbsnap::event::Timing;
use nbsnap::notebook::CodeCell;
use nbsnap::process::environment;
use nbsnap::record::{CellRecord, Failure};

use crate::cargo::OpenNotebooks;
use crate::dependencies::DependencySet;
use crate::engine::Evcxr;
use crate::host::{Host, NoReply};
use crate::messages::{CellRun, FromWorker, Outcome, Session, ToWorker};
use crate::rustc::RustcCall;
use crate::stdout;
use crate::workspace::Workspace;

/// How long opening or closing a notebook may take: evcxr starts a process and compiles one trivial cell.
const OPEN_LIMITS: Limits = Limits { compile: Duration::from_secs(300), run: Duration::from_secs(60) };

/// One worker of the engine.
pub(crate) struct EvcxrWorker<'a> {
    engine: &'a Evcxr,
    workspace: Workspace,
    host: Option<Host>,
}

/// What came of an order.
enum Reply {
    /// The worker's process answered.
    Answer(FromWorker),
    /// It did not, and was ended.
    None(Failure),
}

impl<'a> EvcxrWorker<'a> {
    pub(crate) fn new(engine: &'a Evcxr, workspace: Workspace) -> EvcxrWorker<'a> {
        EvcxrWorker { engine, workspace, host: None }
    }

    /// How to compile with these dependencies.
    fn call(&self, set: &DependencySet) -> Result<&'a RustcCall, EngineError> {
        let missing = || EngineError::Failed { message: "the notebook's dependencies were not prepared".into() };
        self.engine.ready.call(set).ok_or_else(missing)
    }

    /// The worker's process. Starts it if there is none.
    fn host(&mut self) -> Result<&mut Host, EngineError> {
        if self.host.is_none() {
            let (opt_level, interrupt) = (&self.engine.settings.opt_level, &self.engine.interrupt);
            // evcxr begins with a cell that depends on nothing.
            let nothing = DependencySet::default();
            OpenNotebooks::new([(&nothing, self.call(&nothing)?)]).leave_in(&self.workspace)?;
            self.host = Some(Host::start(&self.engine.toolchain, &self.workspace.crate_dir(), opt_level, interrupt)?);
        }
        Ok(self.host.as_mut().expect("it was just started"))
    }

    /// Sends an order to the worker's process. If it does not answer, it is ended, so that the next notebook
    /// gets a new one.
    fn ask(&mut self, order: &ToWorker, limits: Limits, until: Option<Instant>) -> Result<Reply, EngineError> {
        let interrupt = self.engine.interrupt.clone();
        let answer = self.host()?.ask(order, limits, until, &interrupt);
        if answer.is_err() {
            self.host = None;
        }
        match answer {
            Ok(answer) => Ok(Reply::Answer(answer)),
            Err(NoReply::Interrupted) => Err(EngineError::Interrupted),
            Err(NoReply::Timeout(limit)) => Ok(Reply::None(Failure::Timeout { limit })),
            Err(NoReply::Gone(stderr)) => {
                let message = format!("evcxr's process is gone; it wrote:\n{stderr}");
                Ok(Reply::None(Failure::Engine { message }))
            }
            // Only the control word for changed types makes evcxr run code again and again.
            Err(NoReply::Endless) => Ok(Reply::None(Failure::ControlWord { word: stdout::CHANGED_TYPE.to_owned() })),
        }
    }
}

impl Worker for EvcxrWorker<'_> {
    fn run(&mut self, run: &Run<'_>, report: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>) -> Result<(), EngineError> {
        let session = session(run)?;
        self.host()?;
        let set = DependencySet::of(run.notebook);
        OpenNotebooks::new([(&set, self.call(&set)?)]).leave_in(&self.workspace)?;
        match self.ask(&ToWorker::Open(session), OPEN_LIMITS, None)? {
            Reply::Answer(FromWorker::Opened) => {}
            // If evcxr refuses a `:dep` line here, it refuses it again in its own cell. The author sees it
            // there.
            Reply::Answer(FromWorker::Ran(CellRun { outcome: Outcome::Compile(_) | Outcome::Refused(_), .. })) => {}
            other => {
                let _ = report(Progress::CannotBegin(other.into_failure()));
                self.host = None;
                return Ok(());
            }
        }
        for cell in &run.notebook.cells {
            if run.is_over() || report(Progress::Started(cell)).is_break() {
                break;
            }
            let started = Instant::now();
            let reply = self.ask(&ToWorker::Run { source: cell.source.clone() }, run.allowed(cell), run.deadline)?;
            let gone = matches!(reply, Reply::None(_));
            let timing = Timing { elapsed: started.elapsed(), compile: self.host.as_ref().and_then(Host::compile_time) };
            let (record, late) = match reply {
                Reply::Answer(FromWorker::Ran(cell_run)) => record(cell, cell_run, run.max_output),
                other => {
                    let failure = Some(other.into_failure());
                    (CellRecord { failure, ..CellRecord::default() }, String::new())
                }
            };
            if !late.is_empty() && report(Progress::Late(late)).is_break() {
                break;
            }
            if report(Progress::Ended(cell, record, timing)).is_break() || gone {
                break;
            }
        }
        if self.host.is_some()
            && let Reply::Answer(FromWorker::Closed(late)) = self.ask(&ToWorker::Close, OPEN_LIMITS, None)?
            && !late.text.is_empty()
        {
            let _ = report(Progress::Late(late.text));
        }
        Ok(())
    }
}

fn session(run: &Run<'_>) -> Result<Session, EngineError> {
    let directory = run.notebook.directory();
    let directory =
        directory.canonicalize().map_err(|source| EngineError::Io { action: "enter", path: directory.to_owned(), source })?;
    let mut environment = environment::plain();
    // evcxr asks for backtraces; their frames differ between machines and say little about a cell.
    environment.insert("RUST_BACKTRACE".to_owned(), "0".to_owned());
    environment.extend(run.variables.clone());
    let mut dependency_lines = run.notebook.dependency_lines();
    dependency_lines.extend(DependencySet::tokio_line(run.notebook));
    let (max_output, max_memory) = (run.max_output, run.max_memory);
    Ok(Session { directory, environment, dependency_lines, max_output, max_memory })
}

impl Reply {
    /// Why no proper answer came.
    fn into_failure(self) -> Failure {
        match self {
            Reply::None(failure) => failure,
            Reply::Answer(FromWorker::Broken { message }) => Failure::Engine { message },
            Reply::Answer(FromWorker::Ran(run)) => {
                Failure::Engine { message: format!("the notebook could not be begun: {:?}\n{}", run.outcome, run.capture.stderr) }
            }
            Reply::Answer(other) => Failure::Engine { message: format!("evcxr's process answered out of turn: {other:?}") },
        }
    }
}

/// A cell's output, and what was printed before it began, which does not belong to it.
fn record(cell: &CodeCell, run: CellRun, max_output: u64) -> (CellRecord, String) {
    let CellRun { mut capture, command_outputs, outcome } = run;
    capture.stderr = stderr::place_panics(&capture.stderr, capture.panic_line);
    let failure = if capture.overflowed {
        Some(Failure::TooMuchOutput { printed: capture.printed, limit: max_output })
    } else if let Some(word) = capture.forged.first() {
        Some(Failure::ControlWord { word: word.clone() })
    } else if let Some(status) = capture.died {
        Some(Failure::Died { status })
    } else if capture.panicked {
        let message = stderr::panic_message(&capture.stderr);
        Some(Failure::Panic { message, line: capture.panic_line })
    } else if capture.errored {
        let lines = rust_cells::cell::question_mark_lines(&cell.source);
        Some(Failure::Error { message: capture.stderr.clone(), lines })
    } else {
        match outcome {
            Outcome::Ran => None,
            Outcome::Compile(diagnostics) => Some(Failure::Compile { diagnostics }),
            Outcome::Terminated(message) => Some(Failure::Died { status: message }),
            Outcome::Refused(message) => Some(Failure::Refused { message }),
        }
    };
    let mut outputs = command_outputs;
    outputs.extend(capture.outputs);
    let record = CellRecord { stdout: capture.stdout, stderr: capture.stderr, outputs, failure, ..CellRecord::default() };
    (record, capture.late.text)
}
