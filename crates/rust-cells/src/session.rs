//! Compiles and runs cells one after another. Notebooks, kernels and consoles build on this.
//!
//! The main type is [`Session`]. It emits events while a cell is at work, and returns an outcome. It prints
//! nothing.

use std::time::{Duration, Instant};

use crate::cancellation::CancellationToken;
use crate::cell::Cell;
use crate::chain::{Came, Chain, Step, Task};
use crate::commands::Effect;
use crate::compiler::CompiledCell;
use crate::diagnostics::Diagnostic;
use crate::output::Output;
use crate::process::{Ending, Process, ProcessSettings};
use crate::{Compiler, Error, shell};

/// Part of the reason for a lost variable when the process ended between cells.
pub const WHILE_NO_CELL_RAN: &str = "while no cell ran";

/// How long a cell may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// To compile.
    pub compile: Duration,
    /// To run.
    pub run: Duration,
}

/// The outcome of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CellOutcome {
    /// It ran to its end, or left early by `return`.
    Finished,
    /// A command line was refused.
    Refused {
        /// Why, in words for its author.
        message: String,
        /// The line, from 1.
        line: u32,
    },
    /// It does not compile.
    CompileErrors(Vec<Diagnostic>),
    /// It was still being compiled when this time was up.
    CompileTimeout(Duration),
    /// It was still running when this time was up.
    RunTimeout(Duration),
    /// It ran, but did not reach its end.
    Ended(Ending),
}

/// What [`Session::execute`] returns when a cell is over.
#[derive(Clone, Debug)]
pub struct Executed {
    /// The outcome.
    pub outcome: CellOutcome,
    /// How long it took until its code could run. `None` if it never could.
    pub compile: Option<Duration>,
    /// Variables that no longer exist because of what the cell defines, each with the reason.
    pub lost: Vec<(String, String)>,
}

/// A notebook's cells and the process that runs them.
pub struct Session<'a> {
    compiler: &'a Compiler,
    chain: Chain<'a>,
    settings: ProcessSettings,
    process: Option<Process>,
}

