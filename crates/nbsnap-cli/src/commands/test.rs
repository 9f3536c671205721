//! `nbsnap test`: runs notebooks and compares every cell with its snapshot.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nbsnap::ByKernel;
use nbsnap::config::{EngineChoice, Update};
use nbsnap::engine::{Engine, EngineError, Interrupt};
use nbsnap::event::Event;
use nbsnap::files::writable::is_writable;
use nbsnap::project::Project;
use nbsnap::report::{Reporter, Reporters};
use nbsnap::run::cache::{FILES_BESIDE, Parts, ResultCache, SEEN_FILES};
use nbsnap::run::watch::{Watch, WatchError};
use nbsnap::run::{RunError, Runner, Seen};
use nbsnap::select::Selection;
use nbsnap::snapshot::UpdateMode;

use super::open::open;
use super::reporters;
use super::session::{self, LockFile};
use super::targets::with_whole_paths;
use crate::args::{SelectionArgs, TestArgs};
use crate::environment;
use crate::error::chain;
use crate::exit::Exit;

/// The inputs of verdicts, by notebook.
type Inputs = BTreeMap<String, Parts>;

/// Runs the command.
pub(crate) fn run(project: &Project, profile: &str, args: &TestArgs) -> Result<Exit, RunError> {
    let SelectionArgs { names, filter, partition } = &args.selection;
    let selection = Selection { names: with_whole_paths(project, names), filter: filter.clone(), partition: *partition };
    if args.repetition.watch {
        return watch(&project.notebooks_dir(), profile, args, selection);
    }
    let ran = with_runner(&as_asked(project, args), args, |runner, reporter| {
        runner.run(&selection, &mut |event| reporter.report(&event)).map(|summary| Exit::of_summary(&summary))
    });
    if let Some(page) = reporters::page(project, &session::cache_dir(project, &args.build), &args.report)
        .filter(|page| args.report.open && ran.is_ok() && page.exists())
    {
        open(&page);
    }
    ran
}

/// Runs notebooks, waits for changes, and runs again those with changed inputs, until the user stops it. An
/// error that keeps them from running is printed. Then it waits for a change that may fix the error.
fn watch(folder: &Path, profile: &str, args: &TestArgs, all: Selection) -> Result<Exit, RunError> {
    let interrupt = session::interrupt()?;
    let mut project = as_asked(&Project::find(folder, profile)?, args);
    let mut next = all.clone();
    let watch = Watch::new([project.notebooks_dir().as_path()]).map_err(unwatched)?;
    let mut turns = Turns { all, known: Inputs::new(), seen: Seen::default(), broken: None, watch };
    loop {
        let changed = with_runner(&project, args, |runner, reporter| turns.take(runner, reporter, &next, &interrupt))?;
        match changed {
            Some(changed) => {
                next = Selection { names: changed.keys().cloned().collect(), ..Selection::default() };
                turns.known.extend(changed);
            }
            None => {
                next = turns.all.clone();
                turns.known.clear();
            }
        }
        // Settings may be what changed.
        match Project::find(folder, profile) {
            Ok(found) => project = as_asked(&found, args),
            Err(error) => turns.broken = Some(chain(&error)),
        }
    }
}

fn unwatched(error: WatchError) -> RunError {
    RunError::Engine(EngineError::Failed { message: error.to_string() })
}

/// What is known from one turn of a watch to the next.
struct Turns {
    /// What is watched.
    all: Selection,
    /// The inputs of each notebook's last run. A change while other notebooks run counts, too.
    known: Inputs,
    /// What the cells of each notebook asked for in its last run.
    seen: Seen,
    /// Why nothing can run.
    broken: Option<String>,
    /// One watch for all turns. So changes while notebooks run are seen, also when a run breaks down
    /// before it has read all its inputs.
    watch: Watch,
}

