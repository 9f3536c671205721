//! rustc's messages, translated to places in the author's cells, and our own about what rustc cannot know.

use std::fmt;

use crate::cell::Cell;
use crate::compile::{Message, Span};
use crate::crate_source::{CrateSource, Origin};
use crate::items::Items;
use crate::position::position;

/// A reason why a cell does not compile.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Diagnostic {
    /// rustc's error code, such as `E0308`.
    pub code: Option<String>,
    /// The headline.
    pub message: String,
    /// Where, the primary place first.
    pub places: Vec<Place>,
    /// What to do, each a sentence or two.
    pub help: Vec<String>,
}

/// A place that a [`Diagnostic`] talks about. Lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Place {
    /// The label of the cell if it is an earlier one.
    pub cell: Option<String>,
    /// First line.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// Column after the last character.
    pub end_column: u32,
    /// What rustc says about the place; may be empty.
    pub label: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(f, "error[{code}]: {}", self.message),
            None => write!(f, "error: {}", self.message),
        }
    }
}

/// What places are found with.
#[derive(Clone, Copy)]
pub(crate) struct Map<'a> {
    pub(crate) source: &'a CrateSource,
    pub(crate) cell: &'a Cell,
    pub(crate) items: &'a Items,
}

impl Map<'_> {
    /// Where a span comes from: for code of a macro, where the author called it.
    pub(crate) fn origin<'s>(&'s self, span: &'s Span) -> Option<&'s Origin> {
        self.source.origin(author_span(span)?.byte_start).map(|(_, origin)| origin)
    }

    /// rustc's message in the author's places.
    pub(crate) fn diagnostic(&self, message: &Message) -> Diagnostic {
        let mut spans: Vec<&Span> = message.spans.iter().collect();
        spans.sort_by_key(|span| !span.is_primary);
        let mut places: Vec<Place> = spans.into_iter().filter_map(|span| self.place(span)).collect();
        let mut help = Vec::new();
        for child in &message.children {
            match child.level.as_str() {
                "help" => help.extend(self.help(child)),
                "note" => {
                    for place in child.spans.iter().filter_map(|span| self.place(span)) {
                        let known = places
                            .iter()
                            .any(|known| (known.line, known.column, &known.cell) == (place.line, place.column, &place.cell));
                        if !known && !place.label.is_empty() {
                            places.push(place);
                        }
                    }
                    if is_worth_saying(&child.message) {
                        help.push(child.message.clone());
                    }
                }
                _ => {}
            }
        }
        Diagnostic { code: message.code.as_ref().map(|code| code.code.clone()), message: message.message.clone(), places, help }
    }

    fn help(&self, child: &Message) -> Option<String> {
        let replacements: Vec<&str> = child
            .spans
            .iter()
            .filter(|span| self.place(span).is_some())
            .filter_map(|span| span.suggested_replacement.as_deref())
            .collect();
        let ours = child.spans.iter().any(|span| self.place(span).is_none() && span.file_name.ends_with("lib.rs"));
        if ours && replacements.is_empty() {
            // Advice about code that the author has not written.
            return None;
        }
        if let Some(line) = self.corrected(child) {
            return Some(format!("{}: `{line}`", child.message));
        }
        let shown: Vec<String> =
            replacements.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).map(|text| format!("`{text}`")).collect();
        Some(if shown.is_empty() { child.message.clone() } else { format!("{}: {}", child.message, shown.join(", ")) })
    }

    /// The author's line with rustc's suggestion, if there is one suggestion, and it is on one line.
    fn corrected(&self, child: &Message) -> Option<String> {
        let mut edits: Vec<(usize, usize, &str)> = Vec::new();
        let mut text = None;
        for span in &child.spans {
            let replacement = span.suggested_replacement.as_deref().filter(|replacement| !replacement.contains('\n'))?;
            let Written { source, cell: None, start, end } = self.written(span)? else { return None };
            text = Some(source);
            edits.push((start, end, replacement));
        }
        edits.sort_by_key(|(start, ..)| *start);
        // Suggestions for one and the same place are alternatives.
        let is_one = edits.windows(2).all(|pair| pair[0].1 <= pair[1].0 && pair[0].0 < pair[1].0);
        let (text, first, last) = (text?, edits.first()?.0, edits.last()?.1);
        if !is_one || text.get(first..last)?.contains('\n') {
            return None;
        }
        let begin = text[..first].rfind('\n').map_or(0, |at| at + 1);
        let end = text[last..].find('\n').map_or(text.len(), |at| last + at);
        let (mut line, mut at) = (String::new(), begin);
        for (start, stop, replacement) in edits {
            line.push_str(text.get(at..start)?);
            line.push_str(replacement);
            at = stop;
        }
        line.push_str(text.get(at..end)?);
        Some(line.trim().to_owned())
    }

    /// Where the author wrote what this span is about.
    pub(crate) fn place(&self, span: &Span) -> Option<Place> {
        let Written { source, cell, start, end } = self.written(span)?;
        let ((line, column), (end_line, end_column)) = (position(source, start), position(source, end));
        Some(Place { cell, line, column, end_line, end_column, label: span.label.clone().unwrap_or_default() })
    }

    fn written(&self, span: &Span) -> Option<Written<'_>> {
        let author = author_span(span)?;
        let (range, origin) = self.source.origin(author.byte_start)?;
        let (source, cell, from) = match origin {
            Origin::Cell(from) => (self.cell.source.as_str(), None, *from),
            Origin::Item(number, from) => {
                let defined = self.items.get(*number)?;
                (&*defined.source, Some(defined.label.to_string()), *from)
            }
            _ => return None,
        };
        let start = from + (author.byte_start - range.start);
        // A span that reaches into generated code ends where the author's code ends.
        let end = match self.source.origin(author.byte_end.saturating_sub(1).max(author.byte_start)) {
            Some((range, Origin::Cell(from) | Origin::Item(_, from))) => from + (author.byte_end - range.start),
            _ => from + range.len(),
        };
        Some(Written { source, cell, start, end: end.max(start) })
    }
}

/// A stretch of what an author wrote, in bytes of a cell.
struct Written<'a> {
    source: &'a str,
    /// The label of the cell if it is an earlier one.
    cell: Option<String>,
    start: usize,
    end: usize,
}

/// Notes that say what a learner can use; the others explain rustc.
fn is_worth_saying(note: &str) -> bool {
    ["expected", "found", "required", "the method"].iter().any(|word| note.contains(word)) && note.lines().count() < 6
}

/// The innermost span in the crate's own file: a name in a format string rather than the whole macro call.
pub(crate) fn author_span(span: &Span) -> Option<&Span> {
    let mut span = span;
    while span.file_name != crate::compile::SOURCE {
        span = &span.expansion.as_ref()?.span;
    }
    Some(span)
}
