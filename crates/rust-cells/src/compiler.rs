//! Compiles cells: from a state and a cell to a library, and the state after it.
//!
//! The main type is [`Compiler`]. It tries a plan, reads rustc's messages, and tries another plan if they
//! suggest one. It runs nothing. Results are kept by what they depend on, so the same cell after the same
//! cells is compiled once.

mod private;
mod ready;
mod unfinished;
mod verdict;
mod work;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crate::artefacts::Artefacts;
use crate::cancellation::CancellationToken;
use crate::cell::Cell;
use crate::dependencies::{Inputs, Library};
use crate::diagnostics::Diagnostic;
use crate::runtime_files::RuntimeFiles;
use crate::state::State;
use crate::{Error, Toolchain};

use work::Work;

pub use unfinished::{Finished, Unfinished};
pub(crate) use work::Until;

/// Compiles cells with one toolchain.
#[derive(Clone, Debug)]
pub struct Compiler {
    toolchain: Toolchain,
    runtime: RuntimeFiles,
    artefacts: Artefacts,
}

/// A cell to compile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CompileRequest<'a> {
    /// The state before it.
    pub(crate) state: &'a State,
    /// The cell.
    pub(crate) cell: &'a Cell,
    /// What messages of later cells call it: `cell 3`.
    pub(crate) label: &'a str,
    /// The notebook's folder, in which included files are looked for.
    pub(crate) directory: &'a Path,
    /// What it depends on. It has to cover what the state has asked for.
    pub(crate) library: &'a Library,
    /// When compiling must be done.
    pub(crate) deadline: Instant,
    /// Stops compiling.
    pub(crate) token: &'a CancellationToken,
}

/// What became of a cell.
#[derive(Clone, Debug)]
pub(crate) enum Compilation {
    /// It can be run.
    Ready(Box<CompiledCell>),
    /// It does not compile; this is why.
    Failed(Vec<Diagnostic>),
    /// It was still being compiled when its time was up.
    TimedOut,
}

/// A cell that can be run.
#[derive(Clone, Debug)]
pub struct CompiledCell {
    /// Its shared object. `None` if there is nothing to run.
    pub(crate) library: Option<PathBuf>,
    /// Shared objects that must be loaded before, since they contain statics that it uses.
    pub(crate) providers: Vec<PathBuf>,
    /// Which generated lines are which lines of which cell: first, last, line, label.
    pub(crate) lines: Vec<(u32, u32, u32, String)>,
    /// Variables that no later cell can reach, dropped before it runs.
    pub(crate) discarded: Vec<String>,
    /// The files and variables that rustc read for it.
    pub(crate) inputs: Inputs,
    /// Whether its value shows itself.
    pub(crate) shows_itself: bool,
    /// Variables that no longer exist, each with the reason.
    pub lost: Vec<(String, String)>,
    /// The state when it has run to its end.
    pub after: State,
    /// The state when it has panicked, failed or left early. It keeps no variable of this cell, and those
    /// that were moved into it are gone.
    pub after_failure: State,
}

impl Compiler {
    /// A compiler that keeps what it makes below `cache`.
    ///
    /// # Errors
    /// When this toolchain cannot compile cells, or `cache` cannot be written.
    pub fn new(toolchain: &Toolchain, cache: &Path) -> Result<Compiler, Error> {
        let runtime = RuntimeFiles::make(toolchain, cache)?;
        let artefacts = Artefacts::new(&cache.join("cells"))?;
        // Beside the work: nothing waits for it.
        let old = artefacts.clone();
        std::thread::spawn(move || old.sweep());
        Ok(Compiler { toolchain: toolchain.clone(), runtime, artefacts })
    }

    /// The program that runs cells.
    pub(crate) fn program(&self) -> &Path {
        &self.runtime.program
    }

    /// The toolchain.
    pub fn toolchain(&self) -> &Toolchain {
        &self.toolchain
    }

    /// Compiles a cell as far as is asked for, or finds it compiled. From [`Until::Checked`] on the next cell
    /// can be compiled, while rustc makes the library of this one.
    pub(crate) fn compile(&self, request: CompileRequest<'_>, until: Until) -> Result<(Compilation, Option<Unfinished>), Error> {
        Work::new(self, request, until).compile()
    }

    fn arguments(&self, library: &Library, state: &State) -> Vec<String> {
        let mut arguments = library.arguments_for(&state.dependencies);
        let runtime = self.runtime.library.parent().unwrap_or(Path::new("."));
        arguments.extend([
            format!("--extern=cells_rt={}", self.runtime.library.display()),
            "-Cprefer-dynamic".to_owned(),
            format!("-Copt-level={}", state.opt_level),
            "-Cdebug-assertions=on".to_owned(),
            "-Coverflow-checks=on".to_owned(),
            "-Cembed-bitcode=no".to_owned(),
            "-Cstrip=debuginfo".to_owned(),
            // A library uses its own definitions, even if an earlier library defines the same name.
            "-Clink-arg=-Wl,-Bsymbolic".to_owned(),
            format!("-Clink-arg=-Wl,-rpath,{}:{}", self.toolchain.libraries.display(), runtime.display()),
        ]);
        arguments
    }
}

/// For callers that share states between threads.
const _: fn() = || {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<State>();
    is_send_and_sync::<Compiler>();
    is_send_and_sync::<Arc<str>>();
};
