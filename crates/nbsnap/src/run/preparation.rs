//! Builds what notebooks depend on, and passes the engine's events on.

use std::collections::BTreeSet;

use super::error::RunError;
use crate::engine::Engine;
use crate::event::Emit;
use crate::notebook::Notebook;
use crate::project::Project;

/// Builds the dependencies of notebooks, in versions that fit all notebooks of the project. These notebooks
/// count as they are now.
pub(super) fn prepare(
    project: &Project,
    engine: &mut dyn Engine,
    notebooks: &[Notebook],
    emit: Emit<'_>,
) -> Result<(), RunError> {
    let mut all = project.notebooks()?.usable;
    all.retain(|known| !notebooks.iter().any(|notebook| notebook.name == known.name));
    all.extend_from_slice(notebooks);
    build(engine, &all, notebooks, emit)
}

/// Has an engine prepare, and passes its events on.
pub(super) fn build(engine: &mut dyn Engine, all: &[Notebook], selected: &[Notebook], emit: Emit<'_>) -> Result<(), RunError> {
    let mut written = Ok(());
    engine.prepare(all, selected, &mut |event| {
        if written.is_ok() {
            written = emit(event);
        }
    })?;
    written.map_err(RunError::Report)
}

/// The engine's names for what runs these notebooks.
pub(super) fn engine_name<'n>(engine: &dyn Engine, notebooks: impl IntoIterator<Item = &'n Notebook>) -> String {
    let names: BTreeSet<&str> = notebooks.into_iter().map(|notebook| engine.name_for(notebook)).collect();
    if names.is_empty() { engine.name().to_owned() } else { names.into_iter().collect::<Vec<_>>().join(", ") }
}
