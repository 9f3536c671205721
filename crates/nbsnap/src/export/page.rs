//! A notebook as a page to be read, whatever it is written as.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::links::{self, Link};
use super::remote;
use crate::snapshot::SnapshotError;

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
    pub(super) anchors: BTreeSet<String>,
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
}
