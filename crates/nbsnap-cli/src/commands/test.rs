//! `nbsnap test`: runs notebooks and compares every cell with its snapshot.

use std::path::Path;

use nbsnap::cache::ResultCache;
use nbsnap::config;
use nbsnap::engine::EngineError;
use nbsnap::event::{Event, Summary};
use nbsnap::project::Project;
use nbsnap::report::{Reporter, Reporters};
use nbsnap::runner::{RunError, Runner};
use nbsnap::select::Selection;
use nbsnap::snapshot::UpdateMode;
use nbsnap::watch::Watch;

use super::{reporters, session};
use crate::args::{TestArgs, Update};
use crate::exit::Exit;
use crate::lent::Testbeds;

/// Runs the command.
pub(crate) fn run(project: &Project, profile: &str, args: &TestArgs) -> Result<Exit, RunError> {
    let selection = args.selection.selection();
    if args.repetition.watch {
        return watch(&project.root, profile, args, selection);
    }
    with_runner(&as_asked(project, args), args, |runner, reporter| {
        runner.run(&selection, &mut |event| reporter.report(&event)).map(|summary| exit(&summary))
    })
}

/// Runs notebooks, waits for changes, and runs those again whose inputs changed, until the user stops it.
fn watch(root: &Path, profile: &str, args: &TestArgs, all: Selection) -> Result<Exit, RunError> {
    let interrupt = session::interrupt()?;
    let mut next = all.clone();
    loop {
        // Settings may be what changed.
        let project = as_asked(&Project::find(root, profile)?, args);
        let changed = with_runner(&project, args, |runner, reporter| {
            let mut known = runner.inputs(&all)?;
            runner.run(&next, &mut |event| reporter.report(&event))?;
            // What the run itself wrote is no change.
            for (name, now) in runner.inputs(&all)? {
                if let (Some(Some(known)), Some(now)) = (known.get_mut(&name), now) {
                    for part in ["snapshots", "lock", "dependencies"] {
                        known.insert(part.to_owned(), now.get(part).cloned().unwrap_or_default());
                    }
                }
            }
            let watch = Watch::new(runner.input_folders(&all)?.iter().map(|folder| folder.as_path()))
                .map_err(|error| RunError::Engine(EngineError::Start { message: error.to_string() }))?;
            let message = "waiting for changes; Ctrl-C ends it".to_owned();
            reporter.report(&Event::Notice { message }).map_err(RunError::Report)?;
            loop {
                let now = runner.inputs(&all)?;
                let changed: Vec<String> =
                    now.into_iter().filter(|(name, inputs)| known.get(name) != Some(inputs)).map(|(name, _)| name).collect();
                if !changed.is_empty() {
                    return Ok(Some(changed));
                }
                if !watch.wait(&interrupt) {
                    return Ok(None);
                }
            }
        })?;
        match changed {
            Some(names) => next = Selection { names, ..Selection::default() },
            None => return Err(RunError::Engine(EngineError::Interrupted)),
        }
    }
}

/// Sets up everything that a run needs.
fn with_runner<T>(
    project: &Project,
    args: &TestArgs,
    act: impl FnOnce(&mut Runner<'_>, &mut Reporters<'_>) -> Result<T, RunError>,
) -> Result<T, RunError> {
    let config = &project.config;
    let update = match config.update {
        config::Update::Never => UpdateMode::Never,
        _ => UpdateMode::WritePending,
    };
    let environment = Testbeds::new(&project.notebooks_dir(), &config.environment)
        .map_err(|reason| RunError::Environment { notebook: "(all)".into(), reason })?;
    let choice = session::choice(project, args.engine);
    let mut engine = session::engine(project, &args.build, choice, update == UpdateMode::WritePending)?;
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
    act(&mut runner, &mut reporter)
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
