//! Runs a notebook for its outputs, as Jupyter's "Run all" does: nothing is compared, and a cell that fails ends the run.
//!
//! The main type is [`Execution`]. It tells what happens in the same events as a test, and hands out the cells' records; a
//! [`Document`](crate::document::Document) takes them in. Of what may differ between machines nothing is hidden but secrets.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use crate::engine::{Engine, EngineError, Progress, Run, Worker};
use crate::environment::{Environment, Loan};
use crate::event::{CellProblem, CellVerdict, Event, Evidence, NotebookProblem, Status, Summary, Timing};
use crate::notebook::{CodeCell, Notebook};
use crate::project::Project;
use crate::record::{CellRecord, Failure};
use crate::redact::Redactor;
use crate::runner::{Emit, RunError, engine_name};

/// Everything that running notebooks for their outputs needs.
pub struct Execution<'a> {
    /// The project.
    pub project: &'a Project,
    /// What runs the notebooks.
    pub engine: &'a mut dyn Engine,
    /// What the notebooks are lent.
    pub environment: &'a dyn Environment,
    /// Whether the cells after one that failed run all the same.
    pub allow_errors: bool,
}

/// What came of a notebook.
#[derive(Clone, Debug, Default)]
pub struct Executed {
    /// What each code cell produced; nothing for one that was not run.
    pub records: Vec<Option<CellRecord>>,
    /// Whether every cell ran, and failed only where its tag says so.
    pub passed: bool,
    /// Whether the user has stopped it.
    pub interrupted: bool,
}

impl Execution<'_> {
    /// Builds what the notebooks depend on and runs them, one after the other. `done` is given what came of each, by its place, as soon as it
    /// ended; when the user wants to stop, that is the cells that had ended.
    ///
    /// # Errors
    /// When they cannot be run, or the user wants to stop. A cell that fails is no error.
    pub fn execute(
        &mut self,
        notebooks: &[Notebook],
        emit: Emit<'_>,
        done: &mut dyn FnMut(usize, Executed),
    ) -> Result<(), RunError> {
        let started = Instant::now();
        let cells = notebooks.iter().map(|notebook| notebook.cells.len()).sum();
        emit(Event::RunStarted { notebooks: notebooks.len(), cells, engine: engine_name(&*self.engine, notebooks) })
            .map_err(RunError::Report)?;
        prepare(self.project, self.engine, notebooks, emit)?;
        let mut summary = Summary::default();
        let mut worker = self.engine.worker(0)?;
        for (place, notebook) in notebooks.iter().enumerate() {
            let executed = self.run(&mut *worker, notebook, &mut summary, emit)?;
            let interrupted = executed.interrupted;
            done(place, executed);
            if interrupted {
                return Err(EngineError::Interrupted.into());
            }
        }
        emit(Event::RunFinished { summary, elapsed: started.elapsed() }).map_err(RunError::Report)
    }

    fn run(
        &self,
        worker: &mut dyn Worker,
        whole: &Notebook,
        summary: &mut Summary,
        emit: Emit<'_>,
    ) -> Result<Executed, RunError> {
        let started = Instant::now();
        let notebook = &without_skipped(whole);
        let mut teller = Teller { notebook, path: self.relative(notebook), emit };
        teller.tell(Event::NotebookStarted { notebook: notebook.name.clone(), cells: notebook.cells.len() })?;
        let loan = self.lend(notebook)?;
        let ran = self.run_cells(worker, notebook, &*loan, &mut teller)?;
        let Ran { cells: mut ran, interrupted } = ran;
        let mut secrets = Redactor::builder();
        secrets.variables(loan.variables()).variables(std::env::vars());
        for secret in loan.secrets() {
            secrets.secret(secret);
        }
        let mut secrets = secrets.build_for_secrets()?;
        for (cell, (record, _)) in notebook.cells.iter().zip(&mut ran) {
            secrets.record(&cell.id, record);
        }

        let mut status = Status::Passed;
        for (cell, (record, timing)) in notebook.cells.iter().zip(&ran) {
            let verdict = verdict(cell, record);
            status = status.max(verdict.status());
            *if verdict == CellVerdict::Passed { &mut summary.cells_passed } else { &mut summary.cells_failed } += 1;
            teller.finished(cell, verdict, Some(Box::new(record.clone())), *timing)?;
        }
        for cell in &notebook.cells[ran.len()..] {
            summary.cells_not_run += 1;
            teller.finished(cell, CellVerdict::NotRun, None, Timing::default())?;
            status = status.max(Status::NotRun);
        }
        let problems: Vec<NotebookProblem> =
            loan.refused_hosts().into_iter().map(|host| NotebookProblem::RefusedHost { host }).collect();
        let all_well = notebook.cells.iter().zip(&ran).all(|(cell, (record, _))| verdict(cell, record) == CellVerdict::Passed);
        let passed = all_well && ran.len() == notebook.cells.len() && problems.is_empty();
        *if passed { &mut summary.passed } else { &mut summary.failed } += 1;
        let (name, path) = (notebook.name.clone(), teller.path.clone());
        let status = problems.iter().map(NotebookProblem::status).fold(status, Status::max);
        let (attempts, evidence, elapsed) = (1, Evidence::Run, started.elapsed());
        teller.tell(Event::NotebookFinished { notebook: name, path, problems, status, attempts, evidence, elapsed })?;
        let mut ran = ran.into_iter().map(|(record, _)| record);
        let records = whole.cells.iter().map(|cell| if is_skipped(cell) { None } else { ran.next() }).collect();
        Ok(Executed { records, passed, interrupted })
    }

    /// Runs the notebook cell by cell, until one fails that was not meant to.
    fn run_cells(
        &self,
        worker: &mut dyn Worker,
        notebook: &Notebook,
        loan: &dyn Loan,
        teller: &mut Teller<'_>,
    ) -> Result<Ran, RunError> {
        let run = self.run_of(notebook, loan);
        let mut cells = Vec::new();
        let mut broken = None;
        let allow_errors = self.allow_errors;
        let ran = worker.run(&run, &mut |progress| match progress {
            Progress::Started(cell) => match teller.started(cell) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    broken = Some(error);
                    ControlFlow::Break(())
                }
            },
            Progress::Ended(cell, record, timing) => {
                let goes_on = allow_errors || verdict(cell, &record) == CellVerdict::Passed;
                cells.push((record, timing));
                if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            }
            // Jupyter, too, shows it with the cell that was the last to run.
            Progress::Late(text) => {
                if let Some((record, _)) = cells.last_mut() {
                    record.stdout.push_str(&text);
                }
                ControlFlow::Continue(())
            }
            Progress::CannotBegin(failure) => {
                broken = Some(RunError::Engine(EngineError::Failed { message: failure.to_string() }));
                ControlFlow::Break(())
            }
        });
        match (broken, ran) {
            (Some(error), _) => Err(error),
            (None, Err(EngineError::Interrupted)) => Ok(Ran { cells, interrupted: true }),
            (None, Err(error)) => Err(error.into()),
            (None, Ok(())) => Ok(Ran { cells, interrupted: false }),
        }
    }

    fn lend(&self, notebook: &Notebook) -> Result<Box<dyn Loan>, RunError> {
        let error = |reason| RunError::Environment { notebook: notebook.name.clone(), reason };
        self.environment.lend(notebook).map_err(error)
    }

    fn run_of<'n>(&self, notebook: &'n Notebook, loan: &dyn Loan) -> Run<'n> {
        let config = &self.project.config;
        Run {
            notebook,
            variables: loan.variables(),
            cell_timeout: notebook.overrides.cell_timeout.unwrap_or(config.cell_timeout),
            compile_timeout: notebook.overrides.compile_timeout.unwrap_or(config.compile_timeout),
            max_output: config.max_output,
            max_memory: notebook.overrides.max_memory.or(config.max_memory),
            deadline: Instant::now().checked_add(notebook.overrides.notebook_timeout.unwrap_or(config.notebook_timeout)),
        }
    }

    fn relative(&self, notebook: &Notebook) -> PathBuf {
        notebook.path.strip_prefix(&self.project.root).unwrap_or(&notebook.path).to_owned()
    }
}

