//! A notebook that is to be run, and how much of it.

use crate::notebook::{CodeCell, Notebook};

/// A notebook that was selected, and how much of it.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The notebook.
    pub(super) notebook: Notebook,
    /// Its name in events, with the engine where there are several.
    pub(super) label: String,
    /// How many of its code cells are selected, from the first on; all, if there is no number.
    pub(super) cells: Option<usize>,
    /// Whether something that it rests on is known to have changed since it passed.
    pub(super) inputs_changed: bool,
}

impl Target {
    /// The code cells that are selected.
    pub(super) fn cells(&self) -> &[CodeCell] {
        let cells = &self.notebook.cells;
        &cells[..self.cells.unwrap_or(cells.len()).min(cells.len())]
    }

    /// The notebook as the engine runs it: without cells that are not selected or say that they are not run.
    pub(super) fn to_run(&self) -> Notebook {
        let mut cells: Vec<CodeCell> = self.cells().iter().filter(|cell| cell.overrides.skip.is_none()).cloned().collect();
        // To the engine this is a notebook like any other.
        cells.iter_mut().enumerate().for_each(|(index, cell)| cell.number = index + 1);
        Notebook { cells, ..self.notebook.clone() }
    }
}
