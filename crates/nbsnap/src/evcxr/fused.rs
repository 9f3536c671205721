//! A quick look at a notebook: run as one program, it takes a second or two where evcxr takes half a minute.
//!
//! The main type is [`Fused`]. `cell` and `kind` take cells apart, `names`, `flow` and `commands` say what one program cannot mean as evcxr means it,
//! `program`, `scope`, `block` and `carried` write it, `messages` reads what rustc says of it, `watch` and `records` what it prints. A notebook that is declined is declined before
//! anything of it runs, but for what only running shows.

mod block;
mod carried;
mod cell;
mod commands;
mod declined;
mod flow;
mod kind;
mod messages;
mod names;
mod places;
mod program;
mod records;
mod scope;
mod watch;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use self::cell::Cell;
use self::declined::Declined;
use self::messages::Message;
use self::places::{Place, Text};
use self::program::{BOUNDARY_VARIABLE, Plan, Script};
use super::protocol::Session;
use super::rustc::{Crate, Kind, RustcCall};
use super::slot::{Slot, member_name};
use super::{process, role};
use crate::engine::{Check, EngineError, Interrupt, Look, Run};
use crate::event::Timing;
use crate::notebook::{CodeCell, Notebook};
use crate::record::{CellRecord, Diagnostic, Failure};

/// The program that the engine `fused` compiles for a notebook, to look at.
///
/// # Errors
/// Why the engine declines the notebook, as half a sentence.
pub fn fused_program(notebook: &Notebook) -> Result<String, String> {
    let script = Script::read(notebook, "0").map_err(|declined| declined.to_string())?;
    Ok(script.program(&Plan { last: notebook.cells.len(), ..Plan::default() }).text)
}

/// What a look at a notebook needs.
pub(crate) struct Fused<'a> {
    pub(crate) slot: &'a Slot,
    /// How to compile with what the notebook depends on.
    pub(crate) call: &'a RustcCall,
    pub(crate) run: &'a Run<'a>,
    pub(crate) session: &'a Session,
    /// Cargo's opt-level for cells.
    pub(crate) opt_level: &'a str,
    pub(crate) interrupt: &'a Interrupt,
}

/// What building came to.
enum Built {
    Program(PathBuf),
    Errors(Vec<Message>),
}

/// Why there is no record.
enum Stop {
    Declined(Declined),
    Engine(EngineError),
}

impl From<Declined> for Stop {
    fn from(declined: Declined) -> Stop {
        Stop::Declined(declined)
    }
}

impl From<EngineError> for Stop {
    fn from(error: EngineError) -> Stop {
        Stop::Engine(error)
    }
}

