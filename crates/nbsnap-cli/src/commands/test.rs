//! `nbsnap test`: runs notebooks and compares every cell with its snapshot.

use std::io::IsTerminal;

use nbsnap::cache::ResultCache;
use nbsnap::engine::{EngineError, Interrupt};
use nbsnap::project::Project;
use nbsnap::report::{HumanReporter, Progress, Style};
use nbsnap::runner::{RunError, Runner};
use nbsnap::snapshot::UpdateMode;
use nbsnap::{Evcxr, EvcxrSettings};

use crate::args::{Colour, EngineChoice, TestArgs, Update};
use crate::exit::Exit;
use crate::lent::Testbeds;

/// Runs the command.
pub(crate) fn run(project: &Project, args: &TestArgs) -> Result<Exit, RunError> {
    let on_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0");
    let update = match args.update {
        Update::Pending => UpdateMode::WritePending,
        Update::Never => UpdateMode::Never,
        Update::Auto if on_ci => UpdateMode::Never,
        Update::Auto => UpdateMode::WritePending,
    };
    let environment = Testbeds::new(&project.notebooks_dir(), &project.config.environment)
        .map_err(|reason| RunError::Environment { notebook: "(all)".into(), reason })?;
    let interrupt = Interrupt::default();
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
        signal_hook::flag::register(signal, interrupt.flag())
            .map_err(|error| RunError::Engine(EngineError::Start { message: error.to_string() }))?;
    }
    let cache_dir = args.cache_dir.clone().unwrap_or_else(|| project.cache_dir());
    let cache = ResultCache::new(&cache_dir, project);
    let mut engine = Evcxr::new(EvcxrSettings {
        cache: cache_dir,
        lock_file: project.lock_file(),
        may_write_lock: update == UpdateMode::WritePending,
        opt_level: project.config.build.opt_level.clone(),
        optimized: project.config.build.optimize.clone(),
        fused: match args.engine {
            EngineChoice::Auto => !on_ci,
            EngineChoice::Evcxr => false,
            EngineChoice::Fused => true,
        },
        interrupt,
    });
    let store = super::store(project, update);
    let out = std::io::stdout();
    let terminal = out.is_terminal();
    let colour = match args.color {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    let width = console::Term::stdout().size_checked().map_or(130, |(_, columns)| usize::from(columns));
    let progress = if terminal { Progress::Bar } else { Progress::Lines };
    let mut reporter = HumanReporter::new(out, Style { colour, width }, progress);
    let mut runner = Runner {
        project,
        engine: &mut engine,
        environment: &environment,
        store: &store,
        cache: (!args.fresh && !on_ci).then_some(&cache),
    };
    let summary = runner.run(&args.names, &mut |event| reporter.report(&event))?;
    Ok(if summary.failed == 0 && summary.orphans == 0 { Exit::Success } else { Exit::Failures })
}
