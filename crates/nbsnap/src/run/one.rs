//! One notebook: provided with what it needs, run by a worker, judged, and run again where that is wanted.
//!
//! The main type is [`OneNotebook`]. It knows nothing of other notebooks, nor of what an earlier run found.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rust_cells::Accesses;

use super::attempt::{Attempt, Judgement, Purpose};
use super::error::RunError;
use super::judge::Judge;
use super::target::Target;
use crate::engine::{EngineError, Progress, Run, Worker};
use crate::environment::{Environment, Lease};
use crate::event::{Emit, Event, Evidence, NotebookFinished, NotebookProblem, Status, Summary};
use crate::notebook::Notebook;
use crate::project::Project;
use crate::record::{CellRecord, Failure};
use crate::redact::{Redactor, RuleHits};

/// What every notebook of a project is run and judged with.
pub(super) struct OneNotebook<'a> {
    pub(super) project: &'a Project,
    pub(super) environment: &'a dyn Environment,
    pub(super) purpose: Purpose<'a>,
    /// How often a notebook that failed is run again, unless it says so itself.
    pub(super) retries: u32,
    /// How often a notebook that passes is run.
    pub(super) repeat: u32,
    /// Whether no further notebook is begun once one has failed.
    pub(super) fail_fast: bool,
}

/// The outcome of a notebook.
pub(super) struct Outcome {
    /// The counts of this one.
    pub(super) summary: Summary,
    /// How often each redaction rule applied.
    pub(super) hits: Vec<RuleHits>,
    /// Whether all of it was run, and passed at the first try.
    pub(super) is_clean: bool,
    /// Whether the user stopped it.
    pub(super) is_interrupted: bool,
    /// What each of its code cells produced, redacted, where it was run for that; nothing for one that was
    /// not run.
    pub(super) records: Vec<Option<CellRecord>>,
    /// What its cells have asked the system for, if that is known.
    pub(super) accesses: Option<Accesses>,
}

/// One run of a notebook, of those that it may take.
#[derive(Clone, Copy)]
struct Try<'a> {
    target: &'a Target,
    /// The notebook as the engine runs it.
    to_run: &'a Notebook,
    attempt: Attempt,
}

