//! A run of the notebooks of a selection, on one engine after the other.
//!
//! The main type is [`Runner`].

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use super::attempt::Purpose;
use super::cache::ResultCache;
use super::error::RunError;
use super::one::{OneNotebook, Outcome};
use super::preparation::{build, engine_name};
use super::seen::Seen;
use super::slow::SlowCells;
use super::tally::Tally;
use super::target::Target;
use super::tell;
use super::turn::Turn;
use super::workers::Crew;
use crate::engine::{Engine, EngineError};
use crate::environment::Environment;
use crate::event::{Emit, Event, Summary};
use crate::notebook::Notebook;
use crate::project::{Notebooks, Project, notices};
use crate::redact::RuleHits;
use crate::select::{Chosen, Selection};
use crate::snapshot::{OrphanKind, SnapshotStore, UpdateMode};

/// Everything that a run needs.
pub struct Runner<'a> {
    /// The project.
    pub project: &'a Project,
    /// What runs the notebooks: one engine, or several that must all find a notebook green. Pending snapshots
    /// are the first one's.
    pub engines: Vec<&'a mut dyn Engine>,
    /// What the notebooks are provided with.
    pub environment: &'a dyn Environment,
    /// Where the snapshots are.
    pub store: &'a SnapshotStore,
    /// What is known of earlier runs; without it every notebook runs.
    pub cache: Option<&'a ResultCache>,
    /// How many notebooks may run at once, at least one.
    pub jobs: usize,
    /// How often each notebook is run while it passes, at least once.
    pub repeat: u32,
    /// What the cells of each notebook asked for when it last ran. Runs note it here.
    pub seen: Seen,
}

/// The notebooks of a selection.
pub(super) struct Selected {
    /// All notebooks of the project.
    pub(super) notebooks: Notebooks,
    /// The names of those that are selected.
    pub(super) names: Vec<String>,
    /// Those among them that can be run.
    pub(super) targets: Vec<Target>,
}

