//! A generated crate, and where each of its bytes comes from.
//!
//! The main type is [`CrateSource`]. It is text with a map. `generate` decides what the text says.

use std::ops::Range;

use crate::items::ItemNumber;

/// What a piece of a generated crate was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The cell that is compiled, from this byte on.
    Cell(usize),
    /// An item of an earlier cell, from this byte of that cell on.
    Item(ItemNumber, usize),
    /// Generated code that keeps a variable.
    Keep {
        /// The variable.
        name: String,
        /// Whether that is outside of the author's code.
        outside: bool,
    },
    /// Generated code that takes a variable.
    Take(String),
    /// Generated code around the value that is shown.
    Show,
    /// Other generated code.
    Frame,
}

/// A crate of one file.
#[derive(Clone, Debug, Default)]
pub(crate) struct CrateSource {
    pub(crate) text: String,
    pieces: Vec<(Range<usize>, Origin)>,
}

impl CrateSource {
    /// Adds generated code.
    pub(crate) fn add(&mut self, text: &str, origin: Origin) {
        let from = self.text.len();
        self.text.push_str(text);
        self.pieces.push((from..self.text.len(), origin));
    }

    /// Adds the frame.
    pub(crate) fn frame(&mut self, text: &str) {
        self.add(text, Origin::Frame);
    }

    /// Copies a piece of the cell.
    pub(crate) fn copy(&mut self, source: &str, range: Range<usize>) {
        self.add(&source[range.clone()], Origin::Cell(range.start));
    }

    /// The piece that a byte is in.
    pub(crate) fn origin(&self, at: usize) -> Option<(&Range<usize>, &Origin)> {
        let index = self.pieces.partition_point(|(range, _)| range.end <= at);
        self.pieces.get(index).filter(|(range, _)| range.start <= at).map(|(range, origin)| (range, origin))
    }

    /// All pieces, in order.
    pub(crate) fn pieces(&self) -> &[(Range<usize>, Origin)] {
        &self.pieces
    }
}
