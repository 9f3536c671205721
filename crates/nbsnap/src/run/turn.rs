//! One engine's part in a run: which notebooks it runs, which verdicts still hold, and what is remembered.

use std::collections::{BTreeMap, HashMap};
use std::time::{Instant, SystemTime};

use super::cache::{Known, Looked, Parts, Ran, ResultCache, Sources, Surroundings};
use super::error::RunError;
use super::one::Outcome;
use super::runner::Runner;
use super::tally::Tally;
use super::target::Target;
use super::tell;
use crate::engine::{Engine, EngineError};
use crate::event::{Emit, Summary};
use crate::notebook::Notebook;

/// One engine's part in a run.
pub(super) struct Turn<'a> {
    /// The engine's place.
    pub(super) place: usize,
    /// All notebooks of the project that can be run.
    pub(super) notebooks: &'a [Notebook],
    /// When the run began.
    pub(super) began: SystemTime,
}

/// What engines say of their toolchains and kernels, asked once for each kernel.
#[derive(Default)]
struct Fingerprints {
    known: HashMap<(String, Option<String>), Parts>,
    /// That of notebooks of which nothing is asked.
    unknown: Parts,
}

impl Fingerprints {
    fn of(engine: &dyn Engine, targets: &[Target]) -> Fingerprints {
        let mut known = HashMap::new();
        for notebook in targets.iter().map(|target| &target.notebook) {
            // An engine that has none, for want of a toolchain, cannot prepare either, and says so then.
            // No earlier verdict has an empty one.
            let entry = known.entry(Fingerprints::key(notebook));
            entry.or_insert_with(|| engine.fingerprint_for(notebook).unwrap_or_default());
        }
        Fingerprints { known, unknown: Parts::new() }
    }

    fn key(notebook: &Notebook) -> (String, Option<String>) {
        (notebook.kernel.clone(), notebook.language.clone())
    }

    fn get(&self, notebook: &Notebook) -> &Parts {
        self.known.get(&Fingerprints::key(notebook)).unwrap_or(&self.unknown)
    }
}