impl Runner<'_> {
    /// Runs the notebooks that `wanted` selects, on one engine after the other.
    ///
    /// # Errors
    /// When the run itself breaks down, or the user stopped it. A stopped run reports everything first.
    /// Failed notebooks are counted in the summary.
    pub fn run(&mut self, wanted: &Selection, emit: Emit<'_>) -> Result<Summary, RunError> {
        let (started, began) = (Instant::now(), SystemTime::now());
        let Selected { notebooks, names, targets } = self.select(wanted)?;
        let cells = targets.iter().map(|target| target.cells().len()).sum();
        let engine = match targets.is_empty() {
            true => String::new(),
            false => self.engine_names(targets.iter().map(|target| &target.notebook)),
        };
        emit(Event::RunStarted { notebooks: targets.len(), cells, engine }).map_err(RunError::Report)?;

        // Shares of a build machine each say it: none of them runs everything.
        let on_patterns = if wanted.is_share_of_all() { notices::of_patterns(self.project, &notebooks) } else { Vec::new() };
        for message in on_patterns.into_iter().chain(notices::of_rules(self.project, &notebooks)) {
            emit(Event::Notice { message }).map_err(RunError::Report)?;
        }
        if wanted.is_all() {
            for folder in &notebooks.inner_projects {
                let folder = self.project.relative(folder).display().to_string();
                let message = format!("{folder} is a project of its own: `nbsnap test --project {folder}` tests it");
                emit(Event::Notice { message }).map_err(RunError::Report)?;
            }
        }
        let mut summary = Summary::default();
        tell::unusable(self.project, &notebooks, &names, &mut summary, emit)?;
        let mut tally = Tally::default();
        let mut is_interrupted = false;
        for place in 0..self.engines.len() {
            let targets = self.turn(place, &targets);
            let turn = Turn { place, notebooks: &notebooks.usable, began };
            is_interrupted = is_interrupted || self.take_turn(&turn, targets, &mut tally, emit)?;
        }
        summary.add(&tally.summary());
        // A rule may apply only in a notebook, or a cell, that was not run.
        let all_ran = wanted.is_all() && summary.cached + summary.skipped + summary.not_run + summary.cells_not_run == 0;
        let unused = if all_ran && notebooks.unusable.is_empty() {
            self.unused_rules(&tally.hits, &notebooks.names())
        } else {
            Vec::new()
        };
        emit(Event::Redacted { hits: tally.hits, unused }).map_err(RunError::Report)?;
        // Only a run of all notebooks finds the snapshots of notebooks that no longer exist.
        for orphan in self.store.orphans(&notebooks.usable, wanted.is_all())? {
            if orphan.notebook.is_none() && orphan.kind != OrphanKind::Pending {
                summary.orphans += 1;
                let path = self.project.relative(&orphan.path);
                let message = format!("{} belongs to no notebook: `nbsnap accept` removes it", path.display());
                emit(Event::Notice { message }).map_err(RunError::Report)?;
            }
        }
        self.store.drop_settled()?;
        summary.pending = self.store.pending()?.len();
        emit(Event::RunFinished { summary, elapsed: started.elapsed() }).map_err(RunError::Report)?;
        if is_interrupted { Err(EngineError::Interrupted.into()) } else { Ok(summary) }
    }

    /// Builds the dependencies of the notebooks that `wanted` names, of all if it is empty. It runs nothing.
    ///
    /// # Errors
    /// When they cannot be built.
    pub fn prepare(&mut self, wanted: &[String], emit: Emit<'_>) -> Result<(), RunError> {
        let Selected { notebooks, targets, .. } = self.select(&Selection::of_names(wanted))?;
        let chosen: Vec<Notebook> = targets.into_iter().map(|target| target.notebook).collect();
        (0..self.engines.len()).try_for_each(|place| self.build(place, &notebooks.usable, &chosen, emit))
    }

    pub(super) fn select(&self, wanted: &Selection) -> Result<Selected, RunError> {
        let notebooks = self.project.notebooks()?;
        if notebooks.names().is_empty() {
            return Err(RunError::NoNotebooks { folder: self.project.notebooks_dir() });
        }
        let chosen = wanted.choose(&notebooks)?;
        // One of several partitions may be empty.
        if chosen.is_empty() && wanted.partition.is_none() {
            return Err(RunError::NothingSelected);
        }
        let target = |chosen: &Chosen| {
            let notebook = notebooks.usable.iter().find(|notebook| notebook.name == chosen.name)?.clone();
            Some(Target { label: notebook.name.clone(), notebook, cells: chosen.cells, inputs_changed: false })
        };
        let targets = chosen.iter().filter_map(target).collect();
        let names = chosen.into_iter().map(|chosen| chosen.name).collect();
        Ok(Selected { notebooks, names, targets })
    }

    /// Folders of the local packages that the prepared notebooks depend on.
    pub(super) fn sources(&self) -> Vec<PathBuf> {
        let sources: BTreeSet<PathBuf> = self.engines.iter().flat_map(|engine| engine.sources()).cloned().collect();
        sources.into_iter().collect()
    }

    /// The names of the engines and kernels that run these notebooks.
    fn engine_names<'n>(&self, notebooks: impl Iterator<Item = &'n Notebook> + Clone) -> String {
        let names: Vec<String> = self.engines.iter().map(|engine| engine_name(&**engine, notebooks.clone())).collect();
        let names: BTreeSet<&str> = names.iter().flat_map(|names| names.split(", ")).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    }

    /// Rules of the project's own that never applied, though they are for notebooks that exist.
    fn unused_rules(&self, hits: &[RuleHits], names: &[&str]) -> Vec<String> {
        let applied = |name: &str| hits.iter().any(|rule| rule.is_own && rule.rule == name && rule.hits > 0);
        let could = self.project.config.redact.iter().filter(|rule| !notices::fits_none(&rule.only, names));
        could.map(|rule| rule.name.clone()).filter(|name| !applied(name)).collect()
    }

    pub(super) fn build(
        &mut self,
        place: usize,
        all: &[Notebook],
        selected: &[Notebook],
        emit: Emit<'_>,
    ) -> Result<(), RunError> {
        build(&mut *self.engines[place], all, selected, emit)
    }

    /// Runs notebooks, as many at once as allowed, and passes the outcome of each to `done`. Returns those
    /// that were not begun.
    pub(super) fn run_all(
        &self,
        place: usize,
        targets: &[Target],
        emit: Emit<'_>,
        done: &mut dyn FnMut(&Target, Outcome) -> Result<(), RunError>,
    ) -> Result<Vec<Target>, RunError> {
        let config = &self.project.config;
        // The pending snapshots of the first engine stay as they are.
        let untouched = self.store.clone().with_update(UpdateMode::OfFurtherEngine);
        let store = if place == 0 { self.store } else { &untouched };
        let one = OneNotebook {
            project: self.project,
            environment: self.environment,
            purpose: Purpose::Test(store),
            retries: config.retries,
            repeat: self.repeat.max(1),
            fail_fast: config.fail_fast,
        };
        let start = |number| Ok(self.engines[place].worker(number)?);
        let crew = Crew { jobs: self.jobs.min(targets.len()), targets, start: &start, one: &one };
        crew.run(emit, &mut SlowCells::new(config.slow_after), done)
    }
}
