//! Puts a page together: prose and code of a notebook, and its recorded outputs.
//!
//! Outputs come from the snapshots. For a notebook without snapshots they come from its file. Tags that hide
//! or remove parts of cells are those of Jupyter Book.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value};

use super::anchors::Anchors;
use super::beside::{self, Beside};
use super::links::Finder;
use super::page::{Code, Data, ExportError, Output, Page, Part, Shown};
use super::{addresses, prose};
use crate::document::{Document, id, is_cell, recorded, source, tags, text_of};
use crate::snapshot::{Body, Content, Section, SectionName, SnapshotStore};

impl Page {
    /// Puts together the page of the notebook with this name. Without a store, or if the store has no
    /// snapshots of the notebook, outputs come from its file. What lies outside of the project's folder
    /// is not taken along. Without a project, that of the repository holds, or else the notebook's.
    ///
    /// # Errors
    /// When a snapshot cannot be read.
    pub fn new(
        notebook: &str,
        document: &Document,
        store: Option<&SnapshotStore>,
        project: Option<&Path>,
    ) -> Result<Page, ExportError> {
        // All pages are in one folder.
        let name = notebook.replace('/', "-");
        let finder = Finder::new(document.path(), project);
        let store = match store {
            Some(store) if store.knows(notebook)? => Some(store),
            _ => None,
        };
        let recordings = Recordings { notebook, store, ignored: ignored(document) };
        let (mut parts, mut links) = (Vec::new(), Vec::new());
        let mut count = 0;
        for (index, cell) in document.cells().enumerate() {
            let text = source(cell);
            let is_empty = text.trim().is_empty();
            let is_removed = has_tag(cell, &["remove-cell", "remove_cell"]);
            if is_cell(cell, "code") {
                count += usize::from(!is_empty);
                if is_empty || is_removed {
                    continue;
                }
                let shown = |folded: &[&str], not: &[&str]| match (has_tag(cell, not), has_tag(cell, folded)) {
                    (true, _) => Shown::Not,
                    (_, true) => Shown::Folded,
                    _ => Shown::Open,
                };
                let outputs = recordings.outputs(cell, index)?;
                links.extend(beside::of_outputs(&cell_name(cell, index), &outputs, &finder));
                parts.push(Part::Code(Code {
                    number: Some(count),
                    id: id(cell).map(str::to_owned),
                    source: text,
                    source_shown: shown(&["hide-input", "hide-cell"], &["remove-input", "remove_input"]),
                    outputs,
                    is_stale: recordings.is_stale(cell)?,
                    outputs_shown: shown(&["hide-output", "hide-cell"], &["remove-output", "remove_output"]),
                }));
            } else if is_cell(cell, "markdown") && !is_removed && !is_empty {
                let Beside { mut pictures, links: found } = beside::of_markdown(&cell_name(cell, index), &text, &finder);
                links.extend(found);
                pictures.extend(attachments(cell));
                parts.push(Part::Prose(text, pictures));
            }
        }
        let language = document.language().unwrap_or_else(|| "rust".to_owned());
        let title = parts.iter().find_map(|part| match part {
            Part::Prose(text, _) => prose::first_heading(text),
            Part::Code(_) => None,
        });
        let path = document.path().canonicalize().unwrap_or_else(|_| document.path().to_owned());
        let (title, anchors) = (title.unwrap_or_else(|| name.clone()), anchors(&parts));
        Ok(Page { title, name, path, language, parts, links, anchors })
    }
}

/// A cell's id, or its number in the notebook.
fn cell_name(cell: &Map<String, Value>, index: usize) -> String {
    id(cell).map_or_else(|| format!("cell-{}", index + 1), str::to_owned)
}

/// The names of headings and of code cells, and those that HTML gives.
fn anchors(parts: &[Part]) -> BTreeSet<String> {
    let (mut headings, mut others) = (Anchors::default(), Vec::new());
    for part in parts {
        match part {
            Part::Prose(text, _) => {
                for (_, heading) in prose::headings(text) {
                    headings.add(&heading);
                }
                others.extend(addresses::anchors(text).map(str::to_owned));
            }
            Part::Code(code) => others.extend(code.id.iter().map(|id| format!("cell-{id}"))),
        }
    }
    let mut names = headings.into_names();
    names.extend(others);
    names
}

