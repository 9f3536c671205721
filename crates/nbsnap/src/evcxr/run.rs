//! One worker: runs notebooks in a slot of its own, as one program or with evcxr.
//!
//! The main type is [`EvcxrWorker`]. It turns what evcxr and the relay saw of a cell into a [`CellRecord`]; evcxr's own verdict is
//! not enough, as it calls a cell that panicked or whose `?` failed a success.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::cargo::OpenNotebooks;
use super::dependencies::DependencySet;
use super::diagnostics;
use super::fused::Fused;
use super::host::{Host, Silence};
use super::protocol::{CellRun, FromWorker, Outcome, Session, ToWorker};
use super::reference::{EvcxrSettings, Workshop};
use super::rustc::RustcCall;
use super::slot::Slot;
use crate::engine::{Check, EngineError, Limits, Look, Progress, Run, Worker};
use crate::event::Timing;
use crate::notebook::CodeCell;
use crate::record::{CellRecord, Failure};

/// How long opening or closing a notebook may take: evcxr starts a process and compiles one trivial cell.
const OPEN_LIMITS: Limits = Limits { compile: Duration::from_secs(300), run: Duration::from_secs(60) };

/// Plain variables of the machine that a notebook's process gets. Everything else could change a verdict.
const PLAIN_VARIABLES: &[&str] = &["PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];

/// One worker of the engine.
pub(super) struct EvcxrWorker<'a> {
    settings: &'a EvcxrSettings,
    workshop: &'a Workshop,
    slot: Slot,
    host: Option<Host>,
}

impl<'a> EvcxrWorker<'a> {
    pub(super) fn new(settings: &'a EvcxrSettings, workshop: &'a Workshop, slot: Slot) -> EvcxrWorker<'a> {
        EvcxrWorker { settings, workshop, slot, host: None }
    }

    /// How to compile with these dependencies.
    fn call(&self, set: &DependencySet) -> Result<&'a RustcCall, EngineError> {
        let missing = || EngineError::Start { message: "the notebook's dependencies were not prepared".into() };
        self.workshop.ready.call(set).ok_or_else(missing)
    }

    /// The worker's process, started if there is none.
    fn host(&mut self) -> Result<&mut Host, EngineError> {
        if self.host.is_none() {
            let (opt_level, interrupt) = (&self.settings.opt_level, &self.settings.interrupt);
            // evcxr begins with a cell that depends on nothing.
            let nothing = DependencySet::default();
            OpenNotebooks::new([(&nothing, self.call(&nothing)?)]).leave_in(&self.slot)?;
            self.host = Some(Host::start(&self.workshop.toolchain, &self.slot.crate_dir(), opt_level, interrupt)?);
        }
        Ok(self.host.as_mut().expect("it was just started"))
    }

    fn ask(&mut self, order: &ToWorker, limits: Limits) -> Result<Result<FromWorker, Silence>, EngineError> {
        let interrupt = self.settings.interrupt.clone();
        let answer = self.host()?.ask(order, limits, &interrupt);
        match answer {
            Err(Silence::Interrupted) => {
                self.host = None;
                Err(EngineError::Interrupted)
            }
            // Whatever it is doing, it will not do it for the next notebook.
            Err(_) => {
                self.host = None;
                Ok(answer)
            }
            Ok(_) => Ok(answer),
        }
    }
}

