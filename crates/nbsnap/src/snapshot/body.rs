//! The text of a snapshot: a cell's record, section by section, and back.
//!
//! The main type is [`Body`]. Its text is for people first, and still unambiguous:
//!
//! - A section begins with `═══ stdout ═══`, `═══ stderr ═══`, `═══ text/html ═══` or `═══ error ═══`, in
//!   that order (of the MIME types `text/plain` is first, `text/html` second). What a cell displays after
//!   that comes as `═══ display 2: text/html ═══`, and so on. `═══ end ═══` is the last line, so that blank
//!   lines at the end count.
//! - A line that could be taken for a header or a marker has one more `\` in front. Control characters are
//!   made [`visible`].
//! - A stream (`stdout`, `stderr`) that does not end with a line feed is followed by the marker `\ no newline
//!   at the end`. Other sections rarely do, and there a line feed at the end shows as an empty line.
//! - JSON is indented. In place of binary data there is a marker with its size, its hash and the
//!   [file](super::Blob) that holds it.
//!
//! This module reads and writes no file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::blob::{self, Blob};
use super::escape::{original, visible, visible_line};
use crate::record::CellRecord;

const RULE: &str = "═══";
const NO_NEWLINE: &str = "no newline at the end";
/// In front of a section name that could be taken for another: evcxr lets a program name any word as its MIME
/// type.
const DISPLAY: &str = "display: ";
/// In front of a section name of what was not the first thing that the cell displayed, with its number.
const FURTHER: &str = "display ";

/// Why a text is not the body of a snapshot.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the body {reason}")]
pub struct BodyError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// A cell's record as a snapshot shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// The sections in their fixed order, each name at most once.
    pub sections: Vec<Section>,
}

/// One channel on which a cell produced something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Which channel.
    pub name: SectionName,
    /// What came.
    pub content: Content,
}

/// A channel on which a cell may produce something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SectionName {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// The first thing displayed, as this MIME type.
    Mime(String),
    /// What was displayed after that, numbered from 2, as this MIME type.
    Further(usize, String),
    /// Why the cell failed.
    Error,
}

/// What came on a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text, control characters included.
    Text(String),
    /// Binary data, kept in a file beside the snapshot.
    Blob(Blob),
}

impl Body {
    /// Renders the record of the cell `cell`, and gives the binary files that belong beside it by name.
    pub fn render(cell: &str, record: &CellRecord) -> (Body, BTreeMap<String, Vec<u8>>) {
        let mut files = BTreeMap::new();
        let mut sections = Vec::new();
        let mut text = |name, text: String| sections.push(Section { name, content: Content::Text(text) });
        if !record.stdout.is_empty() {
            text(SectionName::Stdout, record.stdout.clone());
        }
        if !record.stderr.is_empty() {
            text(SectionName::Stderr, record.stderr.clone());
        }
        if let Some(failure) = &record.failure {
            text(SectionName::Error, format!("{}\n{failure}", failure.kind()));
        }
        let displays = record.displays().enumerate().flat_map(|(index, display)| display.iter().map(move |one| (index + 1, one)));
        for (number, (mime, output)) in displays {
            let content = match blob::decode(mime, output) {
                Some(bytes) => {
                    let blob = Blob::new(cell, mime, &bytes);
                    files.insert(blob.file.clone(), bytes);
                    Content::Blob(blob)
                }
                None => Content::Text(indented_json(mime, output).unwrap_or_else(|| output.clone())),
            };
            let name = if number == 1 { SectionName::Mime(mime.clone()) } else { SectionName::Further(number, mime.clone()) };
            sections.push(Section { name, content });
        }
        sections.sort_by(|one, other| one.name.rank().cmp(&other.name.rank()));
        (Body { sections }, files)
    }

    /// Reads a body's text. The empty text is the body of a record that is empty.
    ///
    /// # Errors
    /// If the text is not one that a body's `Display` writes: somebody has edited it.
    pub fn parse(text: &str) -> Result<Body, BodyError> {
        let mut body = Body::default();
        let mut names = BTreeSet::new();
        let mut open: Option<(SectionName, Vec<&str>)> = None;
        let mut ended = false;
        let text = text.strip_suffix('\n').unwrap_or(text);
        if text.is_empty() {
            return Ok(body);
        }
        for (index, line) in text.split('\n').enumerate() {
            let fail = |reason| BodyError { line: index + 1, reason };
            if ended {
                return Err(fail("comes after the end"));
            }
            if line.starts_with(RULE) {
                let name = header_name(line).ok_or_else(|| fail("is not a header"))?;
                if let Some((name, lines)) = open.take() {
                    body.sections.push(Section::parse(name, &lines).map_err(fail)?);
                }
                match name {
                    "end" => ended = true,
                    name => {
                        let name = SectionName::parse(name).ok_or_else(|| fail("is not a header"))?;
                        if !names.insert(name.clone()) {
                            return Err(fail("repeats a section"));
                        }
                        open = Some((name, Vec::new()));
                    }
                }
            } else {
                let (_, lines) = open.as_mut().ok_or_else(|| fail("comes before the first header"))?;
                lines.push(line);
            }
        }
        if ended {
            Ok(body)
        } else {
            Err(BodyError { line: text.split('\n').count(), reason: "is the last, and not `═══ end ═══`" })
        }
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    /// The binary data that the body describes.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = &Blob> {
        self.sections.iter().filter_map(|section| match &section.content {
            Content::Blob(blob) => Some(blob),
            Content::Text(_) => None,
        })
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return Ok(());
        }
        for section in &self.sections {
            writeln!(f, "{RULE} {} {RULE}", section.name)?;
            match &section.content {
                Content::Blob(blob) => writeln!(f, "\\ {}", blob.to_line())?,
                Content::Text(text) if section.name.is_stream() => {
                    for line in text.split_inclusive('\n') {
                        write_line(f, line.strip_suffix('\n').unwrap_or(line))?;
                    }
                    if !text.is_empty() && !text.ends_with('\n') {
                        writeln!(f, "\\ {NO_NEWLINE}")?;
                    }
                }
                Content::Text(text) => {
                    for line in text.split('\n') {
                        write_line(f, line)?;
                    }
                }
            }
        }
        writeln!(f, "{RULE} end {RULE}")
    }
}