impl Turns {
    /// Runs notebooks and waits for a change. Returns the inputs that have changed; none where anything may
    /// have.
    fn take(
        &mut self,
        runner: &mut Runner<'_>,
        reporter: &mut Reporters<'_>,
        next: &Selection,
        interrupt: &Interrupt,
    ) -> Result<Option<Inputs>, RunError> {
        runner.seen = std::mem::take(&mut self.seen);
        if self.known.is_empty() {
            self.known = runner.inputs(&self.all)?;
        }
        self.watch.add(runner.input_folders(&self.all)?.iter().map(PathBuf::as_path)).map_err(unwatched)?;
        if self.broken.is_none() {
            self.run(runner, reporter, next)?;
        }
        self.watch.add_flat(runner.seen_folders());
        self.seen.clone_from(&runner.seen);
        // The folders of packages are known only now.
        self.watch.add(runner.input_folders(&self.all)?.iter().map(PathBuf::as_path)).map_err(unwatched)?;
        let is_broken = self.broken.is_some();
        let messages = self.broken.take().into_iter().chain(["waiting for changes; Ctrl-C ends it".to_owned()]);
        for message in messages {
            reporter.report(&Event::Notice { message }).map_err(RunError::Report)?;
        }
        loop {
            let mut changed = runner.inputs(&self.all)?;
            changed.retain(|name, inputs| self.known.get(name) != Some(inputs));
            if !changed.is_empty() && !is_broken {
                return Ok(Some(changed));
            }
            if !self.watch.wait(interrupt) {
                return Err(RunError::Engine(EngineError::Interrupted));
            }
            if is_broken {
                return Ok(None);
            }
        }
    }

    fn run(&mut self, runner: &mut Runner<'_>, reporter: &mut Reporters<'_>, next: &Selection) -> Result<(), RunError> {
        let began = SystemTime::now();
        match runner.run(next, &mut |event| reporter.report(&event)) {
            Err(error @ (RunError::Engine(EngineError::Interrupted) | RunError::Report(_))) => return Err(error),
            Err(error) => self.broken = Some(chain(&error)),
            Ok(_) => {
                let now = runner.inputs(&self.all)?;
                take_what_was_written(&mut self.known, now, |name| runner.has_seen_newer(name, began));
            }
        }
        Ok(())
    }
}

/// Takes over what a run itself may have written, and what is known only since it: which files cells asked
/// for. Those are left out where one of them has changed meanwhile, so that the notebook runs again.
fn take_what_was_written(known: &mut Inputs, now: Inputs, mut has_seen_newer: impl FnMut(&str) -> bool) {
    for (name, now) in now {
        let Some(known) = known.get_mut(&name) else { continue };
        for part in ["snapshots", "lock", "dependencies"] {
            if let (Some(known), Some(now)) = (known.get_mut(part), now.get(part)) {
                known.clone_from(now);
            }
        }
        match now.get(SEEN_FILES) {
            Some(seen) if !has_seen_newer(&name) => drop(known.insert(SEEN_FILES.to_owned(), seen.clone())),
            _ => drop(known.remove(SEEN_FILES)),
        }
        if !now.contains_key(FILES_BESIDE) {
            known.remove(FILES_BESIDE);
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
    let is_read_only = config.update != Update::Never && !is_writable(&project.snapshots_dir());
    let update = match config.update {
        Update::Never => UpdateMode::Never,
        _ if is_read_only => UpdateMode::Never,
        _ => UpdateMode::WritePending,
    };
    let environment = environment::of_run(project, &args.live)?;
    let interrupt = session::interrupt()?;
    let lock_file = if update == UpdateMode::WritePending { LockFile::Updated } else { LockFile::Kept };
    let engine = |choice: &EngineChoice| session::engine_until(&interrupt, project, &args.build, *choice, lock_file);
    let mut engines: Vec<ByKernel> = config.engine.iter().map(engine).collect();
    let store = super::store::store(project, update);
    let cache_dir = session::cache_dir(project, &args.build);
    let cache = ResultCache::new(&cache_dir, project);
    let mut reporter = reporters::of_test(project, &cache_dir, &args.report)?;
    let mut runner = Runner {
        project,
        engines: engines.iter_mut().map(|engine| engine as &mut dyn Engine).collect(),
        environment: &*environment,
        store: &store,
        cache: (!config.fresh).then_some(&cache),
        jobs: session::jobs(config.jobs),
        repeat: args.repetition.repeat,
        seen: Seen::default(),
    };
    if is_read_only {
        let folder = project.snapshots_dir();
        let message = format!("{} cannot be written: what differs is shown, and not kept for review", folder.display());
        reporter.report(&Event::Notice { message }).map_err(RunError::Report)?;
    }
    act(&mut runner, &mut reporter)
}

/// The project with settings as the arguments say, which win over its profile.
fn as_asked(project: &Project, args: &TestArgs) -> Project {
    let mut project = project.clone();
    let config = &mut project.config;
    config.update = args.update.unwrap_or(config.update);
    if !args.engine.is_empty() {
        config.engine.clone_from(&args.engine);
    }
    config.kernels.put_first(args.kernel.iter().cloned());
    config.fresh |= args.fresh;
    config.jobs = args.jobs.or(config.jobs);
    config.retries = args.repetition.retries.unwrap_or(config.retries);
    config.fail_fast = (config.fail_fast || args.repetition.fail_fast) && !args.repetition.no_fail_fast;
    project
}