/// Builds what notebooks depend on, in the versions of all notebooks of the project, these among them as they are now.
pub(crate) fn prepare(
    project: &Project,
    engine: &mut dyn Engine,
    notebooks: &[Notebook],
    emit: Emit<'_>,
) -> Result<(), RunError> {
    let mut all = project.notebooks()?.usable;
    all.retain(|known| !notebooks.iter().any(|notebook| notebook.name == known.name));
    all.extend_from_slice(notebooks);
    let mut written = Ok(());
    engine.prepare(&all, notebooks, &mut |event| {
        if written.is_ok() {
            written = emit(event);
        }
    })?;
    written.map_err(RunError::Report)
}

/// What came of running.
struct Ran {
    /// Records of cells in order, with how long each took.
    cells: Vec<(CellRecord, Timing)>,
    /// Whether the user has stopped it.
    interrupted: bool,
}

fn is_skipped(cell: &CodeCell) -> bool {
    cell.overrides.skip.is_some()
}

/// The notebook without the cells that say that they are not run. To the engine it is a notebook like any other.
fn without_skipped(notebook: &Notebook) -> Notebook {
    let mut cells: Vec<CodeCell> = notebook.cells.iter().filter(|cell| !is_skipped(cell)).cloned().collect();
    cells.iter_mut().enumerate().for_each(|(index, cell)| cell.number = index + 1);
    Notebook { cells, ..notebook.clone() }
}

/// What a record means where nothing is compared.
fn verdict(cell: &CodeCell, record: &CellRecord) -> CellVerdict {
    let problem = match &record.failure {
        Some(failure) if cell.must_raise() && failure.is_raised_by_code() => return CellVerdict::Passed,
        Some(failure) => CellProblem::Failed(failure.clone()),
        None if cell.must_raise() => CellProblem::DidNotRaise,
        None => return CellVerdict::Passed,
    };
    // A panic has said it all in its message.
    let stderr = if matches!(record.failure, Some(Failure::Panic { .. })) { String::new() } else { record.stderr.clone() };
    CellVerdict::Failed { problems: vec![problem], stderr }
}

/// Tells of one notebook.
struct Teller<'a> {
    notebook: &'a Notebook,
    path: PathBuf,
    emit: Emit<'a>,
}

impl Teller<'_> {
    fn tell(&mut self, event: Event) -> Result<(), RunError> {
        (self.emit)(event).map_err(RunError::Report)
    }

    fn started(&mut self, cell: &CodeCell) -> Result<(), RunError> {
        let (notebook, cell) = (self.notebook.name.clone(), cell.clone());
        self.tell(Event::CellStarted { notebook, cell })
    }

    fn finished(
        &mut self,
        cell: &CodeCell,
        verdict: CellVerdict,
        record: Option<Box<CellRecord>>,
        timing: Timing,
    ) -> Result<(), RunError> {
        let (notebook, path, cell) = (self.notebook.name.clone(), self.path.clone(), cell.clone());
        self.tell(Event::CellFinished { notebook, path, cell, verdict, record, timing })
    }
}