fn has_tag(cell: &Map<String, Value>, wanted: &[&str]) -> bool {
    tags(cell).any(|tag| wanted.contains(&tag))
}

/// What is recorded of the cells of a notebook.
struct Recordings<'a> {
    notebook: &'a str,
    /// The snapshots; without them, outputs are those in the notebook's file.
    store: Option<&'a SnapshotStore>,
    /// Cells whose output is not compared. A snapshot that one may still have is not its output.
    ignored: BTreeSet<String>,
}

/// The ids of the cells whose output is not compared. A notebook that cannot be tested has none.
fn ignored(document: &Document) -> BTreeSet<String> {
    let cells = document.notebook().map(|notebook| notebook.cells).unwrap_or_default();
    cells.into_iter().filter(|cell| cell.overrides.ignore_output).map(|cell| cell.id).collect()
}

impl Recordings<'_> {
    /// Whether a cell was edited after what it produced was recorded.
    fn is_stale(&self, cell: &Map<String, Value>) -> Result<bool, ExportError> {
        let (Some(store), Some(id)) = (self.store, id(cell)) else { return Ok(false) };
        Ok(!self.ignored.contains(id) && store.is_stale(self.notebook, id, &source(cell))?)
    }

    /// A cell's recorded output.
    fn outputs(&self, cell: &Map<String, Value>, index: usize) -> Result<Vec<Output>, ExportError> {
        let name = cell_name(cell, index);
        let (body, files) = match self.store {
            Some(_) if self.ignored.contains(&name) => Default::default(),
            Some(store) => store.recorded(self.notebook, &name)?.unwrap_or_default(),
            None => {
                let (record, error) = recorded(cell);
                let (mut body, files) = Body::render(&name, &record);
                body.sections.extend(error.map(|error| Section { name: SectionName::Error, content: Content::Text(error) }));
                (body, files)
            }
        };
        Ok(shown(body, files))
    }
}

/// A body as a reader sees it, with the content of the binary files that it names.
fn shown(body: Body, mut files: BTreeMap<String, Vec<u8>>) -> Vec<Output> {
    let mut outputs = Vec::new();
    let mut displays: BTreeMap<usize, BTreeMap<String, Data>> = BTreeMap::new();
    for Section { name, content } in body.sections {
        let data = match content {
            Content::Text(text) => Data::Text(text),
            Content::Blob(blob) => Data::Binary(blob.file.clone(), files.remove(&blob.file).unwrap_or_default()),
        };
        match (name, data) {
            (SectionName::Mime(mime), data) => drop(displays.entry(1).or_default().insert(mime, data)),
            (SectionName::Further(number, mime), data) => drop(displays.entry(number).or_default().insert(mime, data)),
            (SectionName::Stdout, Data::Text(text)) => outputs.push(Output::Stdout(text)),
            (SectionName::Stderr, Data::Text(text)) => outputs.push(Output::Stderr(text)),
            (SectionName::Error, Data::Text(text)) => outputs.push(Output::Error(text)),
            (_, Data::Binary(..)) => {}
        }
    }
    let error = outputs.iter().position(|output| matches!(output, Output::Error(_))).unwrap_or(outputs.len());
    outputs.splice(error..error, displays.into_values().map(Output::Display));
    outputs
}

/// Pictures that are attached to a Markdown cell, by `attachment:name`.
fn attachments(cell: &Map<String, Value>) -> BTreeMap<String, Data> {
    let attached = cell.get("attachments").and_then(Value::as_object).into_iter().flatten();
    let picture = |(name, bundle): (&String, &Value)| {
        let (mime, content) = bundle.as_object()?.iter().next()?;
        let record = crate::record::CellRecord { outputs: [(mime.clone(), text_of(content))].into(), ..Default::default() };
        let (body, files) = Body::render("attachment", &record);
        let Content::Blob(blob) = &body.sections.first()?.content else { return None };
        Some((format!("attachment:{name}"), Data::Binary(format!("{mime};{}", blob.file), files.into_values().next()?)))
    };
    attached.filter_map(picture).collect()
}