impl Runner<'_> {
    /// The notebooks that the engine at this place runs: all, except those that the same kernel runs for an
    /// engine before it.
    pub(super) fn turn(&self, place: usize, targets: &[Target]) -> Vec<Target> {
        let runs_too =
            |engine: &dyn Engine, notebook: &Notebook| engine.name_for(notebook) == self.engines[place].name_for(notebook);
        let is_new = |target: &&Target| !self.engines[..place].iter().any(|before| runs_too(&**before, &target.notebook));
        let several = self.engines.len() > 1;
        let labelled = |target: &Target| {
            let name = &target.notebook.name;
            let engine = self.engines[place].name_for(&target.notebook);
            let label = if several { format!("{name} ({engine})") } else { name.clone() };
            Target { label, ..target.clone() }
        };
        targets.iter().filter(is_new).map(labelled).collect()
    }

    /// Has one engine run notebooks. Returns whether the user stopped it.
    pub(super) fn take_turn(
        &mut self,
        turn: &Turn<'_>,
        targets: Vec<Target>,
        tally: &mut Tally,
        emit: Emit<'_>,
    ) -> Result<bool, RunError> {
        let engine = &*self.engines[turn.place];
        let is_asked = self.cache.is_some() && targets.iter().any(|target| engine.knows_inputs(&target.notebook));
        let fingerprints = if is_asked { Fingerprints::of(engine, &targets) } else { Fingerprints::default() };
        let mut files = Looked::default();
        let mut to_run = self.without_known(turn, targets, &fingerprints, &mut files, tally, emit)?;
        let mut is_interrupted = false;
        if !to_run.is_empty() {
            let to_build: Vec<Notebook> = to_run.iter().map(|target| target.notebook.clone()).collect();
            match self.build(turn.place, turn.notebooks, &to_build, emit) {
                Err(RunError::Engine(EngineError::Interrupted)) => {
                    is_interrupted = true;
                    to_run.drain(..).try_for_each(|target| tally.not_begun(self.project, &target, emit))?;
                }
                built => built?,
            }
        }
        let mut seen = BTreeMap::new();
        let not_begun = self.run_all(turn.place, &to_run, emit, &mut |target, outcome| {
            is_interrupted |= outcome.is_interrupted;
            tally.add(target, &outcome.summary);
            tally.add_hits(&outcome.hits);
            let notebook = &target.notebook;
            let remembered = self.remember(turn, notebook, &outcome, fingerprints.get(notebook), &mut files);
            seen.extend(outcome.accesses.map(|accesses| (notebook.name.clone(), accesses)));
            remembered
        })?;
        self.seen.accesses.append(&mut seen);
        not_begun.iter().try_for_each(|target| tally.not_begun(self.project, target, emit))?;
        Ok(is_interrupted)
    }

    /// Reports the notebooks that say they are to be skipped, and those whose last verdict still holds.
    /// Returns the others.
    fn without_known(
        &self,
        turn: &Turn<'_>,
        targets: Vec<Target>,
        fingerprints: &Fingerprints,
        files: &mut Looked,
        tally: &mut Tally,
        emit: Emit<'_>,
    ) -> Result<Vec<Target>, RunError> {
        let mut to_run = Vec::new();
        for mut target in targets {
            let (notebook, looked) = (&target.notebook, Instant::now());
            let mut summary = Summary::default();
            if let Some(reason) = &notebook.overrides.skip {
                tell::skipped(self.project, &target, reason, &mut summary, emit)?;
                tally.add(&target, &summary);
                continue;
            }
            let may_hold = self.repeat <= 1 && target.cells.is_none();
            let ask = |cache: &ResultCache, surroundings: Surroundings<'_>| cache.ask(notebook, surroundings, files);
            let known = if may_hold { self.with_cache(turn, notebook, fingerprints.get(notebook), ask)? } else { None };
            if known == Some(Known::Holds) {
                tell::cached(self.project, &target, &mut summary, looked.elapsed(), emit)?;
                tally.add(&target, &summary);
            } else {
                target.inputs_changed = known == Some(Known::Changed);
                to_run.push(target);
            }
        }
        Ok(to_run)
    }

    /// Has the cache remember a notebook that is clean, and forget one that failed.
    fn remember(
        &self,
        turn: &Turn<'_>,
        notebook: &Notebook,
        outcome: &Outcome,
        fingerprint: &Parts,
        files: &mut Looked,
    ) -> Result<(), RunError> {
        let engine = &self.engines[turn.place];
        let sources = Sources { paths: engine.sources(), variables: engine.variables() };
        let sources = if notebook.is_rust() { sources } else { Sources::default() };
        let ran = Ran { accesses: outcome.accesses.as_ref(), began: turn.began };
        let act = |cache: &ResultCache, surroundings: Surroundings<'_>| {
            if outcome.is_clean {
                cache.remember(notebook, surroundings, sources, ran, files);
            } else if outcome.summary.failed > 0 || outcome.summary.flaky > 0 {
                cache.forget(notebook, surroundings);
            }
        };
        self.with_cache(turn, notebook, fingerprint, act).map(drop)
    }

    /// Lets `act` read or change the cache, if there is one.
    fn with_cache<T>(
        &self,
        turn: &Turn<'_>,
        notebook: &Notebook,
        engine: &Parts,
        act: impl FnOnce(&ResultCache, Surroundings<'_>) -> T,
    ) -> Result<Option<T>, RunError> {
        let Some(cache) = self.cache.filter(|_| self.engines[turn.place].knows_inputs(notebook)) else { return Ok(None) };
        let environment = self.environment.files(notebook).map_err(|reason| RunError::environment(notebook, reason))?;
        let snapshots = self.store.root().join(&notebook.name);
        let surroundings = Surroundings { project: self.project, snapshots: &snapshots, environment: &environment, engine };
        Ok(Some(act(cache, surroundings)))
    }
}