impl Section {
    /// Reads the lines between two headers.
    fn parse(name: SectionName, lines: &[&str]) -> Result<Section, &'static str> {
        let (lines, marker) = match lines.split_last() {
            Some((last, before)) if last.starts_with("\\ ") => (before, Some(&last[2..])),
            _ => (lines, None),
        };
        if lines.iter().any(|line| line.starts_with("\\ ")) {
            return Err("ends a section with a marker in its middle");
        }
        let text = lines.iter().map(|line| content_line(line)).collect::<Vec<_>>().join("\n");
        let content = match marker {
            None if name.is_stream() && lines.is_empty() => Content::Text(text),
            None if name.is_stream() => Content::Text(text + "\n"),
            None => Content::Text(text),
            Some(NO_NEWLINE) if name.is_stream() && !lines.is_empty() => Content::Text(text),
            Some(marker) => match Blob::from_line(marker) {
                Some(blob) if lines.is_empty() && !name.is_stream() => Content::Blob(blob),
                _ => return Err("ends a section with a marker that is unknown"),
            },
        };
        Ok(Section { name, content })
    }
}

impl SectionName {
    fn is_stream(&self) -> bool {
        matches!(self, SectionName::Stdout | SectionName::Stderr)
    }

    /// The MIME type of display data.
    pub fn mime(&self) -> Option<&str> {
        match self {
            SectionName::Mime(mime) | SectionName::Further(_, mime) => Some(mime),
            _ => None,
        }
    }

    /// Where its section comes: first by the channel, then by what is displayed, then by MIME type.
    fn rank(&self) -> (u8, usize, u8, &str) {
        let of_mime = |mime| match mime {
            "text/plain" => (0, ""),
            "text/html" => (1, ""),
            other => (2, other),
        };
        match self {
            SectionName::Stdout => (0, 0, 0, ""),
            SectionName::Stderr => (1, 0, 0, ""),
            SectionName::Mime(mime) => (2, 1, of_mime(mime).0, of_mime(mime).1),
            SectionName::Further(number, mime) => (2, *number, of_mime(mime).0, of_mime(mime).1),
            SectionName::Error => (3, 0, 0, ""),
        }
    }

    fn parse(name: &str) -> Option<SectionName> {
        Some(match name {
            "stdout" => SectionName::Stdout,
            "stderr" => SectionName::Stderr,
            "error" => SectionName::Error,
            name => match name.strip_prefix(DISPLAY) {
                Some(mime) => SectionName::Mime(original(mime)),
                None if name.starts_with(FURTHER) => {
                    let (number, mime) = name.strip_prefix(FURTHER)?.split_once(": ")?;
                    SectionName::Further(number.parse().ok().filter(|number| *number > 1)?, original(mime))
                }
                None if name.contains('/') => SectionName::Mime(original(name)),
                None => return None,
            },
        })
    }
}

impl fmt::Display for SectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SectionName::Stdout => f.write_str("stdout"),
            SectionName::Stderr => f.write_str("stderr"),
            SectionName::Error => f.write_str("error"),
            SectionName::Mime(mime) if mime.contains('/') && !mime.starts_with("display") => f.write_str(&visible_line(mime)),
            SectionName::Further(number, mime) => write!(f, "{FURTHER}{number}: {}", visible_line(mime)),
            SectionName::Mime(mime) => write!(f, "{DISPLAY}{}", visible_line(mime)),
        }
    }
}

/// The name that a header line holds. A report uses it to say in which section a difference lies.
pub(crate) fn header_name(line: &str) -> Option<&str> {
    line.strip_prefix(RULE)?.strip_prefix(' ')?.strip_suffix(RULE)?.strip_suffix(' ')
}

/// Whether content of this type is JSON.
pub(crate) fn is_json(mime: &str) -> bool {
    let essence = blob::essence(mime);
    essence == "application/json" || essence.ends_with("+json")
}

fn indented_json(mime: &str, text: &str) -> Option<String> {
    if !is_json(mime) {
        return None;
    }
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    serde_json::to_string_pretty(&value).ok()
}

/// Writes a line of content so that it cannot be taken for a header or a marker.
fn write_line(f: &mut fmt::Formatter<'_>, line: &str) -> fmt::Result {
    let bare = line.trim_start_matches('\\');
    let ambiguous = bare.starts_with(RULE) || (bare.len() < line.len() && bare.starts_with(' '));
    writeln!(f, "{}{}", if ambiguous { "\\" } else { "" }, visible(line))
}

/// What [`write_line`] wrote.
fn content_line(line: &str) -> String {
    let bare = line.trim_start_matches('\\');
    let backslashes = line.len() - bare.len();
    let guarded = backslashes > 0 && (bare.starts_with(RULE) || bare.starts_with(' '));
    original(if guarded { &line[1..] } else { line })
}

#[cfg(test)]
pub(super) mod tests;
