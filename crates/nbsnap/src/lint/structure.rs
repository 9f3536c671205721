//! Cells and metadata: ids, outputs, counts, kernelspec, and what editors leave.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::code::place;
use super::finding::Finding;
use crate::document::{CELL_METADATA, Document, NOTEBOOK_METADATA, id, is_cell, set, source, tags};
use crate::notebook::Language;

/// The format that has cell ids.
const WITH_IDS: u64 = 5;

pub(super) fn look(document: &Document) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |rule, cell, message: String| findings.push(Finding { rule, cell, message });
    let has_ids = document.minor() >= WITH_IDS;
    if !has_ids {
        find("cell-ids", None, format!("format 4.{} has no cell ids, and snapshots are named after them", document.minor()));
    }
    let mut known = BTreeSet::new();
    for (index, cell) in document.cells().enumerate() {
        let at = || place(index + 1, cell);
        match id(cell) {
            None if has_ids => find("cell-ids", at(), "the cell has no id".into()),
            Some(id) if !is_id(id) => find("cell-ids", at(), format!("`{id}` is no id: 1 to 64 of A-Z, a-z, 0-9, - and _")),
            Some(id) if !known.insert(id) => find("cell-ids", at(), format!("an earlier cell has the id `{id}` too")),
            _ => {}
        }
        for name in CELL_METADATA.iter().filter(|name| metadata(cell).is_some_and(|metadata| metadata.contains_key(**name))) {
            find("metadata", at(), format!("metadata `{name}` tells how the cell was last run or shown"));
        }
        if !is_cell(cell, "code") {
            continue;
        }
        if has_outputs(cell) && !tags(cell).any(|tag| tag == "keep-output") {
            find(
                "outputs",
                at(),
                "the cell holds outputs; they belong into its snapshot (a tag `keep-output` keeps them)".into(),
            );
        }
        if source(cell).trim().is_empty() {
            find("empty-cells", at(), "the cell has nothing in it".into());
        }
    }
    for name in NOTEBOOK_METADATA.iter().filter(|name| document.metadata().contains_key(**name)) {
        find("metadata", None, format!("metadata `{name}` tells how the notebook was last run or shown"));
    }
    if let Some(message) = kernelspec_problem(document) {
        find("kernelspec", None, message);
    }
    if !has_clean_counts(document) {
        find("counts", None, "execution counts are neither empty nor 1, 2, 3 … in order, as a clean run leaves them".into());
    }
    // A finding with a rule of its own is not reported twice.
    if findings.iter().all(|finding| finding.rule != "cell-ids")
        && let Err(error) = document.validate()
    {
        findings.push(Finding { rule: "format", cell: None, message: error.to_string() });
    }
    findings
}

pub(super) fn fix(document: &mut Document, is_wanted: &dyn Fn(&str) -> bool) {
    if is_wanted("empty-cells") {
        let is_empty = |cell: &Map<String, Value>| is_cell(cell, "code") && source(cell).trim().is_empty();
        let empty: Vec<usize> = document.cells().enumerate().filter(|(_, cell)| is_empty(cell)).map(|(index, _)| index).collect();
        empty.into_iter().rev().for_each(|index| document.remove_cell(index));
    }
    if is_wanted("cell-ids") {
        give_ids(document);
    }
    if is_wanted("outputs") {
        document.clear(crate::document::Clear::default());
    }
    if is_wanted("counts") && !has_clean_counts(document) {
        for cell in document.cells_mut().filter(|cell| is_cell(cell, "code")) {
            set(cell, "execution_count", Value::Null);
            for output in cell.get_mut("outputs").and_then(Value::as_array_mut).into_iter().flatten() {
                if output["output_type"] == "execute_result" {
                    output["execution_count"] = Value::Null;
                }
            }
        }
    }
    if is_wanted("metadata") {
        NOTEBOOK_METADATA.iter().for_each(|name| drop(document.metadata_mut().shift_remove(*name)));
        for cell in document.cells_mut() {
            if let Some(metadata) = cell.get_mut("metadata").and_then(Value::as_object_mut) {
                CELL_METADATA.iter().for_each(|name| drop(metadata.shift_remove(*name)));
            }
        }
    }
    if is_wanted("kernelspec") && !is_foreign(document) && kernelspec_problem(document).is_some() {
        let display = document.metadata().get("kernelspec").and_then(|spec| spec["display_name"].as_str()).unwrap_or("Rust");
        let kernelspec = json!({"display_name": display, "language": "rust", "name": "rust"});
        set(document.metadata_mut(), "kernelspec", kernelspec);
    }
}

/// Gives every cell an id of its own. A cell keeps the id that it has, or is named after its place, which
/// shows where to look.
fn give_ids(document: &mut Document) {
    if document.minor() < WITH_IDS {
        document.set_minor(WITH_IDS);
    }
    let taken: BTreeSet<String> = document.cells().filter_map(id).filter(|id| is_id(id)).map(str::to_owned).collect();
    let mut used = BTreeSet::new();
    for (index, cell) in document.cells_mut().enumerate() {
        if id(cell).is_some_and(|id| is_id(id) && used.insert(id.to_owned())) {
            continue;
        }
        let name = format!("cell-{}", index + 1);
        let names = std::iter::once(name.clone()).chain((2..).map(|number| format!("{name}-{number}")));
        let free = names.into_iter().find(|name| !taken.contains(name) && !used.contains(name)).unwrap_or(name);
        used.insert(free.clone());
        set(cell, "id", free.into());
    }
}

fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn metadata(cell: &Map<String, Value>) -> Option<&Map<String, Value>> {
    cell.get("metadata").and_then(Value::as_object)
}

fn has_outputs(cell: &Map<String, Value>) -> bool {
    cell.get("outputs").and_then(Value::as_array).is_some_and(|outputs| !outputs.is_empty())
}

/// Whether the notebook is in another language than Rust. A notebook that names no language counts as Rust.
pub(super) fn is_foreign(document: &Document) -> bool {
    !matches!(Language::of(document.metadata()), Language::Rust | Language::Unnamed)
}

fn kernelspec_problem(document: &Document) -> Option<String> {
    let Some(spec) = document.metadata().get("kernelspec").and_then(Value::as_object) else {
        return Some(
            "the notebook names no kernel; Rust's is {\"display_name\": \"Rust\", \"language\": \"rust\", \"name\": \"rust\"}"
                .into(),
        );
    };
    let wanted: &[&str] = if is_foreign(document) { &["display_name", "name"] } else { &["display_name", "language", "name"] };
    let missing = wanted.iter().copied().find(|name| !spec.get(*name).is_some_and(Value::is_string));
    missing.map(|name| format!("the kernelspec has no `{name}`"))
}

/// Whether counts are all empty, or 1, 2, 3 … over the cells that have something to run, with the same counts
/// in results.
fn has_clean_counts(document: &Document) -> bool {
    let code: Vec<_> = document.cells().filter(|cell| is_cell(cell, "code")).collect();
    let count = |cell: &Map<String, Value>| cell.get("execution_count").and_then(Value::as_u64);
    let results_agree = code.iter().all(|cell| {
        let outputs = cell.get("outputs").and_then(Value::as_array).into_iter().flatten();
        let mut results = outputs.filter(|output| output["output_type"] == "execute_result");
        results.all(|output| output["execution_count"].as_u64() == count(cell))
    });
    let is_empty = code.iter().all(|cell| count(cell).is_none());
    let ran = code.iter().filter(|cell| !source(cell).trim().is_empty());
    let in_order = ran.enumerate().all(|(index, cell)| count(cell) == Some(index as u64 + 1));
    results_agree && (is_empty || in_order)
}
