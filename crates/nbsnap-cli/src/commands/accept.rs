//! `nbsnap accept`: makes pending snapshots the new truth.

use std::io::Write;

use nbsnap::project::Project;
use nbsnap::run::RunError;
use nbsnap::select::Selection;
use nbsnap::snapshot::UpdateMode;

use super::targets::with_whole_paths;
use crate::exit::Exit;
use crate::screen;

/// Runs the command.
pub(crate) fn run(project: &Project, names: &[String]) -> Result<Exit, RunError> {
    let store = super::store::store(project, UpdateMode::WritePending);
    let notebooks = project.notebooks()?;
    let selected = Selection::of_names(&with_whole_paths(project, names)).names_of(&notebooks)?;
    let (usable, all) = (&notebooks.usable, names.is_empty());
    let chosen: Vec<_> = usable.iter().filter(|notebook| selected.contains(&notebook.name)).cloned().collect();
    let orphans = store.orphans(&chosen, all)?;
    let accepted = store.accept(if all { None } else { Some(&selected) }, &orphans)?;
    let mut out = screen::stdout();
    let shown = |path: &std::path::Path| path.strip_prefix(&project.root).unwrap_or(path).display().to_string();
    let mut tell = || -> std::io::Result<()> {
        for path in &accepted.updated {
            writeln!(out, "accepted {}", shown(path))?;
        }
        for path in &accepted.removed {
            writeln!(out, " removed {}", shown(path))?;
        }
        if accepted.updated.is_empty() && accepted.removed.is_empty() {
            writeln!(out, "nothing is pending")?;
        }
        Ok(())
    };
    tell().map_err(RunError::Report)?;
    Ok(Exit::Success)
}
