//! `nbsnap test`: runs notebooks and compares every cell with its snapshot.

use nbsnap::cache::ResultCache;
use nbsnap::config;
use nbsnap::project::Project;
use nbsnap::report::Reporter;
use nbsnap::runner::{RunError, Runner};
use nbsnap::snapshot::UpdateMode;

use super::{reporters, session};
use crate::args::{TestArgs, Update};
use crate::exit::Exit;
use crate::lent::Testbeds;

/// Runs the command.
pub(crate) fn run(project: &Project, args: &TestArgs) -> Result<Exit, RunError> {
    let config = &project.config;
    let update = match (args.update, config.update) {
        (Some(Update::Never), _) | (None, config::Update::Never) => UpdateMode::Never,
        _ => UpdateMode::WritePending,
    };
    let environment = Testbeds::new(&project.notebooks_dir(), &project.config.environment)
        .map_err(|reason| RunError::Environment { notebook: "(all)".into(), reason })?;
    let fused = session::is_fused(project, args.engine);
    let mut engine = session::engine(project, &args.build, fused, update == UpdateMode::WritePending)?;
    let store = super::store(project, update);
    let cache = ResultCache::new(&session::cache_dir(project, &args.build), project);
    let mut reporter = reporters::of_test(project, &args.report)?;
    let mut runner = Runner {
        project,
        engine: &mut engine,
        environment: &environment,
        store: &store,
        cache: (!args.fresh && !config.fresh).then_some(&cache),
        jobs: session::jobs(args.jobs.or(config.jobs)),
    };
    let summary = runner.run(&args.names, &mut |event| reporter.report(&event))?;
    Ok(if summary.failed == 0 && summary.orphans == 0 { Exit::Success } else { Exit::Failures })
}
