//! `nbsnap list`: what there is to test.

use std::io::Write;
use std::path::Path;

use nbsnap::notebook::{CodeCell, Notebook};
use nbsnap::project::{Notebooks, Project, notices};
use nbsnap::report::printable_json;
use nbsnap::run::RunError;
use nbsnap::select::Selection;
use nbsnap::snapshot::{SnapshotStore, UpdateMode};
use serde_json::{Value, json};

use super::targets::with_whole_paths;
use crate::args::ListArgs;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::screen;

/// The version of the JSON document. It changes when a member changes its meaning or is removed.
const JSON_VERSION: u32 = 1;

/// Runs the command.
pub(crate) fn run(project: &Project, args: &ListArgs) -> Result<Exit, CommandError> {
    let mut notebooks = project.notebooks()?;
    if notebooks.names().is_empty() {
        return Err(RunError::NoNotebooks { folder: project.notebooks_dir() }.into());
    }
    let notes = if args.names.is_empty() { notices::of_patterns(project, &notebooks) } else { Vec::new() };
    let selected = Selection::of_names(&with_whole_paths(project, &args.names)).names_of(&notebooks)?;
    notebooks.usable.retain(|notebook| selected.contains(&notebook.name));
    notebooks.unusable.retain(|(name, ..)| selected.contains(name));
    let store = super::store::store(project, UpdateMode::Never);
    let text = if args.json { as_json(project, &store, &notebooks) } else { as_text(&store, &notebooks, &notes) };
    screen::stdout().write_all(text.as_bytes()).map_err(CommandError::Output)?;
    Ok(Exit::Success)
}

fn as_text(store: &SnapshotStore, notebooks: &Notebooks, notes: &[String]) -> String {
    let mut lines = Vec::new();
    for notebook in &notebooks.usable {
        lines.push(format!("{} ({} code cells)", notebook.name, notebook.cells.len()));
        for cell in &notebook.cells {
            let (has, pending) = snapshot_of(store, notebook, cell);
            let snapshot = match (has, pending) {
                (_, true) => "pending",
                (true, false) => "snapshot",
                (false, false) => "no output",
            };
            lines.push(format!("  {:>3}  {:<24} {snapshot:<9}  {}", cell.number, cell.id, shorten(first_line(cell), 70)));
        }
    }
    for (name, _, error) in &notebooks.unusable {
        lines.push(format!("{name} cannot be tested: {error}"));
    }
    lines.extend(notes.iter().map(|note| format!("note: {note}")));
    lines.join("\n") + "\n"
}

fn as_json(project: &Project, store: &SnapshotStore, notebooks: &Notebooks) -> String {
    let relative = |path: &Path| path.strip_prefix(&project.root).unwrap_or(path).display().to_string();
    let cell = |notebook: &Notebook, cell: &CodeCell| -> Value {
        let (has, pending) = snapshot_of(store, notebook, cell);
        let path = store.path(notebook, cell).ok().filter(|_| has).map(|path| relative(&path));
        json!({
            "number": cell.number, "id": cell.id, "tags": cell.tags, "first_line": first_line(cell), "snapshot": path, "pending": pending,
        })
    };
    let usable = notebooks.usable.iter().map(|notebook| {
        let cells: Vec<Value> = notebook.cells.iter().map(|one| cell(notebook, one)).collect();
        json!({
            "name": notebook.name, "path": relative(&notebook.path), "dependencies": notebook.dependency_lines(), "cells": cells,
        })
    });
    let unusable = notebooks
        .unusable
        .iter()
        .map(|(name, path, error)| json!({"name": name, "path": relative(path), "reason": error.to_string()}));
    let all = json!({
        "version": JSON_VERSION, "root": project.root, "notebooks": usable.collect::<Value>(), "unusable": unusable.collect::<Value>(),
        "left_out": notebooks.left_out.iter().map(|path| relative(path)).collect::<Vec<_>>(),
    });
    printable_json(&format!("{all:#}")) + "\n"
}

/// Whether a cell has a snapshot, and whether one waits for review.
fn snapshot_of(store: &SnapshotStore, notebook: &Notebook, cell: &CodeCell) -> (bool, bool) {
    let has = store.path(notebook, cell).is_ok_and(|path| path.is_file());
    (has, store.is_pending(notebook, cell).unwrap_or_default())
}

fn first_line(cell: &CodeCell) -> &str {
    cell.source.lines().find(|line| !line.trim().is_empty()).unwrap_or("").trim()
}

fn shorten(text: &str, width: usize) -> String {
    if text.chars().count() <= width { text.to_owned() } else { text.chars().take(width - 1).chain(['…']).collect() }
}
