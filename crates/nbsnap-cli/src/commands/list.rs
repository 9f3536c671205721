//! `nbsnap list`: what there is to test.

use std::io::Write;

use nbsnap::project::Project;
use nbsnap::runner::RunError;
use nbsnap::snapshot::UpdateMode;

use crate::exit::Exit;

/// Runs the command.
pub(crate) fn run(project: &Project) -> Result<Exit, RunError> {
    let notebooks = project.notebooks()?;
    if notebooks.names().is_empty() {
        return Err(RunError::NoNotebooks { folder: project.notebooks_dir() });
    }
    let store = super::store(project, UpdateMode::Never);
    let mut out = std::io::stdout().lock();
    let has_snapshot = |notebook, cell| store.path(notebook, cell).is_ok_and(|path| path.is_file());
    let mut tell = || -> std::io::Result<()> {
        for notebook in &notebooks.usable {
            writeln!(out, "{} ({} code cells)", notebook.name, notebook.cells.len())?;
            for cell in &notebook.cells {
                let snapshot = if has_snapshot(notebook, cell) { "snapshot" } else { "no output" };
                let first = cell.source.lines().find(|line| !line.trim().is_empty()).unwrap_or("").trim();
                writeln!(out, "  {:>3}  {:<24} {snapshot:<9}  {}", cell.number, cell.id, shorten(first, 70))?;
            }
        }
        for (name, _, error) in &notebooks.unusable {
            writeln!(out, "{name} cannot be tested: {error}")?;
        }
        Ok(())
    };
    tell().map_err(RunError::Report)?;
    Ok(Exit::Success)
}

fn shorten(text: &str, width: usize) -> String {
    if text.chars().count() <= width { text.to_owned() } else { text.chars().take(width - 1).chain(['…']).collect() }
}
