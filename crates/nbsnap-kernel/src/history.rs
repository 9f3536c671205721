//! The inputs of this session and earlier ones: lines of JSON in a file of the user's.
//!
//! The main type is [`History`]. If the file cannot be read or written, only the past is lost. Cells still
//! run.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::wire::Request;

/// A file that is longer loses its older half when a kernel starts.
const LONGEST: usize = 4 << 20;

/// The cells that were run, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct History {
    file: Option<PathBuf>,
    entries: Vec<Entry>,
    session: i64,
}

#[derive(Clone, Debug)]
struct Entry {
    session: i64,
    line: i64,
    source: String,
    /// The value that it showed, in this session.
    output: Option<String>,
}

impl History {
    /// Reads the file, if there is one.
    pub(crate) fn open(file: Option<PathBuf>) -> History {
        let mut text = file.as_deref().and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
        if text.len() > LONGEST {
            let middle = text.char_indices().map(|(at, _)| at).find(|at| *at >= text.len() / 2).unwrap_or(0);
            let from = text[middle..].find('\n').map_or(text.len(), |end| middle + end + 1);
            text.drain(..from);
            if let Some(file) = &file {
                let part = file.with_extension("part");
                let _ = std::fs::write(&part, &text).and_then(|()| std::fs::rename(&part, file));
            }
        }
        let entry = |line: &str| -> Option<Entry> {
            let value: Value = serde_json::from_str(line).ok()?;
            let source = value["source"].as_str()?.to_owned();
            Some(Entry { session: value["session"].as_i64()?, line: value["line"].as_i64()?, source, output: None })
        };
        let entries: Vec<Entry> = text.lines().filter_map(entry).collect();
        let session = entries.iter().map(|entry| entry.session).max().unwrap_or(0) + 1;
        History { file, entries, session }
    }

    /// Adds a cell that is about to run. What no person has typed is forgotten with the session.
    pub(crate) fn add(&mut self, line: u64, source: &str, is_typed: bool) {
        let line = i64::try_from(line).unwrap_or(i64::MAX);
        self.entries.push(Entry { session: self.session, line, source: source.to_owned(), output: None });
        let Some(file) = self.file.as_ref().filter(|_| is_typed) else { return };
        let text = format!("{}\n", json!({"session": self.session, "line": line, "source": source}));
        if let Some(folder) = file.parent() {
            let _ = std::fs::create_dir_all(folder);
        }
        // One write, so that lines of several kernels do not mix.
        let opened = OpenOptions::new().create(true).append(true).open(file);
        let _ = opened.and_then(|mut opened| opened.write_all(text.as_bytes()));
    }

    /// Notes the value that the last cell has shown.
    pub(crate) fn note_output(&mut self, value: &str) {
        if let Some(entry) = self.entries.last_mut() {
            entry.output = Some(value.to_owned());
        }
    }

    /// The answer to a request: `range`, `tail` or `search`.
    pub(crate) fn answer(&self, request: &Request) -> Vec<Value> {
        let count = request.number("n").and_then(|n| usize::try_from(n).ok());
        let last = |entries: Vec<&Entry>| -> Vec<Entry> {
            let skipped = count.map_or(0, |count| entries.len().saturating_sub(count));
            entries.into_iter().skip(skipped).cloned().collect()
        };
        let found = match request.text("hist_access_type") {
            "range" => {
                let session = request.number("session").unwrap_or(0);
                // Zero is this session, and negative ones count back from it.
                let session = if session <= 0 { self.session + session } else { session };
                let (start, stop) = (request.number("start").unwrap_or(0), request.number("stop").unwrap_or(i64::MAX));
                let is_in = |entry: &&Entry| entry.session == session && start <= entry.line && entry.line < stop;
                self.entries.iter().filter(is_in).cloned().collect()
            }
            "search" => {
                let pattern = request.content["pattern"].as_str().unwrap_or("*");
                let mut matching: Vec<&Entry> = self.entries.iter().filter(|entry| matches(pattern, &entry.source)).collect();
                if request.flag("unique", false) {
                    let mut seen = BTreeSet::new();
                    matching.reverse();
                    matching.retain(|entry| seen.insert(entry.source.clone()));
                    matching.reverse();
                }
                last(matching)
            }
            _ => last(self.entries.iter().collect()),
        };
        let wants_output = request.flag("output", false);
        found
            .into_iter()
            .map(
                |Entry { session, line, source, output }| {
                    if wants_output { json!([session, line, [source, output]]) } else { json!([session, line, source]) }
                },
            )
            .collect()
    }
}

/// Whether a text matches a pattern, in which `*` is any text and `?` any character.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut in_text, mut star) = (0, 0, None);
    while in_text < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, in_text));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || *wanted == text[in_text] => (at, in_text) = (at + 1, in_text + 1),
            _ => match &mut star {
                Some((after, from)) => {
                    *from += 1;
                    (at, in_text) = (*after + 1, *from);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text) in [("*", ""), ("let*", "let x = 1;"), ("*x*", "let x = 1;"), ("?", "a"), ("a*b*c", "a--b--bc")] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("let", "let x"), ("?", ""), ("a*b", "abc")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn sessions_are_kept_in_a_file_and_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("below/history.jsonl");
        let mut first = History::open(Some(file.clone()));
        first.add(1, "let a = 1;\na", true);
        first.add(2, "b", true);
        first.add(3, "c", false);
        assert_eq!(first.entries.len(), 3);
        let second = History::open(Some(file));
        assert_eq!(second.session, first.session + 1);
        let lines: Vec<(i64, i64, &str)> =
            second.entries.iter().map(|entry| (entry.session, entry.line, entry.source.as_str())).collect();
        assert_eq!(lines, [(1, 1, "let a = 1;\na"), (1, 2, "b")]);
    }
}
