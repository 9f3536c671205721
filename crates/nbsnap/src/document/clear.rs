//! Removes what a run or an editor leaves in a notebook, before committing it.

use serde_json::{Map, Value};

use super::Document;
use super::cell::{is_cell, set, tags};

/// Metadata of a cell about how it was last run or shown, not about its content.
pub(crate) const CELL_METADATA: &[&str] = &["ExecuteTime", "collapsed", "execution", "papermill", "scrolled"];
/// Such metadata of a notebook.
pub(crate) const NOTEBOOK_METADATA: &[&str] = &["papermill", "signature", "widgets"];

/// What to remove in addition to outputs and execution counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clear {
    /// Whether to remove metadata about how a cell was last run or shown.
    pub metadata: bool,
    /// Whether cells that were put in for the parameters of a run go too.
    pub injected: bool,
}

impl Document {
    /// Takes out outputs, execution counts, and what `clear` says. Cells tagged `keep-output` keep theirs.
    pub fn clear(&mut self, clear: Clear) {
        if clear.injected {
            let is_injected = |cell: &Map<String, Value>| tags(cell).any(|tag| tag == "injected-parameters");
            let injected: Vec<usize> =
                self.cells().enumerate().filter(|(_, cell)| is_injected(cell)).map(|(index, _)| index).collect();
            injected.into_iter().rev().for_each(|index| self.remove_cell(index));
        }
        if clear.metadata {
            NOTEBOOK_METADATA.iter().for_each(|name| drop(self.metadata_mut().shift_remove(*name)));
        }
        for cell in self.cells_mut() {
            let keeps = tags(cell).any(|tag| tag == "keep-output");
            if is_cell(cell, "code") && !keeps {
                set(cell, "outputs", Value::Array(Vec::new()));
                set(cell, "execution_count", Value::Null);
            }
            if clear.metadata
                && let Some(metadata) = cell.get_mut("metadata").and_then(Value::as_object_mut)
            {
                CELL_METADATA.iter().for_each(|name| drop(metadata.shift_remove(*name)));
            }
        }
    }
}