impl OneNotebook<'_> {
    /// Runs the notebook, as often as is wanted.
    pub(super) fn run(&self, worker: &mut dyn Worker, target: &Target, emit: Emit<'_>) -> Result<Outcome, RunError> {
        let (notebook, mut summary) = (&target.notebook, Summary::default());
        let to_run = &target.to_run();
        // Whether it passes always is another question than whether it passes at all.
        let retries = if self.repeat > 1 { 0 } else { notebook.overrides.retries.unwrap_or(self.retries) };
        let mut attempt = Attempt { number: 1, of: 1 + retries, repeat: self.repeat };
        loop {
            let judgement = self.run_once(worker, Try { target, to_run, attempt }, &mut summary, emit)?;
            if let Judgement { status, hits, is_interrupted, is_last: true, mut records, accesses } = judgement {
                let is_clean = status == Status::Passed && target.cells.is_none();
                records.resize(target.cells().len(), None);
                return Ok(Outcome { summary, hits, is_clean, is_interrupted, records, accesses });
            }
            attempt.number += 1;
        }
    }

    /// Whether no further notebook is to be begun after this one.
    pub(super) fn ends_run(&self, outcome: &Result<Outcome, RunError>) -> bool {
        let ends = |outcome: &Outcome| outcome.is_interrupted || self.fail_fast && outcome.summary.failed > 0;
        outcome.as_ref().is_ok_and(ends)
    }

    /// Reports that the runner itself broke down over the notebook.
    pub(super) fn broke(&self, target: &Target, message: String, emit: Emit<'_>) -> Result<Outcome, RunError> {
        let (notebook, path) = (target.label.clone(), self.project.relative(&target.notebook.path));
        let (problems, status) = (vec![NotebookProblem::Engine { message }], Status::Internal);
        let (attempts, evidence, elapsed) = (1, Evidence::Run, Duration::ZERO);
        let finished = NotebookFinished { notebook, path, problems, status, attempts, evidence, elapsed };
        emit(Event::NotebookFinished(finished)).map_err(RunError::Report)?;
        let summary = Summary { failed: 1, internal: 1, cells_not_run: target.cells().len(), ..Summary::default() };
        Ok(Outcome { summary, hits: Vec::new(), is_clean: false, is_interrupted: false, records: Vec::new(), accesses: None })
    }

    fn run_once(
        &self,
        worker: &mut dyn Worker,
        this: Try<'_>,
        summary: &mut Summary,
        emit: Emit<'_>,
    ) -> Result<Judgement, RunError> {
        let Try { target, to_run, attempt } = this;
        let (notebook, cells) = (target.label.clone(), target.cells().len());
        emit(Event::NotebookStarted { notebook, cells }).map_err(RunError::Report)?;
        let started = Instant::now();
        let lease = self.environment.provision(to_run).map_err(|reason| RunError::environment(to_run, reason))?;
        let run = Run::new(&self.project.config, to_run, lease.variables());
        let redactor = self.redactor(to_run, &*lease)?;
        let mut judge = Judge::new(self.project, self.purpose, target, &*lease, redactor, emit);
        let whole = self.project.config.notebook_timeout(to_run);
        match worker.run(&run, &mut |progress| judge.take(of_notebook(progress, &run, whole))) {
            Err(EngineError::Interrupted) => judge.add(NotebookProblem::Interrupted),
            ran => ran?,
        }
        if judge.is_unexplained(attempt) && !run.is_over() && !self.environment.is_shared() {
            judge.announce_second_run()?;
            match self.second_run(worker, to_run) {
                Ok(records) => judge.take_second_run(&records),
                Err(RunError::Engine(EngineError::Interrupted)) => judge.add(NotebookProblem::Interrupted),
                Err(error) => return Err(error),
            }
        }
        if run.is_over() && (judge.has_timed_out() || !judge.has_all()) {
            judge.add(NotebookProblem::TimedOut { limit: whole });
        }
        judge.finish(attempt, summary, started.elapsed())
    }

    /// What the cells produce when the notebook is run once more, afresh, by their ids.
    fn second_run(&self, worker: &mut dyn Worker, to_run: &Notebook) -> Result<BTreeMap<String, CellRecord>, RunError> {
        let lease = self.environment.provision(to_run).map_err(|reason| RunError::environment(to_run, reason))?;
        let run = Run::new(&self.project.config, to_run, lease.variables());
        let mut redactor = self.redactor(to_run, &*lease)?;
        let mut records = BTreeMap::new();
        worker.run(&run, &mut |progress| {
            if let Progress::Ended(cell, mut record, _) = progress {
                redactor.record(&cell.id, &mut record);
                records.insert(cell.id.clone(), record);
            }
            ControlFlow::Continue(())
        })?;
        Ok(records)
    }

    fn redactor(&self, notebook: &Notebook, lease: &dyn Lease) -> Result<Redactor, RunError> {
        let mut rules = Redactor::builder();
        rules.notebook(&notebook.name).configure(&self.project.config).variables(lease.variables()).variables(std::env::vars());
        rules.path(&self.project.root, "[ROOT]").path(&std::env::temp_dir(), "[TMP]");
        if let Some(home) = std::env::home_dir() {
            rules.home(&home);
        }
        for secret in lease.secrets() {
            rules.secret(secret);
        }
        Ok(match self.purpose {
            Purpose::Test(_) => rules.build()?,
            // What differs between machines stays: somebody wants to see it.
            Purpose::Outputs(_) => rules.build_for_secrets()?,
        })
    }
}

/// Distinguishes a cell that used up its own time from one that had only the rest of its notebook's time.
fn of_notebook<'c>(progress: Progress<'c>, run: &Run<'_>, whole: Duration) -> Progress<'c> {
    let Progress::Ended(cell, mut record, timing) = progress else { return progress };
    if let Some(Failure::Timeout { limit }) = record.failure {
        let allowed = run.allowed(cell);
        // A kernel that does not say when it begins to run a cell has both together.
        if ![allowed.run, allowed.compile, allowed.run + allowed.compile].contains(&limit) {
            record.failure = Some(Failure::NotebookTimeout { limit: whole, left: limit });
        }
    }
    Progress::Ended(cell, record, timing)
}
