//! Compiles cells one after another, each against the results of those before it.
//!
//! The main type is [`Chain`]. It never runs a cell. So a notebook can be checked, or compiled ahead of its
//! run.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::cancellation::CancellationToken;
use crate::cell::{Cell, CommandLine};
use crate::commands::{self, Effect};
use crate::compiler::{Compilation, CompileRequest, CompiledCell, Compiler, Unfinished, Until};
use crate::dependencies::{DependencySet, Library};
use crate::diagnostics::Diagnostic;
use crate::state::State;
use crate::{Error, types};

/// Where libraries come from.
pub trait LibrarySource: Send {
    /// A library that covers this set.
    ///
    /// # Errors
    /// When there is no such library, in words for the author of the `:dep` line.
    fn library(&mut self, set: &DependencySet) -> Result<Library, String>;
}

impl<F: FnMut(&DependencySet) -> Result<Library, String> + Send> LibrarySource for F {
    fn library(&mut self, set: &DependencySet) -> Result<Library, String> {
        self(set)
    }
}

/// The results of the cells so far.
pub struct Chain<'a> {
    compiler: &'a Compiler,
    libraries: Box<dyn LibrarySource + 'a>,
    directory: PathBuf,
    state: State,
    library: Library,
    last_error: Option<String>,
    first_state: State,
    /// The process that has run cells so far cannot load what cells are compiled with now.
    needs_new_process: bool,
}

/// What evcxr brings when a cell first awaits.
const TOKIO: &str = r#"tokio = { version = "1.34.0", features = ["rt", "rt-multi-thread", "time"] }"#;

/// All dependencies of the cells in one set. A library that covers it serves every cell, so no cell waits
/// for another library. Refused lines are left out; their cell refuses them again.
pub fn dependencies_of<'s>(sources: impl IntoIterator<Item = &'s str>, directory: &Path) -> DependencySet {
    dependency_stages(sources, directory).pop().unwrap_or_default()
}

/// The sets of dependencies that the cells ask for, one after another. There are several if a later cell
/// asks for another version of a crate than an earlier one. A set that a later one covers is left out.
pub fn dependency_stages<'s>(sources: impl IntoIterator<Item = &'s str>, directory: &Path) -> Vec<DependencySet> {
    let (mut set, mut awaits, mut names) = (DependencySet::default(), false, false);
    let mut stages = Vec::new();
    for source in sources {
        let cell = Cell::parse(source);
        for line in &cell.lines {
            if let CommandLine::Command { name, arguments: Some(arguments), .. } = line
                && name == ":dep"
            {
                let _ = set.add(arguments, directory);
            }
        }
        awaits |= cell.awaits;
        names |= awaits && cell.parts.iter().any(|part| part.mentions.contains("tokio"));
        if names && !set.has("tokio") {
            let _ = set.add(TOKIO, directory);
        }
        if stages.last() != Some(&set) {
            stages.push(set.clone());
        }
    }
    stages.retain(|stage| *stage == set || !set.covers(stage));
    stages.dedup();
    stages
}

/// The crate that a `:dep` line asks for.
fn asked_crate(arguments: &str) -> &str {
    arguments.split('=').next().unwrap_or_default().trim()
}

/// The result of compiling a cell.
#[derive(Debug)]
pub enum Step {
    /// A command line was refused.
    Refused {
        /// The reason, in words for the author.
        message: String,
        /// The line, from 1.
        line: u32,
    },
    /// The code does not compile.
    Failed(Vec<Diagnostic>),
    /// It was still being compiled when its time was up.
    TimedOut,
    /// The code can be run.
    Ready(Box<CompiledCell>),
}

/// A task for a cell's command lines, to be done in order before its code runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Effect(Effect),
    Shell { command: String, line: u32 },
}

/// Whether a cell that ran reached its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// It did.
    ToItsEnd,
    /// It panicked, failed, was cancelled or returned early.
    NotToItsEnd,
}

