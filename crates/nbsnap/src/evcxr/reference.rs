//! The reference engine: notebooks run by evcxr itself, cell by cell, as evcxr_jupyter runs them.
//!
//! The main type is [`Evcxr`]. It turns what evcxr and the relay saw of a cell into a [`CellRecord`]; evcxr's own verdict is
//! not enough, as it calls a cell that panicked or whose `?` failed a success.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::diagnostics;
use super::fused::Fused;
use super::host::{Host, Limits, Silence};
use super::prepare::{Preparation, cargo, prepare};
use super::protocol::{CellRun, FromWorker, Outcome, Session, ToWorker};
use super::slot::{BuildSettings, Slot};
use super::toolchain::{self, Toolchain};
use crate::engine::{Engine, EngineError, Interrupt, Look, Progress, Run, Trust};
use crate::event::Event;
use crate::notebook::{CodeCell, Notebook};
use crate::record::{CellRecord, Failure};

/// How long opening or closing a notebook may take: evcxr starts a process and compiles one trivial cell.
const OPEN_LIMITS: Limits = Limits { compile: Duration::from_secs(300), run: Duration::from_secs(60) };

/// Plain variables of the machine that a notebook's process gets. Everything else could change a verdict.
const PLAIN_VARIABLES: &[&str] = &["PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];

/// Where and how the engine builds.
#[derive(Clone, Debug)]
pub struct EvcxrSettings {
    /// Folder for builds, kept between runs.
    pub cache: PathBuf,
    /// The committed lock file of the notebooks' dependencies.
    pub lock_file: PathBuf,
    /// Whether that file may be written when it does not fit.
    pub may_write_lock: bool,
    /// Cargo's `opt-level` for cells and dependencies.
    pub opt_level: String,
    /// Crates built at opt-level 3 all the same.
    pub optimized: Vec<String>,
    /// How far it counts what comes of a notebook that is run as one program, without evcxr.
    pub fused: Trust,
    /// Tells that the user wants to stop.
    pub interrupt: Interrupt,
}

/// The reference engine.
pub struct Evcxr {
    settings: EvcxrSettings,
    slot: Option<Slot>,
    toolchain: Option<Toolchain>,
    sources: Vec<PathBuf>,
    host: Option<Host>,
}

impl Evcxr {
    /// An engine that has not started anything yet.
    pub fn new(settings: EvcxrSettings) -> Evcxr {
        Evcxr { settings, slot: None, toolchain: None, sources: Vec::new(), host: None }
    }

    /// The worker, started if there is none.
    fn host(&mut self) -> Result<&mut Host, EngineError> {
        let (Some(slot), Some(toolchain)) = (&self.slot, &self.toolchain) else {
            return Err(EngineError::Start { message: "the engine was not prepared".into() });
        };
        if self.host.is_none() {
            let (opt_level, interrupt) = (&self.settings.opt_level, &self.settings.interrupt);
            self.host = Some(Host::start(toolchain, &slot.crate_dir(), opt_level, interrupt)?);
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

impl Engine for Evcxr {
    fn name(&self) -> &'static str {
        match self.settings.fused {
            Trust::Never => "evcxr",
            Trust::AsRecorded => "fused, and evcxr where that is not green",
            Trust::Always => "fused, and evcxr where that declines",
        }
    }

    fn fingerprint(&self) -> Result<BTreeMap<String, String>, EngineError> {
        let own = |source| EngineError::Io { action: "look at", path: "the runner's own program".into(), source };
        let program = std::env::current_exe().and_then(std::fs::metadata).map_err(own)?;
        let changed = program.modified().map_err(own)?;
        let runner = format!("{} {} {changed:?}", env!("CARGO_PKG_VERSION"), program.len());
        let parts = [("engine", self.name().to_owned()), ("runner", runner), ("toolchain", toolchain::version()?)];
        Ok(parts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn sources(&self) -> &[PathBuf] {
        &self.sources
    }

    fn trust(&self) -> Trust {
        self.settings.fused
    }

    fn shortcut(&mut self, run: &Run<'_>) -> Result<Look, EngineError> {
        let (Some(slot), Some(toolchain)) = (&self.slot, &self.toolchain) else {
            return Err(EngineError::Start { message: "the engine was not prepared".into() });
        };
        let session = session(run)?;
        let (opt_level, interrupt) = (self.settings.opt_level.as_str(), &self.settings.interrupt);
        Fused { slot, cargo: &|| cargo(slot, toolchain), run, session: &session, opt_level, interrupt }.look()
    }

    fn prepare(&mut self, all: &[Notebook], selected: &[Notebook], emit: &mut dyn FnMut(Event)) -> Result<(), EngineError> {
        let toolchain = Toolchain::find(emit)?;
        let slot = Slot::lock(&self.settings.cache, || {
            emit(Event::Notice { message: "another run is using the build folder: waiting for it to end".into() });
        })?;
        let preparation = Preparation {
            slot: &slot,
            toolchain: &toolchain,
            settings: &BuildSettings { opt_level: self.settings.opt_level.clone(), optimized: self.settings.optimized.clone() },
            lock_file: &self.settings.lock_file,
            may_write_lock: self.settings.may_write_lock,
            interrupt: &self.settings.interrupt,
        };
        self.sources = prepare(&preparation, all, selected, emit)?;
        self.slot = Some(slot);
        self.toolchain = Some(toolchain);
        Ok(())
    }

    fn run(&mut self, run: &Run<'_>, report: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>) -> Result<(), EngineError> {
        let session = session(run)?;
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
            if report(Progress::Started(cell)).is_break() {
                break;
            }
            let started = Instant::now();
            let limits = Limits { compile: run.compile_timeout, run: run.cell_timeout };
            let answer = self.ask(&ToWorker::Run { source: cell.source.clone() }, limits)?;
            let gone = answer.is_err();
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
            if report(Progress::Ended(cell, record, started.elapsed())).is_break() || gone {
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
    Ok(Session { directory, environment, dependency_lines: run.notebook.dependency_lines(), max_output: run.max_output })
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
    let record = CellRecord { stdout: capture.stdout, stderr: capture.stderr, outputs, failure };
    (record, capture.late.text)
}
