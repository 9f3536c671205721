//! `nbsnap test`: runs notebooks and compares every cell with its snapshot.

use nbsnap::cache::ResultCache;
use nbsnap::project::Project;
use nbsnap::runner::{RunError, Runner};
use nbsnap::snapshot::UpdateMode;

use super::session;
use crate::args::{EngineChoice, TestArgs, Update};
use crate::exit::Exit;
use crate::lent::Testbeds;

/// Runs the command.
pub(crate) fn run(project: &Project, args: &TestArgs) -> Result<Exit, RunError> {
    let on_ci = session::on_ci();
    let update = match args.update {
        Update::Pending => UpdateMode::WritePending,
        Update::Never => UpdateMode::Never,
        Update::Auto if on_ci => UpdateMode::Never,
        Update::Auto => UpdateMode::WritePending,
    };
    let environment = Testbeds::new(&project.notebooks_dir(), &project.config.environment)
        .map_err(|reason| RunError::Environment { notebook: "(all)".into(), reason })?;
    let fused = match args.engine {
        None => !on_ci,
        Some(engine) => engine == EngineChoice::Fused,
    };
    let mut engine = session::engine(project, &args.build, fused, update == UpdateMode::WritePending)?;
    let store = super::store(project, update);
    let cache = ResultCache::new(&session::cache_dir(project, &args.build), project);
    let mut reporter = session::reporter(&args.report);
    let mut runner = Runner {
        project,
        engine: &mut engine,
        environment: &environment,
        store: &store,
        cache: (!args.fresh && !on_ci).then_some(&cache),
        jobs: session::jobs(args.jobs),
    };
    let summary = runner.run(&args.names, &mut |event| reporter.report(&event))?;
    Ok(if summary.failed == 0 && summary.orphans == 0 { Exit::Success } else { Exit::Failures })
}
