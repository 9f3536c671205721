//! What every command that runs or builds notebooks needs: an engine, an interrupt, a reporter.

use std::io::{IsTerminal, Stdout};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use nbsnap::config::EngineChoice;
use nbsnap::engine::{EngineError, Interrupt};
use nbsnap::engines::evcxr::protocol::Settings;
use nbsnap::project::Project;
use nbsnap::report::{HumanReporter, Progress, Style};
use nbsnap::run::RunError;
use nbsnap::{ByKernel, Evcxr, EvcxrProgram, EvcxrSettings, Jupyter, JupyterSettings, Kernelspecs, Rustc, RustcSettings};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::args::{BuildArgs, Colour, ReportArgs};
use crate::screen;

/// The most notebooks that run at once by default: each has its own rust-analyzer.
const MOST_JOBS: usize = 8;

/// Whether this is a build machine. There, nothing is written, and no earlier result is trusted.
pub(crate) fn on_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0")
}

/// The engine for notebooks in Rust where only one can run: that of the argument, or else the first of the
/// profile.
pub(crate) fn one_engine(project: &Project, asked: Option<EngineChoice>) -> EngineChoice {
    asked.unwrap_or_else(|| project.config.engine.first().copied().unwrap_or(EngineChoice::Rustc))
}

/// The folder that is built in.
pub(crate) fn cache_dir(project: &Project, args: &BuildArgs) -> PathBuf {
    args.cache_dir.clone().unwrap_or_else(|| project.cache_dir())
}

/// What signals set when the user wants to stop.
pub(crate) fn interrupt() -> Result<Interrupt, RunError> {
    let interrupt = Interrupt::default();
    on_signals([SIGINT, SIGTERM, SIGHUP].map(|signal| (signal, interrupt.flag())))?;
    Ok(interrupt)
}

/// Has signals set flags, in place of what they do otherwise.
pub(crate) fn on_signals(flags: impl IntoIterator<Item = (i32, Arc<AtomicBool>)>) -> Result<(), RunError> {
    for (signal, flag) in flags {
        signal_hook::flag::register(signal, flag)
            .map_err(|error| RunError::Engine(EngineError::Failed { message: format!("cannot wait for signals: {error}") }))?;
    }
    Ok(())
}

/// How long a kernel may take until it answers.
const KERNEL_START: Duration = Duration::from_secs(120);

/// Whether the lock file of the notebooks' dependencies is written where it does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockFile {
    /// It is.
    Updated,
    /// It stays as it is, and a run that needs another one fails.
    Kept,
}

impl LockFile {
    /// Written by people, kept on build machines.
    pub(crate) fn usual() -> LockFile {
        if on_ci() { LockFile::Kept } else { LockFile::Updated }
    }
}

/// The engine for a run: the chosen one for notebooks in Rust, and kernels for all others. It stops when the
/// user interrupts this process.
pub(crate) fn engine(
    project: &Project,
    args: &BuildArgs,
    choice: EngineChoice,
    lock_file: LockFile,
) -> Result<ByKernel, RunError> {
    Ok(engine_until(&interrupt()?, project, args, choice, lock_file))
}

/// An engine that stops when `interrupt` is set.
pub(crate) fn engine_until(
    interrupt: &Interrupt,
    project: &Project,
    args: &BuildArgs,
    choice: EngineChoice,
    lock_file: LockFile,
) -> ByKernel {
    let jupyter = Jupyter::new(JupyterSettings {
        kernelspecs: Kernelspecs::of_machine().beside(&project.root),
        start_timeout: KERNEL_START,
        interrupt: interrupt.clone(),
    });
    let build = Settings {
        may_write_lock: lock_file == LockFile::Updated,
        ..Settings::new(&project.config, cache_dir(project, args), project.lock_file())
    };
    let evcxr = Evcxr::new(EvcxrSettings { program: EvcxrProgram::default(), build, interrupt: interrupt.clone() });
    let rustc = || {
        let settings = RustcSettings::new(&project.config, cache_dir(project, args), project.lock_file(), interrupt.clone());
        Rustc::new(RustcSettings { may_write_lock: lock_file == LockFile::Updated, ..settings })
    };
    match choice {
        EngineChoice::Evcxr => ByKernel::new(evcxr, jupyter),
        EngineChoice::Jupyter => ByKernel::kernels_only(evcxr, rustc(), jupyter),
        _ => ByKernel::new(rustc(), jupyter),
    }
}

/// A reporter on standard output.
pub(crate) fn reporter(args: &ReportArgs) -> HumanReporter<Stdout> {
    let out = std::io::stdout();
    let progress = if out.is_terminal() { Progress::Bar } else { Progress::Lines };
    HumanReporter::new(out, style(args), progress)
}

/// The style of text on standard output.
pub(crate) fn style(args: &ReportArgs) -> Style {
    let colour = match args.color {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    let width = console::Term::stdout().size_checked().map_or(100, |(_, columns)| usize::from(columns));
    Style { colour, width, is_github_log: screen::on_github() }
}

/// How many notebooks run at once: the number asked for, or else the number of cores. With evcxr, each takes
/// some 500 MB.
pub(crate) fn jobs(asked: Option<NonZero<usize>>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, NonZero::get);
    asked.map_or_else(|| cores().min(MOST_JOBS), NonZero::get)
}