impl<'a> Session<'a> {
    /// A session whose cells are compiled by the chain and run in a process with these settings.
    pub fn new(compiler: &'a Compiler, chain: Chain<'a>, settings: ProcessSettings) -> Session<'a> {
        Session { compiler, chain, settings, process: None }
    }

    /// The cells so far.
    pub fn chain(&self) -> &Chain<'a> {
        &self.chain
    }

    /// Starts the process if there is none, so that the first cell does not wait for it. If it ended while
    /// no cell ran, the variables are lost.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&mut self) -> Result<&mut Process, Error> {
        let mut process = self.process.take();
        if let Some(status) = process.as_mut().and_then(Process::has_ended) {
            self.chain.state_mut().lose_variables(&format!("the process that held it ended {WHILE_NO_CELL_RAN}: {status}"));
            process = None;
        }
        let process = match process {
            Some(process) => process,
            None => Process::start(self.compiler, &self.settings)?,
        };
        Ok(self.process.insert(process))
    }

    /// Compiles a cell and runs it. Later messages call it `label`. Its output goes to `emit` as it comes.
    ///
    /// # Errors
    /// When compiling or running breaks down, or the token is cancelled.
    pub fn execute(
        &mut self,
        source: &str,
        label: &str,
        limits: Limits,
        token: &CancellationToken,
        emit: &mut dyn FnMut(Output),
    ) -> Result<Executed, Error> {
        let started = Instant::now();
        let deadline =
            |limit: Duration| Instant::now().checked_add(limit).unwrap_or_else(|| started + Duration::from_secs(1 << 30));
        let over = |outcome: CellOutcome| Executed { outcome, compile: None, lost: Vec::new() };
        // Before it is compiled for variables that may be gone.
        self.start()?;
        let cell = Cell::parse(source);
        let tasks = match self.chain.command_lines(&cell) {
            Ok(tasks) => tasks,
            Err((message, line)) => return Ok(over(CellOutcome::Refused { message, line })),
        };
        if let Some((message, line)) = self.carry_out(tasks, deadline(limits.run), token, emit)? {
            return Ok(over(CellOutcome::Refused { message, line }));
        }
        let compiled = match self.chain.code(&cell, label, deadline(limits.compile), token)? {
            Step::Ready(compiled) => compiled,
            Step::Failed(diagnostics) => return Ok(over(CellOutcome::CompileErrors(diagnostics))),
            Step::TimedOut => return Ok(over(CellOutcome::CompileTimeout(limits.compile))),
            Step::Refused { message, line } => return Ok(over(CellOutcome::Refused { message, line })),
        };
        if self.chain.takes_new_process() {
            self.process = None;
        }
        let compile = Some(started.elapsed());
        let outcome = self.run(&compiled, limits, token, emit)?;
        Ok(Executed { outcome, compile, lost: compiled.lost.clone() })
    }

    fn run(
        &mut self,
        compiled: &CompiledCell,
        limits: Limits,
        token: &CancellationToken,
        emit: &mut dyn FnMut(Output),
    ) -> Result<CellOutcome, Error> {
        if let Some(log) = &self.settings.access_log {
            log.add_sources(&compiled.inputs);
        }
        // If the process has ended since the cell was compiled, the cell ends, too: it may use variables
        // that are gone.
        let process = match self.process.take() {
            Some(process) => process,
            None => Process::start(self.compiler, &self.settings)?,
        };
        let ending = self.process.insert(process).run(compiled, limits.run, token, emit);
        if self.process.as_ref().is_some_and(Process::is_gone) {
            self.process = None;
        }
        let ending = match ending {
            Ok(ending) => ending,
            Err(error) => {
                self.chain.state_mut().lose_variables("the process that held it was ended");
                return Err(error);
            }
        };
        let came = if ending == Ending::Finished { Came::ToItsEnd } else { Came::NotToItsEnd };
        self.chain.proceed(compiled, came);
        Ok(match ending {
            Ending::Finished | Ending::Returned => CellOutcome::Finished,
            Ending::Died { ref status } => {
                self.chain.state_mut().lose_variables(&format!("the process that held it ended: {status}"));
                CellOutcome::Ended(ending)
            }
            Ending::TimedOut => {
                self.chain.state_mut().lose_variables("the process that held it was ended, as its time was up");
                CellOutcome::RunTimeout(limits.run)
            }
            ending => CellOutcome::Ended(ending),
        })
    }

    /// Does what command lines ask for. Returns the error of the first that fails.
    fn carry_out(
        &mut self,
        tasks: Vec<Task>,
        deadline: Instant,
        token: &CancellationToken,
        emit: &mut dyn FnMut(Output),
    ) -> Result<Option<(String, u32)>, Error> {
        let (mut text, mut html) = (String::new(), String::new());
        let say = |text: &mut String, line: &str| {
            text.push_str(line);
            if !line.ends_with('\n') {
                text.push('\n');
            }
        };
        for task in tasks {
            match task {
                Task::Effect(Effect::None) => {}
                Task::Effect(Effect::Say(line)) => say(&mut text, &line),
                Task::Effect(Effect::Table(plain, rich)) => {
                    say(&mut text, &plain);
                    html.push_str(&rich);
                }
                Task::Effect(Effect::SetVariable { name, value }) => {
                    self.settings.environment.insert(name.clone(), value.clone());
                    if let Some(process) = &mut self.process {
                        process.set_variable(&name, &value)?;
                    }
                    say(&mut text, &format!("Set {name}={value}"));
                }
                Task::Effect(Effect::Clear) => self.process = None,
                Task::Effect(Effect::Restart) => {
                    self.process = None;
                    self.chain.state_mut().lose_variables("`:restart` ended the process that held it");
                    say(&mut text, "Child process restarted");
                }
                Task::Effect(Effect::Explain(code)) => say(&mut text, &self.explain(&code)?),
                Task::Shell { command, line } => match self.shell(&command, deadline, token)? {
                    shell::Ended::Well(said) => text.push_str(&said),
                    shell::Ended::Badly(message) => return Ok(Some((message, line))),
                },
            }
        }
        let mut display = std::collections::BTreeMap::new();
        if !text.is_empty() {
            display.insert("text/plain".to_owned(), text);
        }
        if !html.is_empty() {
            display.insert("text/html".to_owned(), html);
        }
        if !display.is_empty() {
            emit(Output::Display(display));
        }
        Ok(None)
    }

    fn explain(&self, code: &str) -> Result<String, Error> {
        let toolchain = self.compiler.toolchain();
        let output = toolchain
            .command(&toolchain.rustc)
            .args(["--explain", code])
            .output()
            .map_err(|source| Error::Program { program: toolchain.rustc.display().to_string(), source })?;
        let said = if output.status.success() { output.stdout } else { output.stderr };
        Ok(String::from_utf8_lossy(&said).into_owned())
    }

    /// Runs a shell line in the environment of the cells.
    fn shell(&self, line: &str, deadline: Instant, token: &CancellationToken) -> Result<shell::Ended, Error> {
        if let Some(log) = &self.settings.access_log {
            log.add_program(line);
        }
        let place = shell::Place {
            program: self.compiler.program(),
            environment: &self.settings.environment,
            directory: self.chain.directory(),
        };
        shell::run(line, place, deadline, token)
    }

    /// Reads the output since the last cell ended, from threads and tasks in the background. Threads that
    /// the cell has left running get this long to write something.
    pub fn drain(&mut self, patience: Duration, emit: &mut dyn FnMut(Output)) {
        if let Some(process) = &mut self.process {
            process.drain(patience, emit);
        }
    }
}