impl Worker for EvcxrWorker<'_> {
    fn shortcut(&mut self, run: &Run<'_>, begins: &mut dyn FnMut(&CodeCell)) -> Result<Look, EngineError> {
        let call = self.call(&DependencySet::of(run.notebook))?;
        let (opt_level, interrupt) = (self.settings.opt_level.as_str(), &self.settings.interrupt);
        Fused { slot: &self.slot, call, run, session: &session(run)?, opt_level, interrupt }.look(begins)
    }

    fn check(&mut self, run: &Run<'_>) -> Result<Check, EngineError> {
        let call = self.call(&DependencySet::of(run.notebook))?;
        let (opt_level, interrupt) = (self.settings.opt_level.as_str(), &self.settings.interrupt);
        Fused { slot: &self.slot, call, run, session: &session(run)?, opt_level, interrupt }.check()
    }

    fn run(&mut self, run: &Run<'_>, report: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>) -> Result<(), EngineError> {
        let session = session(run)?;
        self.host()?;
        let set = DependencySet::of(run.notebook);
        OpenNotebooks::new([(&set, self.call(&set)?)]).leave_in(&self.slot)?;
        match self.ask(&ToWorker::Open(session), OPEN_LIMITS)? {
            Ok(FromWorker::Opened) => {}
            // A `:dep` line that evcxr refuses is refused again in its own cell, which is where its author looks.
            Ok(FromWorker::Ran(CellRun { outcome: Outcome::Compile(_) | Outcome::Refused(_), .. })) => {}
            other => {
                let _ = report(Progress::CannotBegin(breakdown(other)));
                self.host = None;
                return Ok(());
            }
        }
        for cell in &run.notebook.cells {
            if run.is_over() || report(Progress::Started(cell)).is_break() {
                break;
            }
            let started = Instant::now();
            let answer = self.ask(&ToWorker::Run { source: cell.source.clone() }, run.limits(cell))?;
            let gone = answer.is_err();
            let timing = Timing { elapsed: started.elapsed(), compile: self.host.as_ref().and_then(Host::compile_time) };
            let (record, late) = match answer {
                Ok(FromWorker::Ran(cell_run)) => record(cell, cell_run, run.max_output),
                other => {
                    let failure = Some(breakdown(other));
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
            && let Ok(FromWorker::Closed(late)) = self.ask(&ToWorker::Close, OPEN_LIMITS)?
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
    let mut environment: BTreeMap<String, String> =
        PLAIN_VARIABLES.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?))).collect();
    environment.extend([
        ("LANG".to_owned(), "C.UTF-8".to_owned()),
        ("TZ".to_owned(), "UTC".to_owned()),
        // evcxr asks for backtraces; their frames differ between machines and say little about a cell.
        ("RUST_BACKTRACE".to_owned(), "0".to_owned()),
    ]);
    environment.extend(run.variables.clone());
    let mut dependency_lines = run.notebook.dependency_lines();
    dependency_lines.extend(DependencySet::tokio_line(run.notebook));
    let (max_output, max_memory) = (run.max_output, run.max_memory);
    Ok(Session { directory, environment, dependency_lines, max_output, max_memory })
}

/// Why no proper answer came, as a failure.
fn breakdown(answer: Result<FromWorker, Silence>) -> Failure {
    match answer {
        Err(Silence::Timeout(limit)) => Failure::Timeout { limit },
        Err(Silence::Gone(stderr)) => Failure::Engine { message: format!("evcxr's process is gone; it wrote:\n{stderr}") },
        Err(Silence::Interrupted) => Failure::Engine { message: "interrupted".into() },
        Ok(FromWorker::Broken { message }) => Failure::Engine { message },
        Ok(FromWorker::Ran(run)) => {
            Failure::Engine { message: format!("the notebook could not be begun: {:?}\n{}", run.outcome, run.capture.stderr) }
        }
        Ok(other) => Failure::Engine { message: format!("evcxr's process answered out of turn: {other:?}") },
    }
}

/// What a cell produced, and what was printed before it began that it does not own.
fn record(cell: &CodeCell, run: CellRun, max_output: u64) -> (CellRecord, String) {
    let CellRun { mut capture, command_outputs, outcome } = run;
    capture.stderr = diagnostics::place_panics(&capture.stderr, capture.panic_line);
    let failure = if capture.overflowed {
        Some(Failure::TooMuchOutput { printed: capture.printed, limit: max_output })
    } else if let Some(word) = capture.forged.first() {
        Some(Failure::ControlWord { word: word.clone() })
    } else if let Some(status) = capture.died {
        Some(Failure::Died { status })
    } else if capture.panicked {
        let message = diagnostics::panic_message(&capture.stderr);
        Some(Failure::Panic { message, line: capture.panic_line })
    } else if capture.errored {
        let lines = diagnostics::question_mark_lines(&cell.source);
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
