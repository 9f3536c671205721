//! The texts of all typed errors, in one file, so that they can be read in a row.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::words::files_below;
use crate::world::workspace;

/// The texts in a source file, each with the name of its variant or type.
fn texts(source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find("#[error(") {
        rest = &rest[at + "#[error(".len()..];
        let Some(end) = rest.find(")]") else { break };
        let text = rest[..end].trim();
        rest = &rest[end + 2..];
        // The next line that is no attribute and no comment names it.
        let mut lines = rest.lines().map(str::trim);
        let named = lines.find(|line| !line.is_empty() && !line.starts_with("#[") && !line.starts_with("//")).unwrap_or_default();
        let name = named.trim_start_matches("pub ").trim_start_matches("enum ").trim_start_matches("struct ");
        let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        found.push((name, unquoted(text)));
    }
    found
}

/// The text without its quotes, and without the arguments after it.
fn unquoted(text: &str) -> String {
    let Some(quoted) = text.strip_prefix('"') else { return text.to_owned() };
    let mut out = String::new();
    let mut characters = quoted.chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => break,
            '\\' => match characters.next() {
                Some('n') => out.push('\n'),
                Some('\n') => {
                    // A string that goes on in the next line.
                    characters = characters.as_str().trim_start().chars();
                }
                Some(other) => out.push(other),
                None => break,
            },
            c => out.push(c),
        }
    }
    out
}

#[test]
fn the_texts_of_errors_are_those_that_were_read() {
    let mut files: Vec<PathBuf> = Vec::new();
    files_below(&workspace().join("crates"), &mut files);
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs") && path.iter().any(|part| part == "src"));
    files.sort();
    let mut all = String::new();
    for path in files {
        let texts = texts(&std::fs::read_to_string(&path).unwrap());
        if texts.is_empty() {
            continue;
        }
        let name = path.strip_prefix(workspace()).unwrap_or(Path::new(&path)).display().to_string();
        writeln!(all, "{name}").unwrap();
        for (variant, text) in texts {
            writeln!(all, "  {variant}: {}", text.replace('\n', "\n      ")).unwrap();
        }
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("texts_of_errors", all);
    });
}
