//! How two notebooks differ: in their cells' sources, and in what the cells produced, by the rules for
//! snapshots.
//!
//! The main function is [`differences`]. It does not compare counts, metadata or the layout of the file. It
//! does not compare the position of a cell, as long as the cell can be recognised. Nothing is executed and
//! nothing printed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::config::Config;
use crate::document::{Document, id, is_cell, recorded, source};
use crate::redact::{RedactError, Redactor};
use crate::snapshot::{Blob, Body, Comparison, Content, Section, SectionName, Sides};

/// A cell that is not in both notebooks, or not the same in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellDifference {
    /// The cell's id, or how else to call it.
    pub cell: String,
    /// Its position among all cells, from 1: in the second notebook, or in the first if only that has it.
    pub number: usize,
    /// Its type: `code`, `markdown` or `raw`.
    pub kind: String,
    /// In which way it differs.
    pub change: Change,
}

/// In which way a cell differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is only in the first notebook; this is its source.
    Removed(String),
    /// It is only in the second notebook; this is its source.
    Added(String),
    /// It is in both.
    Changed {
        /// The two sources, where they differ.
        source: Option<(String, String)>,
        /// What the two produced, where that differs.
        outputs: Option<(String, String)>,
    },
}

/// How two notebooks differ, with the redactions and comparison rules of a project.
///
/// # Errors
/// When a redaction rule cannot be used.
pub fn differences(root: &Path, config: &Config, one: &Document, other: &Document) -> Result<Vec<CellDifference>, RedactError> {
    let notebook = one.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut rules = Redactor::builder();
    rules.notebook(&notebook).configure(config).variables(std::env::vars());
    rules.path(root, "[ROOT]").path(&std::env::temp_dir(), "[TMP]");
    if let Some(home) = std::env::home_dir() {
        rules.home(&home);
    }
    let mut sides = Rules { notebook, comparison: Comparison::new(config.compare.clone()), redactor: rules.build()? };
    let (old, new): (Vec<_>, Vec<_>) = (one.cells().collect(), other.cells().collect());
    let mut found = Vec::new();
    for pair in pairs(&old, &new) {
        found.extend(match pair {
            (Some(at), None) => Some(described(old[at], at, Change::Removed(source(old[at])))),
            (None, Some(at)) => Some(described(new[at], at, Change::Added(source(new[at])))),
            (Some(before), Some(at)) => {
                let sources = (source(old[before]), source(new[at]));
                let sources = (sources.0 != sources.1).then_some(sources);
                let outputs = sides.outputs(old[before], new[at]);
                let is_changed = sources.is_some() || outputs.is_some();
                is_changed.then(|| described(new[at], at, Change::Changed { source: sources, outputs }))
            }
            (None, None) => None,
        });
    }
    Ok(found)
}

fn described(cell: &Map<String, Value>, at: usize, change: Change) -> CellDifference {
    let name = id(cell).map_or_else(|| format!("cell-{}", at + 1), str::to_owned);
    let kind = cell.get("cell_type").and_then(Value::as_str).unwrap_or("unknown").to_owned();
    CellDifference { cell: name, number: at + 1, kind, change }
}

/// Matches the cells of two notebooks: by id, or by their sources where cells have no ids.
fn pairs(old: &[&Map<String, Value>], new: &[&Map<String, Value>]) -> Vec<(Option<usize>, Option<usize>)> {
    let ids =
        |cells: &[&Map<String, Value>]| cells.iter().filter_map(|cell| id(cell).map(str::to_owned)).collect::<BTreeSet<_>>();
    if ids(old).len() == old.len() && ids(new).len() == new.len() {
        let at = |cells: &[&Map<String, Value>], name| cells.iter().position(|cell| id(cell) == name);
        let gone = (0..old.len()).filter(|index| at(new, id(old[*index])).is_none()).map(|index| (Some(index), None));
        return gone.chain((0..new.len()).map(|index| (at(old, id(new[index])), Some(index)))).collect();
    }
    let sources = |cells: &[&Map<String, Value>]| cells.iter().map(|cell| source(cell)).collect::<Vec<_>>();
    let mut pairs = Vec::new();
    for op in capture_diff_slices(Algorithm::Patience, &sources(old), &sources(new)) {
        let (before, after) = (op.old_range(), op.new_range());
        // Replaced cells are treated as edited, pair by pair in their order.
        let both = match op {
            DiffOp::Equal { .. } | DiffOp::Replace { .. } => before.len().min(after.len()),
            _ => 0,
        };
        pairs.extend((0..both).map(|index| (Some(before.start + index), Some(after.start + index))));
        pairs.extend((before.start + both..before.end).map(|index| (Some(index), None)));
        pairs.extend((after.start + both..after.end).map(|index| (None, Some(index))));
    }
    pairs
}

