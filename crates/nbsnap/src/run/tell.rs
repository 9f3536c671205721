//! Events about notebooks that are not run.
//!
//! It counts what it reports, and decides nothing.

use std::time::Duration;

use super::error::RunError;
use super::target::Target;
use crate::event::{
    CellFinished, CellVerdict, Emit, Event, Evidence, NotebookFinished, NotebookProblem, Status, Summary, Timing,
};
use crate::project::{Notebooks, Project};

/// Reports the notebooks that cannot be tested at all.
pub(super) fn unusable(
    project: &Project,
    notebooks: &Notebooks,
    selected: &[String],
    summary: &mut Summary,
    emit: Emit<'_>,
) -> Result<(), RunError> {
    for (name, path, error) in notebooks.unusable.iter().filter(|(name, ..)| selected.contains(name)) {
        summary.failed += 1;
        let problems = vec![NotebookProblem::Unusable { reason: error.to_string() }];
        let (notebook, path) = (name.clone(), project.relative(path));
        let (evidence, elapsed) = (Evidence::Run, Duration::ZERO);
        let (status, attempts) = (Status::Failed, 1);
        let finished = NotebookFinished { notebook, path, problems, status, attempts, evidence, elapsed };
        emit(Event::NotebookFinished(finished)).map_err(RunError::Report)?;
    }
    Ok(())
}

/// Reports a notebook that is skipped because it says so.
pub(super) fn skipped(
    project: &Project,
    target: &Target,
    reason: &str,
    summary: &mut Summary,
    emit: Emit<'_>,
) -> Result<(), RunError> {
    let (notebook, path) = (target.label.clone(), project.relative(&target.notebook.path));
    let (cells, reason) = (target.cells().len(), reason.to_owned());
    summary.skipped += 1;
    summary.cells_skipped += cells;
    emit(Event::NotebookSkipped { notebook, path, cells, reason }).map_err(RunError::Report)
}

/// Reports a notebook that was not begun, as another one had failed.
pub(super) fn not_begun(project: &Project, target: &Target, summary: &mut Summary, emit: Emit<'_>) -> Result<(), RunError> {
    let (name, path) = (target.label.clone(), project.relative(&target.notebook.path));
    summary.not_run += 1;
    summary.cells_not_run += target.cells().len();
    let (problems, status, attempts, evidence, elapsed) = (Vec::new(), Status::NotRun, 0, Evidence::Run, Duration::ZERO);
    let finished = NotebookFinished { notebook: name, path, problems, status, attempts, evidence, elapsed };
    emit(Event::NotebookFinished(finished)).map_err(RunError::Report)
}

/// Reports a notebook that still passes, as the cache knows, without a run by the engine.
pub(super) fn cached(
    project: &Project,
    target: &Target,
    summary: &mut Summary,
    elapsed: Duration,
    emit: Emit<'_>,
) -> Result<(), RunError> {
    let notebook = &target.notebook;
    let (name, path, cells) = (target.label.clone(), project.relative(&notebook.path), notebook.cells.len());
    emit(Event::NotebookStarted { notebook: name.clone(), cells }).map_err(RunError::Report)?;
    summary.cached += 1;
    summary.cells_cached += cells;
    for cell in &notebook.cells {
        let (notebook, path, cell, verdict) = (name.clone(), path.clone(), cell.clone(), CellVerdict::Cached);
        let (record, timing) = (None, Timing::default());
        let finished = CellFinished { notebook, path, cell, verdict, record, timing };
        emit(Event::CellFinished(finished)).map_err(RunError::Report)?;
    }
    let (problems, status, attempts, evidence) = (Vec::new(), Status::Cached, 1, Evidence::Cache);
    let finished = NotebookFinished { notebook: name, path, problems, status, attempts, evidence, elapsed };
    emit(Event::NotebookFinished(finished)).map_err(RunError::Report)
}
