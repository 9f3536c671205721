//! Notebooks as documents. They are read, changed and written back. Bytes that were not meant to change are
//! kept.
//!
//! The main type is [`Document`]: the notebook's JSON, any format 4, with ids or without. Changes are
//! written in the file's own style, and everything else keeps its bytes (`splice`). `layout` finds out that
//! style. `outputs` and `parameters` make what a run writes, and `recorded` reads outputs back. nbformat
//! decides whether a document is a notebook. Nothing is executed here.

mod cell;
mod clear;
pub mod diff;
mod layout;
mod outputs;
mod parameters;
mod recorded;
mod splice;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use self::layout::Layout;
use crate::files::atomic_write;
use crate::notebook::{Notebook, NotebookError, language_name};
use crate::record::CellRecord;

pub use cell::{id, is_cell, set, set_source, source, tags};
pub use clear::Clear;
pub(crate) use clear::{CELL_METADATA, NOTEBOOK_METADATA};
pub use outputs::{outputs, text_of};
pub use parameters::{ParameterError, Parameters};
pub use recorded::recorded;

/// A notebook as it is in its file, and as it will be written.
#[derive(Clone, Debug)]
pub struct Document {
    path: PathBuf,
    text: String,
    read: Value,
    json: Value,
}

impl Document {
    /// Reads a notebook of format 4, for any kernel.
    ///
    /// # Errors
    /// When the file cannot be read, is not JSON, is of another format, or has no list of cells.
    pub fn read(path: &Path) -> Result<Document, NotebookError> {
        Document::parse(path, crate::notebook::text_of(path)?)
    }

    /// Parses the text of a notebook; `path` is only for messages.
    ///
    /// # Errors
    /// As [`Document::read`].
    pub fn parse(path: &Path, text: String) -> Result<Document, NotebookError> {
        let path = path.to_owned();
        let json: Value = serde_json::from_str(&text)
            .map_err(|error| NotebookError::NotJson { path: path.clone(), reason: error.to_string() })?;
        match json["nbformat"].as_u64() {
            Some(4) => {}
            Some(other) => return Err(NotebookError::NotVersion4 { path, found: other.to_string() }),
            None => return Err(NotebookError::NotVersion4 { path, found: "unknown (no `nbformat` member)".into() }),
        }
        let are_cells = json["cells"].as_array().is_some_and(|cells| cells.iter().all(Value::is_object));
        if !are_cells || !json["metadata"].is_object() {
            let reason = "`cells` must be a list of objects, and `metadata` an object".into();
            return Err(NotebookError::Invalid { path, reason });
        }
        Ok(Document { path, text, read: json.clone(), json })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The minor version of the format: 5 and later have cell ids.
    pub fn minor(&self) -> u64 {
        self.json["nbformat_minor"].as_u64().unwrap_or(0)
    }

    /// Says which minor version of the format this is.
    pub(crate) fn set_minor(&mut self, minor: u64) {
        self.json["nbformat_minor"] = minor.into();
    }

    /// The notebook's metadata.
    pub fn metadata(&self) -> &Map<String, Value> {
        self.json["metadata"].as_object().expect("it was looked at when it was read")
    }

    /// The notebook's metadata, to be changed.
    pub fn metadata_mut(&mut self) -> &mut Map<String, Value> {
        self.json["metadata"].as_object_mut().expect("it was looked at when it was read")
    }

    /// The language that the notebook's code is in, in lower case, as far as it says.
    pub fn language(&self) -> Option<String> {
        language_name(self.metadata())
    }

    /// The cells, of every type.
    pub fn cells(&self) -> impl Iterator<Item = &Map<String, Value>> {
        self.json["cells"].as_array().into_iter().flatten().filter_map(Value::as_object)
    }

    /// The cells, to be changed.
    pub fn cells_mut(&mut self) -> impl Iterator<Item = &mut Map<String, Value>> {
        self.json["cells"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut)
    }

    /// Puts a cell before the one at `index`, or at the end.
    pub fn insert_cell(&mut self, index: usize, cell: Map<String, Value>) {
        self.settle();
        if let Some(cells) = self.json["cells"].as_array_mut() {
            cells.insert(index.min(cells.len()), Value::Object(cell));
        }
        self.settle();
    }

    /// Takes out the cell at `index`, if there is one.
    pub fn remove_cell(&mut self, index: usize) {
        self.settle();
        if let Some(cells) = self.json["cells"].as_array_mut()
            && index < cells.len()
        {
            cells.remove(index);
        }
        self.settle();
    }

    /// Applies the changes so far to the text. Cells can be matched with their old text only while just
    /// their number changes.
    fn settle(&mut self) {
        self.text = self.text();
        self.read = self.json.clone();
    }

    /// The text to write: the file's own, except for changes.
    pub fn text(&self) -> String {
        splice::splice(&self.text, &self.read, &self.json, &Layout::of(&self.text))
    }

    /// Writes the outputs of a run into the code cells, counted from 1 in the order of their running. A cell
    /// without a record was not run and shows nothing. As in Jupyter, a cell without code is not counted.
    pub fn set_records(&mut self, records: &[Option<CellRecord>]) {
        let mut records = records.iter();
        let mut count = 0;
        for cell in self.cells_mut().filter(|cell| is_cell(cell, "code")) {
            let ran = records.next().and_then(Option::as_ref).filter(|_| !source(cell).trim().is_empty());
            count += usize::from(ran.is_some());
            set(cell, "outputs", ran.map(|record| outputs(record, count)).unwrap_or_default().into());
            set(cell, "execution_count", ran.map_or(Value::Null, |_| count.into()));
        }
    }

    /// The notebook that the document is, for running it.
    ///
    /// # Errors
    /// As [`Notebook::read`].
    pub fn notebook(&self) -> Result<Notebook, NotebookError> {
        Notebook::parse(&self.path, &self.text())
    }

    /// Checks the document against the notebook format, by reading it with nbformat.
    ///
    /// # Errors
    /// With nbformat's reason, when it is not a valid notebook.
    pub fn validate(&self) -> Result<(), NotebookError> {
        let invalid = |reason: String| NotebookError::Invalid { path: self.path.clone(), reason };
        // nbformat silently drops an output that it cannot read: check each first.
        for (index, cell) in self.cells().enumerate() {
            for output in cell.get("outputs").and_then(Value::as_array).into_iter().flatten() {
                serde_json::from_value::<nbformat::v4::Output>(output.clone())
                    .map_err(|error| invalid(format!("an output of cell {} cannot be read: {error}", index + 1)))?;
            }
        }
        nbformat::parse_notebook(&self.text()).map(drop).map_err(|error| invalid(error.to_string()))
    }

    /// Writes the document to a file, completely or not at all. Returns whether it did: a file with the same
    /// content is not touched.
    ///
    /// # Errors
    /// When it is not a valid notebook, or the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<bool, NotebookError> {
        self.validate()?;
        let text = self.text();
        if std::fs::read(path).is_ok_and(|there| there == text.as_bytes()) {
            return Ok(false);
        }
        let failed = |source| NotebookError::Write { path: path.to_owned(), source };
        atomic_write::write(path, text.as_bytes()).map_err(failed)?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
