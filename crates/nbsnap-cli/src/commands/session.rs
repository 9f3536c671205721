//! What every command that runs or builds notebooks needs: an engine, a way to be interrupted, a reporter.

use std::io::{IsTerminal, Stdout};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use nbsnap::config::{self, Config};
use nbsnap::engine::{EngineError, Interrupt};
use nbsnap::project::Project;
use nbsnap::report::{HumanReporter, Progress, Style};
use nbsnap::runner::RunError;
use nbsnap::{ByKernel, Evcxr, EvcxrSettings, Jupyter, JupyterSettings, Kernelspecs};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::args::{BuildArgs, Colour, EngineChoice, ReportArgs};

/// How many notebooks run at once at most, unless asked for more: each has a rust-analyzer of its own.
const MOST_JOBS: usize = 8;

/// Whether this is a build machine: it writes nothing, and nothing is taken on an earlier run's word.
pub(crate) fn on_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0")
}

/// What runs notebooks in Rust: as the argument says, else as the profile does.
pub(crate) fn choice(project: &Project, asked: Option<EngineChoice>) -> config::EngineChoice {
    match asked {
        Some(EngineChoice::Evcxr) => config::EngineChoice::Evcxr,
        Some(EngineChoice::Fused) => config::EngineChoice::Fused,
        Some(EngineChoice::Jupyter) => config::EngineChoice::Jupyter,
        None => project.config.engine,
    }
}

/// The folder that is built in.
pub(crate) fn cache_dir(project: &Project, args: &BuildArgs) -> PathBuf {
    args.cache_dir.clone().unwrap_or_else(|| project.cache_dir())
}

/// The user's wish to stop, as signals tell of it.
pub(crate) fn interrupt() -> Result<Interrupt, RunError> {
    let interrupt = Interrupt::default();
    on_signals([SIGINT, SIGTERM, SIGHUP].map(|signal| (signal, interrupt.flag())))?;
    Ok(interrupt)
}

/// Has signals set flags, in place of what they do otherwise.
pub(crate) fn on_signals(flags: impl IntoIterator<Item = (i32, Arc<AtomicBool>)>) -> Result<(), RunError> {
    for (signal, flag) in flags {
        signal_hook::flag::register(signal, flag)
            .map_err(|error| RunError::Engine(EngineError::Start { message: error.to_string() }))?;
    }
    Ok(())
}

/// How long a kernel may take until it answers.
const KERNEL_START: Duration = Duration::from_secs(120);

/// The engine, which stops when the user interrupts this process: what was chosen for notebooks in Rust, and kernels for all others.
pub(crate) fn engine(
    project: &Project,
    args: &BuildArgs,
    choice: config::EngineChoice,
    may_write_lock: bool,
) -> Result<ByKernel, RunError> {
    let interrupt = interrupt()?;
    let jupyter = Jupyter::new(JupyterSettings {
        kernelspecs: Kernelspecs::of_machine(),
        start_timeout: KERNEL_START,
        interrupt: interrupt.clone(),
    });
    let fused = choice == config::EngineChoice::Fused;
    let settings = evcxr_settings(&project.config, cache_dir(project, args), project.lock_file());
    let evcxr = Evcxr::new(EvcxrSettings { fused, may_write_lock, interrupt, ..settings });
    Ok(ByKernel::new(evcxr, jupyter, choice == config::EngineChoice::Jupyter))
}

/// What evcxr is run with, cell by cell, by somebody who writes no lock file and is not interrupted.
pub(crate) fn evcxr_settings(config: &Config, cache: PathBuf, lock_file: PathBuf) -> EvcxrSettings {
    EvcxrSettings {
        cache,
        lock_file,
        may_write_lock: false,
        opt_level: config.build.opt_level.clone(),
        optimized: config.build.optimize.clone(),
        fused: false,
        prepare_timeout: config.prepare_timeout,
        interrupt: Interrupt::default(),
    }
}

/// A reporter on standard output.
pub(crate) fn reporter(args: &ReportArgs) -> HumanReporter<Stdout> {
    let out = std::io::stdout();
    let progress = if out.is_terminal() { Progress::Bar } else { Progress::Lines };
    HumanReporter::new(out, style(args), progress)
}

/// How text on standard output may look.
pub(crate) fn style(args: &ReportArgs) -> Style {
    let colour = match args.color {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    let width = console::Term::stdout().size_checked().map_or(100, |(_, columns)| usize::from(columns));
    Style { colour, width }
}

/// How many notebooks run at once: as many as asked for, else as the machine has cores. Each takes some 500 MB where evcxr runs it.
pub(crate) fn jobs(asked: Option<NonZero<usize>>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, NonZero::get);
    asked.map_or_else(|| cores().min(MOST_JOBS), NonZero::get)
}
