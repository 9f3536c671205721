//! Words that comments and documents do not use, and comment lines that are too long.
//!
//! A phrase of the list hides who does what, or is not what the field says. A line is looked at by itself:
//! a phrase that is broken between two lines is not found.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::world::workspace;

/// Phrases that are not used, each with what to write.
const UNUSED: &[(&str, &str)] = &[
    ("all the same", "anyway, still"),
    ("and is none", "but is not one"),
    ("are lent", "are provided"),
    ("are told", "get, are recognised"),
    ("as it were", "nothing"),
    ("been told", "has got, was reported"),
    ("held against", "compared with"),
    ("holds against", "compares with"),
    ("is lent", "is provided"),
    ("is told", "gets, is printed, is recognised"),
    ("lends", "provides"),
    ("no less", "also"),
    ("nobody who", "only who"),
    ("Nor", "a sentence with `not`"),
    ("nothing but", "only"),
    ("says no", "refuses"),
    ("stands", "is"),
    ("tells", "reports, shows, distinguishes"),
    ("that are none", "that are invalid"),
    ("that is none", "that is invalid"),
    ("there no more", "no longer exists"),
    ("there waits", "pending"),
    ("told of", "gets a message about"),
    ("was told", "got, was reported"),
    ("what is none", "what is invalid"),
    ("whoever", "the caller, the process, the user"),
];

/// Where phrases are still found, each with the reason. The paths are beginnings.
const ALLOWED: &[(&str, &str)] = &[
    ("docs/src/reference/", "written from help texts and settings"),
    ("tests/engines/corpus/", "cells, whose comments are part of what runs"),
];

/// How many comment lines are longer than [`WIDTH`], tables aside. The number may only become smaller.
const LONG_LINES: usize = 43;
const WIDTH: usize = 110;

/// A line that is read by people: of a comment, or of a document.
struct Line {
    /// Its file, from the top of the tree.
    file: String,
    /// From 1.
    number: usize,
    text: String,
}

pub(crate) fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            files_below(&path, found);
        } else if [".rs", ".md", ".ipynb"].iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
}

/// Every comment line of the code, and every line of the documents and of the prose in notebooks.
fn lines() -> Vec<Line> {
    let mut files = Vec::new();
    files_below(workspace(), &mut files);
    let mut lines = Vec::new();
    for path in files {
        let file = path.strip_prefix(workspace()).unwrap().display().to_string();
        let is_code = file.ends_with(".rs");
        let mut text = std::fs::read_to_string(&path).unwrap();
        if file.ends_with(".ipynb") {
            text = prose(&text);
        }
        for (index, text) in text.lines().enumerate() {
            if !is_code || text.trim_start().starts_with("//") {
                lines.push(Line { file: file.clone(), number: index + 1, text: text.to_owned() });
            }
        }
    }
    lines
}

/// The Markdown of a notebook; nothing of a file that is not one.
fn prose(text: &str) -> String {
    let notebook: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let cells = notebook["cells"].as_array().into_iter().flatten().filter(|cell| cell["cell_type"] == "markdown");
    let sources = cells.flat_map(|cell| cell["source"].as_array().into_iter().flatten().chain([&cell["source"]]));
    // Each cell ends with its last line, which has no line feed.
    sources.filter_map(serde_json::Value::as_str).flat_map(str::lines).map(|line| format!("{line}\n")).collect()
}

/// Whether a line has a phrase as whole words, also at the beginning of a sentence.
fn has(line: &str, phrase: &str) -> bool {
    let capital = phrase[..1].to_ascii_uppercase() + &phrase[1..];
    [phrase, capital.as_str()].into_iter().any(|phrase| {
        line.match_indices(phrase).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + phrase.len()..].chars().next();
            !before.into_iter().chain(after).any(|beside| beside.is_alphanumeric() || beside == '_')
        })
    })
}

#[test]
fn comments_and_documents_use_the_words_of_the_field() {
    let lines = lines();
    assert!(lines.len() > 10_000, "only {} lines were read", lines.len());
    let mut found = Vec::new();
    let mut allowed = BTreeSet::new();
    for Line { file, number, text } in &lines {
        for (phrase, instead) in UNUSED.iter().filter(|(phrase, _)| has(text, phrase)) {
            match ALLOWED.iter().find(|(path, _)| file.starts_with(*path)) {
                Some((path, _)) => {
                    allowed.insert(*path);
                }
                None => found.push(format!("{file}:{number}: `{phrase}`: write {instead}")),
            }
        }
    }
    assert!(found.is_empty(), "words that are not used here:\n{}", found.join("\n"));
    let done: Vec<&str> = ALLOWED.iter().map(|(path, _)| *path).filter(|path| !allowed.contains(path)).collect();
    assert!(done.is_empty(), "nothing is left to allow, remove from `ALLOWED`: {done:?}");
}

fn is_long(line: &Line) -> bool {
    let comment = line.text.trim_start().trim_start_matches(['/', '!']).trim_start();
    line.file.ends_with(".rs") && line.text.chars().count() > WIDTH && !comment.starts_with('|')
}

#[test]
fn long_comment_lines_do_not_become_more() {
    let long: Vec<String> =
        lines().iter().filter(|line| is_long(line)).map(|line| format!("{}:{}", line.file, line.number)).collect();
    assert!(
        long.len() <= LONG_LINES,
        "{} comment lines are longer than {WIDTH} characters, {LONG_LINES} are allowed:\n{}",
        long.len(),
        long.join("\n")
    );
}

#[test]
fn phrases_are_found_as_whole_words() {
    assert!(has("//! Nor is it known what it tells", "tells") && has("//! Nor is it known", "Nor"));
    assert!(has("/// Whoever asks", "whoever") && has("it says no.", "says no"));
    assert!(!has("// understands", "stands") && !has("// a `Norm`", "Nor"));
}