impl Fused<'_> {
    /// Runs the notebook as one program.
    pub(crate) fn look(&self, begins: &mut dyn FnMut(&CodeCell)) -> Result<Look, EngineError> {
        match self.try_look(begins) {
            Ok(records) if self.interrupt.is_set() => Ok(Look::Interrupted(records)),
            Ok(records) => Ok(Look::Records(records)),
            Err(Stop::Declined(declined)) => Ok(Look::Declined(declined.to_string())),
            Err(Stop::Engine(error)) => Err(error),
        }
    }

    /// Compiles the notebook as one program and runs nothing of it.
    pub(crate) fn check(&self) -> Result<Check, EngineError> {
        let mut failures = BTreeMap::new();
        let script = Script::read(self.run.notebook, self.opt_level).map_err(Stop::from);
        match script.and_then(|script| self.settle(&script, &mut failures)) {
            Ok(_) => Ok(Check::Cells(failures)),
            Err(Stop::Declined(declined)) => Ok(Check::Declined(declined.to_string())),
            Err(Stop::Engine(error)) => Err(error),
        }
    }

    fn try_look(&self, begins: &mut dyn FnMut(&CodeCell)) -> Result<Vec<(CellRecord, Timing)>, Stop> {
        let script = Script::read(self.run.notebook, self.opt_level)?;
        let mut failures: BTreeMap<usize, Failure> = BTreeMap::new();
        let (plan, text, program) = self.settle(&script, &mut failures)?;
        let written: Vec<&Cell> = script.running(&plan).collect();
        let mut ran = if written.is_empty() { Vec::new() } else { self.execute(program, &text, &written, begins)? }.into_iter();
        let mut records = Vec::new();
        for cell in &script.cells {
            let record = match failures.remove(&cell.number) {
                Some(failure) => Some((CellRecord { failure: Some(failure), ..CellRecord::default() }, Timing::default())),
                None if cell.number <= plan.last => ran.next(),
                None => None,
            };
            let Some((record, timing)) = record else { break };
            let over = records::ends_notebook(cell, &record);
            records.push((record, timing));
            if over {
                break;
            }
        }
        Ok(records)
    }

    /// Finds the cells that fail before they run, and builds the program of the others, up to the first that was not meant to fail.
    fn settle(&self, script: &Script, failures: &mut BTreeMap<usize, Failure>) -> Result<(Plan, Text, PathBuf), Stop> {
        let all = script.cells.len();
        let mut plan = Plan { last: all, ..Plan::default() };
        let mut stop = all;
        loop {
            // Cells that rustc cannot read, or evcxr does not let it read, spoil the program: they are looked at when all before them is well.
            let spoiled = |cell: &&Cell| {
                (cell.broken || script.refused_lines(cell.number).is_some()) && !failures.contains_key(&cell.number)
            };
            let spoiled = script.cells.iter().find(spoiled).filter(|cell| cell.number <= stop);
            plan.last = spoiled.map_or(stop, |cell| cell.number - 1);
            plan.without = failures.keys().copied().collect();
            let (number, failure) = match self.build(script, &mut plan)? {
                (_, Built::Errors(messages)) => {
                    let number = first_cell(&messages)?;
                    match self.diagnose(script, &plan, number, messages)? {
                        Some(failure) => (number, failure),
                        // With all names that earlier cells have brought it compiles: it uses some that it does not mention.
                        None => {
                            plan.wide.insert(number);
                            continue;
                        }
                    }
                }
                (text, Built::Program(program)) => {
                    let refused = (1..=plan.last).filter(|number| !failures.contains_key(number));
                    let refused = refused.filter_map(|number| Some((number, script.refused_variable(number)?))).next();
                    match (refused, spoiled) {
                        (Some(refused), _) => refused,
                        (None, Some(cell)) => match script.refused_lines(cell.number) {
                            Some(failure) => (cell.number, failure.clone()),
                            None => match self.diagnose(script, &plan, cell.number, Vec::new())? {
                                Some(failure) => (cell.number, failure),
                                None => return Err(without_words(cell.number).into()),
                            },
                        },
                        (None, None) => {
                            flow::check_lost(script.running(&plan))?;
                            return Ok((plan, text, program));
                        }
                    }
                }
            };
            if !script.cells[number - 1].must_raise {
                stop = number - 1;
                failures.retain(|known, _| *known < number);
            }
            failures.insert(number, failure);
        }
    }

    /// What rustc says of a cell when it is the last one, and stands as it was written; `None` if that is nothing because all names are known to it.
    /// `known` is what rustc says otherwise.
    fn diagnose(&self, script: &Script, plan: &Plan, number: usize, known: Vec<Message>) -> Result<Option<Failure>, Stop> {
        let mut plan = Plan { last: number, plain: true, ..plan.clone() };
        let of_cell = |messages: Vec<Message>| -> Vec<Diagnostic> {
            let mut diagnostics: Vec<Diagnostic> = Vec::new();
            // What rustc cannot read it may only see the end of.
            let broken = script.cells[number - 1].broken;
            let about = |message: &Message| message.cell.map_or(broken, |cell| cell == number);
            // A cell that is not understood is not made one that may await: that it awaits is no mistake of its own.
            let meant = |message: &Message| !(broken && message.awaits);
            for message in messages.into_iter().filter(about).filter(meant) {
                if !diagnostics.contains(&message.diagnostic) {
                    diagnostics.push(message.diagnostic);
                }
            }
            diagnostics
        };
        let mut diagnostics = match self.build(script, &mut plan)?.1 {
            Built::Errors(messages) => of_cell(messages),
            Built::Program(_) if !plan.wide.contains(&number) && known.iter().any(|message| message.about_names) => {
                return Ok(None);
            }
            Built::Program(_) => Vec::new(),
        };
        if diagnostics.is_empty() {
            diagnostics = of_cell(known);
        }
        if diagnostics.is_empty() {
            return Err(without_words(number).into());
        }
        Ok(Some(Failure::Compile { diagnostics }))
    }

    /// Builds a program, and again where a last expression has no display of its own.
    fn build(&self, script: &Script, plan: &mut Plan) -> Result<(Text, Built), Stop> {
        loop {
            let text = script.program(plan);
            self.slot.write_program(&text.text)?;
            let messages = match self.compile()? {
                Compiled::Program(program) => return Ok((text, Built::Program(program))),
                Compiled::Errors(messages) => messages,
            };
            let shown = |number: usize, place: Place| script.cells[number - 1].shows(place);
            let messages: Vec<Message> = messages.iter().filter_map(|message| messages::read(message, &text, &shown)).collect();
            let learnt = |plan: &Plan| plan.undisplayed.len() + plan.unkept.len() + plan.awaiting.len();
            let before = learnt(plan);
            for message in &messages {
                let Some(cell) = message.cell else { continue };
                if message.about_display {
                    plan.undisplayed.insert(cell);
                }
                if message.awaits {
                    plan.awaiting.insert(cell);
                }
                plan.unkept.extend(message.unkept.clone().map(|variable| (cell, variable)));
            }
            if before == learnt(plan) {
                return Ok((text, Built::Errors(messages)));
            }
        }
    }

    fn compile(&self) -> Result<Compiled, Stop> {
        let package = self.slot.program_dir();
        let out = package.join("out");
        std::fs::create_dir_all(&out).map_err(|source| EngineError::Io { action: "create", path: out.clone(), source })?;
        let krate = Crate { name: "fused", package: &package, source: "src/main.rs", out: &out, kind: Kind::Program };
        let mut command = self.call.command(krate);
        // An edit leaves most of a program as it was. One folder a notebook: rustc keeps what belongs to the last program only.
        let kept = package.join("incremental").join(member_name(&self.run.notebook.name));
        command.arg(format!("-Cincremental={}", kept.display()));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0).spawn();
        let Ok(mut child) = child else { return Err(Declined::notebook("rustc cannot be started").into()) };
        let lines = BufReader::new(child.stderr.take().expect("stderr was asked for as a pipe"));
        let messages = std::thread::spawn(move || {
            let messages = lines.lines().map_while(Result::ok).filter_map(|line| serde_json::from_str::<Value>(&line).ok());
            messages.filter(|message| message["$message_type"] == "diagnostic").collect::<Vec<Value>>()
        });
        let Some(success) = wait(&mut child, self.run.compile_timeout, self.interrupt)? else {
            return Err(Declined::notebook("the program takes longer to compile than a cell may").into());
        };
        match success {
            true => Ok(Compiled::Program(out.join("fused"))),
            false => Ok(Compiled::Errors(messages.join().unwrap_or_default())),
        }
    }

    fn execute(
        &self,
        program: PathBuf,
        text: &Text,
        cells: &[&Cell],
        begins: &mut dyn FnMut(&CodeCell),
    ) -> Result<Vec<(CellRecord, Timing)>, Stop> {
        let boundary = super::relay::new_boundary().map_err(|source| EngineError::Io {
            action: "read",
            path: "/dev/urandom".into(),
            source,
        })?;
        let mut command = Command::new(&program);
        command
            .env_clear()
            .envs(&self.session.environment)
            .env(BOUNDARY_VARIABLE, &boundary)
            .current_dir(&self.session.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let max_memory = self.run.max_memory;
        // SAFETY: between fork and exec these make a few system calls and touch no memory.
        unsafe {
            command.pre_exec(move || {
                role::end_with_parent()?;
                role::no_core_dump()?;
                max_memory.map_or(Ok(()), role::limit_memory)
            })
        };
        let mut child =
            command.spawn().map_err(|source| EngineError::Program { program: program.display().to_string(), source })?;
        let max_output = self.run.max_output;
        let written: Vec<&CodeCell> = cells.iter().map(|cell| &self.run.notebook.cells[cell.number - 1]).collect();
        // As they are before the first cell begins, for whoever is told that one was too slow.
        let limits: Vec<Duration> = written.iter().map(|cell| self.run.limits(cell).run).collect();
        let mut limit_of = |place: usize| match written.get(place) {
            Some(cell) => {
                begins(cell);
                self.run.limits(cell).run
            }
            None => self.run.cell_timeout,
        };
        let watched = watch::watch(&mut child, &boundary, &mut limit_of, max_output, self.interrupt);
        records::records(watched, text, cells, &limits, max_output).map_err(|declined| declined.seen().into())
    }
}

enum Compiled {
    Program(PathBuf),
    /// rustc's messages.
    Errors(Vec<Value>),
}

fn without_words(number: usize) -> Declined {
    Declined::cell(number, "is refused by rustc in words that are about no line of it")
}

/// The first cell that rustc complains of.
fn first_cell(messages: &[Message]) -> Result<usize, Declined> {
    match messages.iter().filter_map(|message| message.cell).min() {
        Some(number) => Ok(number),
        None => {
            let words = messages.first().map_or("it does not build", |message| message.diagnostic.message.as_str());
            Err(Declined::notebook(format!("as one program it does not compile: {words}")))
        }
    }
}

/// Whether a process ended well; `None` if its time was up.
fn wait(child: &mut Child, limit: Duration, interrupt: &Interrupt) -> Result<Option<bool>, EngineError> {
    let deadline = Instant::now() + limit;
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Ok(Some(status.success()));
        }
        if interrupt.is_set() || Instant::now() > deadline {
            process::kill_group(child);
            let _ = child.wait();
            return if interrupt.is_set() { Err(EngineError::Interrupted) } else { Ok(None) };
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
