//! One worker: runs notebooks one after another, each in a process of its own.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rust_cells::dependencies::{DependencySet, Library};
use rust_cells::{AccessLog, CancellationToken, CellOutcome, Chain, Output, ProcessSettings, Session};

use super::ahead;
use super::engine::{Ready, engine_error, set_of};
use super::outcome::Collected;
use crate::engine::{Check, EngineError, Limits, Progress, Run, Worker};
use crate::event::Timing;
use crate::notebook::{CodeCell, Notebook};
use crate::process::environment;
use crate::record::{CellRecord, Failure};

/// How long threads that a cell has left running may take to write late output.
const PATIENCE: Duration = Duration::from_millis(100);

/// How often a worker that waits looks at the token.
const TICK: Duration = Duration::from_millis(20);

/// One worker of the engine.
pub(super) struct RustcWorker<'a> {
    ready: &'a Ready,
}

impl<'a> RustcWorker<'a> {
    pub(super) fn new(ready: &'a Ready) -> RustcWorker<'a> {
        RustcWorker { ready }
    }

    /// A notebook before its first cell.
    fn chain(&self, notebook: &Notebook, directory: &std::path::Path) -> Chain<'a> {
        let (prepared, whole) = (&self.ready.prepared, set_of(notebook));
        let library = move |set: &DependencySet| -> Result<Library, String> {
            let missing = || Err(format!("these crates were not built, as a later line asks for another version:\n{set}"));
            prepared.library(set, &whole).cloned().unwrap_or_else(missing)
        };
        Chain::new(&self.ready.compiler, library, directory, &self.ready.opt_level)
    }

    fn session(&self, run: &Run<'_>, access_log: Option<AccessLog>) -> Result<Session<'a>, EngineError> {
        let directory = directory(run)?;
        let mut environment = environment::plain();
        environment.extend(ProcessSettings::usual_variables());
        environment.extend(run.variables.clone());
        let chain = self.chain(run.notebook, &directory);
        let settings =
            ProcessSettings { directory, environment, max_memory: run.max_memory, access_log, ..ProcessSettings::default() };
        Ok(Session::new(&self.ready.compiler, chain, settings))
    }
}

fn directory(run: &Run<'_>) -> Result<PathBuf, EngineError> {
    let directory = run.notebook.directory();
    directory.canonicalize().map_err(|source| EngineError::Io { action: "enter", path: directory.to_owned(), source })
}

impl Worker for RustcWorker<'_> {
    fn check(&mut self, run: &Run<'_>) -> Result<Check, EngineError> {
        let mut chain = self.chain(run.notebook, &directory(run)?);
        let limit = |cell: &CodeCell| run.allowed(cell).compile;
        let failures = ahead::check(&mut chain, &run.notebook.cells, &limit, &self.ready.token).map_err(engine_error)?;
        Ok(Check::Cells(failures))
    }

    fn run(&mut self, run: &Run<'_>, report: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>) -> Result<(), EngineError> {
        // Where the system has no memory for it, the notebook runs anyway, and runs again the next time.
        let log = AccessLog::new().ok();
        let mut session = self.session(run, log.clone())?;
        if let Err(error) = session.start() {
            let _ = report(Progress::CannotBegin(Failure::Engine { message: error.to_string() }));
            return Ok(());
        }
        let chain = self.chain(run.notebook, &directory(run)?);
        // Compiling ahead ends when this run does, or the user stops it.
        let stop = CancellationToken::default();
        let (sender, compiled) = channel();
        std::thread::scope(|scope| {
            let (cells, limit, ended) = (&run.notebook.cells, |cell: &CodeCell| run.limits(cell).compile, stop.clone());
            scope.spawn(move || ahead::compile(chain, cells, &limit, &ended, sender));
            let ran = self.cells(run, &mut session, &compiled, report);
            stop.cancel();
            if ran.is_ok() {
                let _ = report(Progress::Accessed(log.and_then(|log| log.read().ok())));
            }
            ran
        })
    }
}

impl RustcWorker<'_> {
    fn cells(
        &self,
        run: &Run<'_>,
        session: &mut Session<'_>,
        compiled: &Receiver<()>,
        report: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
    ) -> Result<(), EngineError> {
        for cell in &run.notebook.cells {
            let late = self.late(session);
            if !late.is_empty() && report(Progress::Late(late)).is_break() {
                return Ok(());
            }
            if run.is_over() || report(Progress::Started(cell)).is_break() {
                return Ok(());
            }
            let (record, timing) = self.cell(run, session, compiled, cell)?;
            // The process that holds all variables is gone: every cell after this one would fail without
            // them.
            let is_gone = matches!(record.failure, Some(Failure::Timeout { .. }));
            if report(Progress::Ended(cell, record, timing)).is_break() || is_gone {
                break;
            }
        }
        let late = self.late(session);
        if !late.is_empty() {
            let _ = report(Progress::Late(late));
        }
        Ok(())
    }

    fn cell(
        &self,
        run: &Run<'_>,
        session: &mut Session<'_>,
        compiled: &Receiver<()>,
        cell: &CodeCell,
    ) -> Result<(CellRecord, Timing), EngineError> {
        let (started, Limits { compile, .. }) = (Instant::now(), run.limits(cell));
        self.wait_for(compiled, started + compile)?;
        let waited = started.elapsed();
        let Limits { compile, run: running } = run.limits(cell);
        let limits = rust_cells::Limits { compile: compile.saturating_sub(waited), run: running };
        let mut collected = Collected::default();
        let mut take = |output: Output| collected.take(output, run.max_output);
        let executed = match session.execute(&cell.source, &ahead::label(cell), limits, &self.ready.token, &mut take) {
            Ok(executed) => executed,
            Err(rust_cells::Error::Cancelled) => return Err(EngineError::Interrupted),
            Err(error) => {
                let failure = Some(Failure::Engine { message: error.to_string() });
                return Ok((CellRecord { failure, ..CellRecord::default() }, Timing::default()));
            }
        };
        let timing = Timing { elapsed: started.elapsed(), compile: executed.compile.map(|compile| waited + compile) };
        let outcome = match executed.outcome {
            // The time of the wait is part of the limit.
            CellOutcome::CompileTimeout(_) => CellOutcome::CompileTimeout(compile),
            outcome => outcome,
        };
        Ok((collected.into_record(cell, outcome, run.max_output), timing))
    }

    /// Waits until the next cell is compiled, or will not be.
    fn wait_for(&self, compiled: &Receiver<()>, deadline: Instant) -> Result<(), EngineError> {
        loop {
            match compiled.recv_timeout(TICK) {
                Err(RecvTimeoutError::Timeout) if self.ready.token.is_cancelled() => return Err(EngineError::Interrupted),
                Err(RecvTimeoutError::Timeout) if Instant::now() < deadline => {}
                _ => return Ok(()),
            }
        }
    }

    fn late(&self, session: &mut Session<'_>) -> String {
        let mut collected = Collected::default();
        session.drain(PATIENCE, &mut |output| collected.take(output, 1 << 20));
        collected.into_text()
    }
}