/// The rules of comparison.
struct Rules {
    notebook: String,
    comparison: Comparison,
    redactor: Redactor,
}

impl Rules {
    /// What two code cells produced, where that differs by the rules.
    fn outputs(&mut self, old: &Map<String, Value>, new: &Map<String, Value>) -> Option<(String, String)> {
        if !is_cell(old, "code") || !is_cell(new, "code") {
            return None;
        }
        let name = id(new).unwrap_or_default().to_owned();
        let (expected, recorded) = self.body(&name, old);
        let (actual, files) = self.body(&name, new);
        let recorded = |blob: &Blob| recorded.get(&blob.file).cloned();
        let sides = Sides { expected: &expected, recorded, actual: &actual, files: &files };
        let differ = !sides.differences(&self.comparison, &self.notebook, &name).is_empty();
        differ.then(|| (expected.to_string(), actual.to_string()))
    }

    /// A code cell's output as a snapshot would have it.
    fn body(&mut self, name: &str, cell: &Map<String, Value>) -> (Body, BTreeMap<String, Vec<u8>>) {
        let (mut record, error) = recorded(cell);
        self.redactor.record(name, &mut record);
        let (mut body, files) = Body::render(name, &record);
        if let Some(error) = error {
            body.sections.push(Section { name: SectionName::Error, content: Content::Text(self.redactor.text(&error)) });
        }
        (body, files)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn code(id: Option<&str>, source: &str, stdout: &str) -> Value {
        let mut cell = json!({"cell_type": "code", "execution_count": 1, "metadata": {}, "source": source,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": stdout}]});
        if let Some(id) = id {
            cell["id"] = id.into();
        }
        cell
    }

    fn diff(old: &[Value], new: &[Value], settings: &str) -> Vec<(String, &'static str)> {
        let document = |cells: &[Value]| {
            let json = json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4});
            Document::parse(Path::new("a.ipynb"), json.to_string()).unwrap()
        };
        let config = Config::resolve(Path::new("x"), settings, "default").unwrap();
        let found = differences(Path::new("/nowhere"), &config, &document(old), &document(new)).unwrap();
        let kind = |change: &Change| match change {
            Change::Removed(_) => "removed",
            Change::Added(_) => "added",
            Change::Changed { source: Some(_), outputs: Some(_) } => "both",
            Change::Changed { source: Some(_), .. } => "source",
            Change::Changed { .. } => "outputs",
        };
        found.into_iter().map(|found| (found.cell, kind(&found.change))).collect()
    }

    #[test]
    fn cells_are_told_by_their_ids_wherever_they_stand() {
        let old = [code(Some("a"), "1", "x"), code(Some("b"), "2", "y"), code(Some("c"), "3", "z")];
        let new = [code(Some("c"), "3", "z"), code(Some("a"), "1 + 1", "x"), code(Some("d"), "4", "")];
        assert_eq!(diff(&old, &old, ""), []);
        let told = diff(&old, &new, "");
        assert_eq!(told, [("b", "removed"), ("a", "source"), ("d", "added")].map(|(cell, kind)| (cell.to_owned(), kind)));
    }

    #[test]
    fn cells_without_ids_are_told_by_their_sources() {
        let old = [code(None, "1", "x"), code(None, "2", "y"), code(None, "3", "z")];
        let new = [code(None, "1", "x"), code(None, "3", "other"), code(None, "4", "")];
        let told = diff(&old, &new, "");
        assert_eq!(
            told,
            [("cell-2", "removed"), ("cell-2", "outputs"), ("cell-3", "added")].map(|(cell, kind)| (cell.to_owned(), kind))
        );
    }

    #[test]
    fn the_rules_for_snapshots_hold() {
        let (one, other) =
            ([code(Some("a"), "1", "took 1.50 at 127.0.0.1:45123")], [code(Some("a"), "1", "took 1.51 at 127.0.0.1:39999")]);
        assert_eq!(diff(&one, &other, ""), [("a".to_owned(), "outputs")]);
        assert_eq!(diff(&one, &other, "[[compare]]\nabsolute = 0.1"), []);
        assert_eq!(diff(&one, &other, "[[redact]]\nname = \"time\"\npattern = '\\d\\.\\d+'\nreplace = \"T\""), []);
    }

    #[test]
    fn an_error_is_an_output() {
        let failing = |value: &str| {
            let mut cell = code(Some("a"), "1", "");
            cell["outputs"] = json!([{"output_type": "error", "ename": "panic", "evalue": value, "traceback": ["anything"]}]);
            [cell]
        };
        assert_eq!(diff(&failing("one"), &failing("one"), ""), []);
        assert_eq!(diff(&failing("one"), &failing("two"), ""), [("a".to_owned(), "outputs")]);
    }
}
