//! The content of a page: prose and code of a notebook, and its recorded outputs.
//!
//! Outputs come from the snapshots. For a notebook without snapshots they come from its file. Tags that hide
//! or remove parts of cells are those of Jupyter Book.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::anchors::Anchors;
use super::beside::{self, Beside};
use super::links::{self, Finder, Link};
use super::{addresses, prose, remote};
use crate::document::{Document, id, is_cell, recorded, source, tags, text_of};
use crate::snapshot::{Body, Content, Section, SectionName, SnapshotError, SnapshotStore};

/// Why a notebook cannot be made a page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// A snapshot cannot be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}

/// A notebook to be read.
#[derive(Clone, Debug)]
pub struct Page {
    /// The notebook's name, after which its files are called.
    pub name: String,
    /// The notebook's file, without links in its path.
    pub path: PathBuf,
    /// Its title: the first heading of the first level, or else its name.
    pub title: String,
    /// The language that its code is in, in lower case.
    pub language: String,
    /// Its parts, in order.
    pub parts: Vec<Part>,
    /// Its links to what is the notebook's own, in order.
    pub links: Vec<Link>,
    /// The names on the page that links lead to.
    anchors: BTreeSet<String>,
}

/// One cell on a page.
#[derive(Clone, Debug)]
pub enum Part {
    /// Markdown, with the pictures that it shows, by their addresses as it writes them: those that are
    /// attached to the cell, and those beside the notebook.
    Prose(String, BTreeMap<String, Data>),
    /// Code and what it produced.
    Code(Code),
}

/// A code cell.
#[derive(Clone, Debug)]
pub struct Code {
    /// The number that Jupyter shows after a clean run. A cell without code has none.
    pub number: Option<usize>,
    /// The cell's id, if it has one.
    pub id: Option<String>,
    /// The source.
    pub source: String,
    /// How the source is shown.
    pub source_shown: Shown,
    /// What it produced.
    pub outputs: Vec<Output>,
    /// How that is shown.
    pub outputs_shown: Shown,
    /// Whether the outputs are of an earlier version of the source.
    pub is_stale: bool,
}

/// How a part of a cell is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It is there to be read.
    Open,
    /// It is folded, and opens when somebody wants to read it.
    Folded,
    /// It is not there.
    Not,
}

/// One thing that a cell produced.
#[derive(Clone, Debug)]
pub enum Output {
    /// What it printed.
    Stdout(String),
    /// What it wrote to standard error.
    Stderr(String),
    /// Display data: the same thing in several MIME types.
    Display(BTreeMap<String, Data>),
    /// Why it failed.
    Error(String),
}

/// Content of a MIME type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// Text, or JSON.
    Text(String),
    /// Binary data, such as a picture, with the name of a file that could hold it.
    Binary(String, Vec<u8>),
}

impl Page {
    /// The cells that were edited after what they produced was recorded.
    pub fn stale(&self) -> impl Iterator<Item = &Code> {
        self.parts.iter().filter_map(|part| match part {
            Part::Code(code) if code.is_stale => Some(code),
            _ => None,
        })
    }

    /// The cells whose output has a browser fetch something when it is shown, each with the host.
    pub fn fetched(&self) -> impl Iterator<Item = (&Code, String)> {
        let codes = self.parts.iter().filter_map(|part| match part {
            Part::Code(code) => Some(code),
            Part::Prose(..) => None,
        });
        let html = |code: &Code| -> BTreeSet<String> {
            let displays = code.outputs.iter().filter_map(|output| match output {
                Output::Display(data) => data.get("text/html"),
                _ => None,
            });
            displays.flat_map(|data| if let Data::Text(html) = data { remote::hosts(html) } else { BTreeSet::new() }).collect()
        };
        codes.flat_map(move |code| html(code).into_iter().map(move |host| (code, host)))
    }

    /// The name on the page that the end of an address means.
    pub(super) fn anchor(&self, fragment: &str) -> Option<String> {
        links::anchor_among(&self.anchors, fragment)
    }

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
                let outputs = outputs(cell, index, notebook, store)?;
                links.extend(beside::of_outputs(&cell_name(cell, index), &outputs, &finder));
                parts.push(Part::Code(Code {
                    number: Some(count),
                    id: id(cell).map(str::to_owned),
                    source: text,
                    source_shown: shown(&["hide-input", "hide-cell"], &["remove-input", "remove_input"]),
                    outputs,
                    is_stale: is_stale(cell, notebook, store)?,
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

/// Whether a cell was edited after what it produced was recorded.
fn is_stale(cell: &Map<String, Value>, notebook: &str, store: Option<&SnapshotStore>) -> Result<bool, ExportError> {
    let (Some(store), Some(id)) = (store, id(cell)) else { return Ok(false) };
    Ok(store.is_stale(notebook, id, &source(cell))?)
}

/// A cell's recorded output.
fn outputs(
    cell: &Map<String, Value>,
    index: usize,
    notebook: &str,
    store: Option<&SnapshotStore>,
) -> Result<Vec<Output>, ExportError> {
    let name = cell_name(cell, index);
    let (body, mut files) = match store {
        Some(store) => store.recorded(notebook, &name)?.unwrap_or_default(),
        None => {
            let (record, error) = recorded(cell);
            let (mut body, files) = Body::render(&name, &record);
            body.sections.extend(error.map(|error| Section { name: SectionName::Error, content: Content::Text(error) }));
            (body, files)
        }
    };
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
    Ok(outputs)
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
