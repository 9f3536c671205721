//! `nbsnap test`: runs notebooks and compares every cell with its snapshot.

use nbsnap::cache::ResultCache;
use nbsnap::config;
use nbsnap::event::Summary;
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
    let project = &as_asked(project, args);
    let config = &project.config;
    let update = match config.update {
        config::Update::Never => UpdateMode::Never,
        _ => UpdateMode::WritePending,
    };
    let environment = Testbeds::new(&project.notebooks_dir(), &config.environment)
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
        cache: (!config.fresh).then_some(&cache),
        jobs: session::jobs(config.jobs),
        repeat: args.repetition.repeat,
    };
    let summary = runner.run(&args.selection.selection(), &mut |event| reporter.report(&event))?;
    Ok(exit(&summary))
}

/// The project with settings as the arguments say, which win over its profile.
fn as_asked(project: &Project, args: &TestArgs) -> Project {
    let mut project = project.clone();
    let config = &mut project.config;
    match args.update {
        Some(Update::Never) => config.update = config::Update::Never,
        Some(Update::Pending) => config.update = config::Update::Pending,
        None => {}
    }
    config.fresh |= args.fresh;
    config.jobs = args.jobs.or(config.jobs);
    config.retries = args.repetition.retries.unwrap_or(config.retries);
    config.fail_fast = (config.fail_fast || args.repetition.fail_fast) && !args.repetition.no_fail_fast;
    project
}

/// What the counts of a run mean for a script. That the runner broke down says nothing about the notebooks.
fn exit(summary: &Summary) -> Exit {
    match summary {
        Summary { failed: 0, orphans: 0, .. } => Exit::Success,
        Summary { failed, internal, orphans: 0, .. } if failed == internal => Exit::SetUp,
        _ => Exit::Failures,
    }
}
