//! Runs notebooks for their outputs, as Jupyter's "Run all" does: nothing is compared, and a cell that fails
//! ends its notebook.
//!
//! The main type is [`OutputsOnly`]. It reports the same events as a test and hands out what the cells
//! produced; a [`Document`](crate::document::Document) takes that in. It hides only secrets.

use std::time::Instant;

use super::attempt::Purpose;
use super::error::RunError;
use super::one::OneNotebook;
use super::preparation::{engine_name, prepare};
use super::target::Target;
use crate::engine::{Engine, EngineError};
use crate::environment::Environment;
use crate::event::{Emit, Event, Summary};
use crate::notebook::Notebook;
use crate::project::Project;
use crate::record::CellRecord;

pub use super::attempt::AfterFailure;

/// Everything that running notebooks for their outputs needs.
pub struct OutputsOnly<'a> {
    /// The project.
    pub project: &'a Project,
    /// What runs the notebooks.
    pub engine: &'a mut dyn Engine,
    /// What the notebooks are provided with.
    pub environment: &'a dyn Environment,
    /// What happens to the cells after one that failed.
    pub after_failure: AfterFailure,
}

/// The outcome of a notebook.
#[derive(Clone, Debug, Default)]
pub struct Executed {
    /// What each code cell produced; nothing for one that was not run.
    pub records: Vec<Option<CellRecord>>,
    /// Whether every cell ran, and failed only where its tag says so.
    pub passed: bool,
}

impl OutputsOnly<'_> {
    /// Builds the dependencies of the notebooks and runs them, one after the other. `done` gets the outcome
    /// of each, by its place, as soon as it has ended. When the user wants to stop, that is the cells that
    /// have ended.
    ///
    /// # Errors
    /// When they cannot be run, or the user wants to stop. A notebook that fails for a reason of its own is
    /// not an error.
    pub fn run(
        &mut self,
        notebooks: &[Notebook],
        emit: Emit<'_>,
        done: &mut dyn FnMut(usize, Executed),
    ) -> Result<Summary, RunError> {
        let started = Instant::now();
        let mut notebooks = notebooks.to_vec();
        notebooks.iter_mut().for_each(|notebook| self.project.config.kernels.apply(notebook));
        let cells = notebooks.iter().map(|notebook| notebook.cells.len()).sum();
        let engine = engine_name(&*self.engine, &notebooks);
        emit(Event::RunStarted { notebooks: notebooks.len(), cells, engine }).map_err(RunError::Report)?;
        prepare(self.project, self.engine, &notebooks, emit)?;
        let one = OneNotebook {
            project: self.project,
            environment: self.environment,
            purpose: Purpose::Outputs(self.after_failure),
            retries: 0,
            repeat: 1,
            fail_fast: false,
        };
        let mut summary = Summary::default();
        let mut worker = self.engine.worker(0)?;
        for (place, notebook) in notebooks.iter().enumerate() {
            let notebook = notebook.clone();
            let target = Target { label: notebook.name.clone(), notebook, cells: None, inputs_changed: false };
            let outcome = one.run(&mut *worker, &target, emit)?;
            summary.add(&outcome.summary);
            done(place, Executed { records: outcome.records, passed: outcome.summary.failed + outcome.summary.not_run == 0 });
            if outcome.is_interrupted {
                return Err(EngineError::Interrupted.into());
            }
        }
        emit(Event::RunFinished { summary, elapsed: started.elapsed() }).map_err(RunError::Report)?;
        Ok(summary)
    }
}
