//! One notebook: lent what it needs, run by a worker, judged.
//!
//! The main type is [`OneNotebook`]. It knows nothing of other notebooks, nor of what an earlier run found.

use std::time::{Duration, Instant};

use super::judge::Judge;
use super::{Emit, RunError, environment_error};
use crate::engine::{Look, Progress, Run, Worker};
use crate::environment::{Environment, Loan};
use crate::event::{Event, Evidence, Summary};
use crate::notebook::Notebook;
use crate::project::Project;
use crate::redact::Redactor;
use crate::snapshot::SnapshotStore;

/// What every notebook of a project is run and judged with.
pub(super) struct OneNotebook<'a> {
    pub(super) project: &'a Project,
    pub(super) environment: &'a dyn Environment,
    pub(super) store: &'a SnapshotStore,
    /// Whether the engine has a quicker way that is to be tried first.
    pub(super) quick: bool,
}

impl OneNotebook<'_> {
    /// Runs the notebook. Returns the counts of this one.
    pub(super) fn run(&self, worker: &mut dyn Worker, notebook: &Notebook, emit: Emit<'_>) -> Result<Summary, RunError> {
        let started = Instant::now();
        let mut summary = Summary::default();
        if self.quick && self.shortcut(worker, notebook, &mut summary, emit)? {
            return Ok(summary);
        }
        let loan = self.lend(notebook)?;
        let run = self.run_of(notebook, &*loan);
        let mut judge = Judge::begin(self.project, self.store, notebook, &*loan, self.redactor(&*loan)?, emit)?;
        worker.run(&run, &mut |progress| judge.take(progress))?;
        judge.finish(Evidence::Run, &mut summary, started.elapsed())?;
        Ok(summary)
    }

    /// Runs the notebook in the engine's quicker way. Says whether that was possible.
    fn shortcut(
        &self,
        worker: &mut dyn Worker,
        notebook: &Notebook,
        summary: &mut Summary,
        emit: Emit<'_>,
    ) -> Result<bool, RunError> {
        let started = Instant::now();
        // What a try does to its environment must not be there for a run that decides.
        let loan = self.lend(notebook)?;
        let records = match worker.shortcut(&self.run_of(notebook, &*loan))? {
            Look::Records(records) => records,
            Look::Declined(reason) => {
                let message = format!("{}: evcxr runs it: {reason}", notebook.name);
                emit(Event::Notice { message }).map_err(RunError::Report)?;
                return Ok(false);
            }
        };
        let mut judge = Judge::begin(self.project, self.store, notebook, &*loan, self.redactor(&*loan)?, emit)?;
        for (cell, record) in notebook.cells.iter().zip(records) {
            if judge.take(Progress::Started(cell)).is_break()
                || judge.take(Progress::Ended(cell, record, Duration::ZERO)).is_break()
            {
                break;
            }
        }
        judge.finish(Evidence::Shortcut, summary, started.elapsed())?;
        Ok(true)
    }

    fn lend(&self, notebook: &Notebook) -> Result<Box<dyn Loan>, RunError> {
        self.environment.lend(notebook).map_err(|reason| environment_error(notebook, reason))
    }

    fn run_of<'n>(&self, notebook: &'n Notebook, loan: &dyn Loan) -> Run<'n> {
        let config = &self.project.config;
        Run {
            notebook,
            variables: loan.variables(),
            cell_timeout: config.cell_timeout,
            compile_timeout: config.compile_timeout,
            max_output: config.max_output,
        }
    }

    fn redactor(&self, loan: &dyn Loan) -> Result<Redactor, RunError> {
        let mut rules = Redactor::builder();
        rules.path(&self.project.root, "[ROOT]").path(&std::env::temp_dir(), "[TMP]");
        if let Some(home) = std::env::home_dir() {
            rules.home(&home);
        }
        for secret in loan.secrets() {
            rules.secret(secret);
        }
        for rule in &self.project.config.redact {
            rules.rule(&rule.name, &rule.pattern, &rule.replace);
        }
        Ok(rules.build()?)
    }
}