impl<'a> Chain<'a> {
    /// A notebook before its first cell. Relative paths begin at `directory`.
    pub fn new(compiler: &'a Compiler, libraries: impl LibrarySource + 'a, directory: &Path, opt_level: &str) -> Chain<'a> {
        let state = State::new(opt_level);
        Chain {
            compiler,
            libraries: Box::new(libraries),
            directory: directory.to_owned(),
            first_state: state.clone(),
            state,
            library: Library::none(),
            last_error: None,
            needs_new_process: false,
        }
    }

    /// What cells have defined.
    pub fn state(&self) -> &State {
        &self.state
    }

    pub(crate) fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// What the cells are compiled with.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// Whether a new process must start before the next cell runs. Answers `true` once.
    pub(crate) fn takes_new_process(&mut self) -> bool {
        std::mem::take(&mut self.needs_new_process)
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.state = self.first_state.clone();
    }

    /// Compiles the next cell. [`Chain::proceed`] then says what became of it.
    ///
    /// # Errors
    /// When rustc cannot be run, or the token is cancelled.
    pub fn compile(&mut self, source: &str, label: &str, deadline: Instant, token: &CancellationToken) -> Result<Step, Error> {
        let cell = Cell::parse(source);
        match self.command_lines(&cell) {
            Ok(_) => self.code(&cell, label, deadline, token),
            Err((message, line)) => Ok(Step::Refused { message, line }),
        }
    }

    /// Compiles the next cell until rustc has checked it. The chain can proceed, and begin the cell after it,
    /// while rustc makes the library.
    ///
    /// # Errors
    /// When rustc cannot be run, or the token is cancelled.
    pub fn begin(
        &mut self,
        source: &str,
        label: &str,
        deadline: Instant,
        token: &CancellationToken,
    ) -> Result<(Step, Option<Unfinished>), Error> {
        let cell = Cell::parse(source);
        if let Err((message, line)) = self.command_lines(&cell) {
            return Ok((Step::Refused { message, line }, None));
        }
        self.code_until(&cell, label, deadline, token, Until::Checked)
    }

    /// Carries out the part of the command lines that the compiler needs. Returns the other tasks.
    pub(crate) fn command_lines(&mut self, cell: &Cell) -> Result<Vec<Task>, (String, u32)> {
        let before = (self.state.clone(), self.library.clone());
        let tasks = self.try_command_lines(cell);
        if tasks.is_err() {
            // When one command of a cell is refused, all that its commands have set is undone.
            (self.state, self.library) = before;
        }
        tasks
    }

    fn try_command_lines(&mut self, cell: &Cell) -> Result<Vec<Task>, (String, u32)> {
        let mut tasks = Vec::new();
        let mut asked: Vec<(&str, u32)> = Vec::new();
        for line in &cell.lines {
            match line {
                CommandLine::Shell { command, line } => tasks.push(Task::Shell { command: command.clone(), line: *line }),
                CommandLine::Command { name, arguments, line } => {
                    let toolchain = self.compiler.toolchain().name();
                    let (directory, last) = (&self.directory, self.last_error.as_deref());
                    let effect = commands::carry_out(&mut self.state, name, arguments.as_deref(), directory, toolchain, last)
                        .map_err(|message| (message, *line))?;
                    if effect == Effect::Clear {
                        self.clear();
                    }
                    if name == ":dep" {
                        asked.push((arguments.as_deref().unwrap_or_default(), *line));
                    }
                    tasks.push(Task::Effect(effect));
                }
            }
        }
        // All lines of a cell are taken together. If a crate is asked for twice, the last line wins.
        if let Some(&(_, first)) = asked.first() {
            self.depend().map_err(|message| {
                let named = asked.iter().find(|(arguments, _)| message.contains(&format!("`{}`", asked_crate(arguments))));
                let line = named.map_or(first, |(_, line)| *line);
                (message, line)
            })?;
        }
        Ok(tasks)
    }

    /// evcxr adds tokio when a cell first awaits. So notebooks that await may name it without a `:dep`.
    fn depend_on_tokio(&mut self, cell: &Cell) -> Result<(), String> {
        self.state.awaits |= cell.awaits;
        let names = cell.parts.iter().any(|part| part.mentions.contains("tokio"));
        if self.state.awaits && names && !self.state.dependencies.has("tokio") {
            self.state.dependencies.add(TOKIO, &self.directory)?;
            self.depend()?;
        }
        Ok(())
    }

    /// Gets a library that covers what is asked for now.
    fn depend(&mut self) -> Result<(), String> {
        if self.library.set().covers(&self.state.dependencies) {
            return Ok(());
        }
        let library = self.libraries.library(&self.state.dependencies)?;
        let is_layer = library.base.as_deref() == Some(self.library.digest());
        if library.digest() != self.library.digest() && self.library.crate_name.is_some() && !is_layer {
            // Another library has its own copies of crates, so values from the old library have different
            // types.
            let is_foreign = |ty: &str| {
                let is_standard =
                    |path: &String| ["::std::", "::core::", "::alloc::"].iter().any(|known| path.starts_with(known));
                let needed = self.state.items.rests_on(&crate::cell::mentions_in_text(ty));
                types::paths(ty).iter().any(|path| !is_standard(path))
                    || self.library.set().crate_names().any(|name| needed.contains(&name))
            };
            let lost: Vec<String> = self
                .state
                .variables
                .iter()
                .filter(|(_, variable)| is_foreign(&variable.ty))
                .map(|(name, _)| name.clone())
                .collect();
            if library.collides_with(&self.library) {
                self.needs_new_process = true;
                self.state
                    .lose_variables("a later `:dep` built crates anew that its process had loaded, so the process was ended");
            }
            for name in lost.into_iter().filter(|name| !self.state.lost.contains_key(name)).collect::<Vec<_>>() {
                self.state.variables_mut().remove(&name);
                self.state.lost.insert(name, "a later `:dep` built the crates anew that its type is from".to_owned());
            }
        }
        self.library = library;
        Ok(())
    }

    /// Compiles the code after the command lines.
    pub(crate) fn code(&mut self, cell: &Cell, label: &str, deadline: Instant, token: &CancellationToken) -> Result<Step, Error> {
        self.code_until(cell, label, deadline, token, Until::Made).map(|(step, _)| step)
    }

    fn code_until(
        &mut self,
        cell: &Cell,
        label: &str,
        deadline: Instant,
        token: &CancellationToken,
        until: Until,
    ) -> Result<(Step, Option<Unfinished>), Error> {
        if let Err(message) = self.depend_on_tokio(cell) {
            return Ok((Step::Refused { message, line: 1 }, None));
        }
        let request = CompileRequest {
            state: &self.state,
            cell,
            label,
            directory: &self.directory,
            library: &self.library,
            deadline,
            token,
        };
        let (compilation, unfinished) = self.compiler.compile(request, until)?;
        let step = match compilation {
            Compilation::Ready(compiled) => Step::Ready(compiled),
            Compilation::TimedOut => Step::TimedOut,
            Compilation::Failed(diagnostics) => {
                self.last_error = diagnostics.iter().find_map(|diagnostic| diagnostic.code.clone()).or(self.last_error.take());
                Step::Failed(diagnostics)
            }
        };
        Ok((step, unfinished))
    }

    /// Goes on behind a cell.
    pub fn proceed(&mut self, cell: &CompiledCell, came: Came) {
        self.state = match came {
            Came::ToItsEnd => cell.after.clone(),
            Came::NotToItsEnd => cell.after_failure.clone(),
        };
    }
}
