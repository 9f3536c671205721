//! Help while typing, from what is known without an analysis of the code: names with their types, texts, commands.
//!
//! Positions of the protocol count characters. Answers come at once, also while a cell runs.

use rust_cells::COMMANDS;
use rust_cells::cell::{Completeness, completeness};
use serde_json::{Value, json};

use crate::known::Known;

/// Rust's keywords.
const KEYWORDS: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "false", "fn", "for", "if",
    "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "true", "type", "unsafe", "use", "where", "while",
];

/// Names that are in scope without an import.
const PRELUDE: &[(&str, &str)] = &[
    ("Box", "type"),
    ("Err", "function"),
    ("None", "constant"),
    ("Ok", "function"),
    ("Option", "type"),
    ("Result", "type"),
    ("Some", "function"),
    ("String", "type"),
    ("Vec", "type"),
    ("assert!", "macro"),
    ("assert_eq!", "macro"),
    ("assert_ne!", "macro"),
    ("bool", "type"),
    ("char", "type"),
    ("dbg!", "macro"),
    ("eprintln!", "macro"),
    ("f32", "type"),
    ("f64", "type"),
    ("format!", "macro"),
    ("i32", "type"),
    ("i64", "type"),
    ("i8", "type"),
    ("i16", "type"),
    ("matches!", "macro"),
    ("panic!", "macro"),
    ("print!", "macro"),
    ("println!", "macro"),
    ("str", "type"),
    ("todo!", "macro"),
    ("u16", "type"),
    ("u32", "type"),
    ("u64", "type"),
    ("u8", "type"),
    ("usize", "type"),
    ("vec!", "macro"),
    ("write!", "macro"),
    ("writeln!", "macro"),
];

/// `is_complete_reply`.
pub(crate) fn is_complete(code: &str) -> Value {
    match completeness(code) {
        Completeness::Complete => json!({"status": "complete", "indent": ""}),
        Completeness::Incomplete { indent } => json!({"status": "incomplete", "indent": indent}),
        Completeness::Invalid => json!({"status": "invalid", "indent": ""}),
    }
}

/// Something that may be meant.
struct Match {
    text: String,
    kind: &'static str,
    signature: String,
}

/// `complete_reply`.
pub(crate) fn complete(code: &str, cursor: usize, known: &Known) -> Value {
    let before: Vec<char> = code.chars().take(cursor).collect();
    let cursor = before.len();
    let line_start = before.iter().rposition(|c| *c == '\n').map_or(0, |at| at + 1);
    let line: String = before[line_start..].iter().collect();
    let command = line.trim_start().starts_with(':') && !line.trim_start().contains(' ');
    let is_word = |c: &char| c.is_alphanumeric() || *c == '_';
    let word_start = if command {
        line_start + line.chars().take_while(|c| c.is_whitespace()).count()
    } else {
        before.iter().rposition(|c| !is_word(c)).map_or(0, |at| at + 1)
    };
    let word: String = before[word_start..].iter().collect();
    let follows = |text: &str| before[..word_start].iter().collect::<String>().ends_with(text);
    let mut matches: Vec<Match> = Vec::new();
    if command {
        matches.extend(COMMANDS.iter().map(|command| Match {
            text: command.name.to_owned(),
            kind: "keyword",
            signature: command.does.to_owned(),
        }));
    } else if line.trim_start().starts_with(":type ") || line.trim_start().starts_with(":t ") {
        matches.extend(variables(known));
    } else if !follows(".") && !follows("::") {
        matches.extend(variables(known));
        matches.extend(known.definitions.iter().map(|(name, definition)| Match {
            text: if definition.noun == "macro" { format!("{name}!") } else { name.clone() },
            kind: definition.noun,
            signature: signature(&definition.text),
        }));
        let import = |(name, path): (&String, &String)| Match { text: name.clone(), kind: "import", signature: path.clone() };
        matches.extend(known.imports.iter().map(import));
        let dependency =
            |(name, value): (&String, &String)| Match { text: name.clone(), kind: "module", signature: format!("crate {value}") };
        matches.extend(known.crates.iter().map(dependency));
        if !word.is_empty() {
            let plain = |text: &str, kind: &'static str| Match { text: text.to_owned(), kind, signature: String::new() };
            matches.extend(PRELUDE.iter().map(|(name, kind)| plain(name, kind)));
            matches.extend(KEYWORDS.iter().map(|word| plain(word, "keyword")));
            matches.push(Match { text: "std".into(), kind: "module", signature: "the standard library".into() });
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    matches.retain(|found| found.text.starts_with(&word) && seen.insert(found.text.clone()));
    let types: Vec<Value> = matches
        .iter()
        .map(|found| {
            json!({"text": found.text, "type": found.kind, "signature": found.signature, "start": word_start, "end": cursor})
        })
        .collect();
    let texts: Vec<&str> = matches.iter().map(|found| found.text.as_str()).collect();
    json!({
        "status": "ok",
        "matches": texts,
        "cursor_start": word_start,
        "cursor_end": cursor,
        "metadata": {"_jupyter_types_experimental": types},
    })
}

fn variables(known: &Known) -> impl Iterator<Item = Match> + '_ {
    known.variables.iter().map(|(name, variable)| Match { text: name.clone(), kind: "instance", signature: variable.ty.clone() })
}

/// `inspect_reply`.
pub(crate) fn inspect(code: &str, cursor: usize, known: &Known) -> Value {
    let found = word_at(code, cursor).and_then(|word| explain(&word, known));
    match found {
        Some((plain, markdown)) => json!({
            "status": "ok", "found": true, "data": {"text/plain": plain, "text/markdown": markdown}, "metadata": {},
        }),
        None => json!({"status": "ok", "found": false, "data": {}, "metadata": {}}),
    }
}

/// The name or command that the cursor is on, or just behind.
fn word_at(code: &str, cursor: usize) -> Option<String> {
    let characters: Vec<char> = code.chars().collect();
    let cursor = cursor.min(characters.len());
    let is_word = |c: &char| c.is_alphanumeric() || *c == '_';
    let mut start = characters[..cursor].iter().rposition(|c| !is_word(c)).map_or(0, |at| at + 1);
    let end = characters[cursor..].iter().position(|c| !is_word(c)).map_or(characters.len(), |count| cursor + count);
    // Behind an opening parenthesis the function before it is meant.
    if start == end && start > 0 && ['(', ')', ' ', '!'].contains(&characters[start - 1]) {
        let end = start - 1;
        start = characters[..end].iter().rposition(|c| !is_word(c)).map_or(0, |at| at + 1);
        return (start < end).then(|| characters[start..end].iter().collect());
    }
    if start > 0 && characters[start - 1] == ':' && (start < 2 || characters[start - 2] != ':') {
        let is_line_start = characters[..start - 1].iter().rev().take_while(|c| **c != '\n').all(|c| c.is_whitespace());
        start -= usize::from(is_line_start);
    }
    (start < end).then(|| characters[start..end].iter().collect())
}

/// What is known of a name: as text, and as Markdown.
fn explain(word: &str, known: &Known) -> Option<(String, String)> {
    if let Some(command) = COMMANDS.iter().find(|command| command.name == word) {
        let call = format!("{} {}", command.name, command.arguments);
        let call = call.trim_end();
        return Some((format!("{call}\n{}", command.does), format!("`{call}`\n\n{}", command.does)));
    }
    if let Some(variable) = known.variables.get(word) {
        let declared = format!("let {}{word}: {}", if variable.is_mutable { "mut " } else { "" }, variable.ty);
        return Some((declared.clone(), format!("```rust\n{declared}\n```")));
    }
    if let Some(definition) = known.definitions.get(word) {
        let (docs, signature) = (docs(&definition.text), signature(&definition.text));
        let origin = format!("{}, {}", definition.noun, definition.label);
        let plain = [signature.as_str(), docs.as_str(), origin.as_str()].into_iter().filter(|part| !part.is_empty());
        let markdown = format!("```rust\n{signature}\n```\n\n{docs}\n\n*{origin}*");
        return Some((plain.collect::<Vec<_>>().join("\n\n"), markdown));
    }
    if let Some(path) = known.imports.get(word) {
        let root = path.split("::").next().unwrap_or_default();
        let url = if ["std", "core", "alloc"].contains(&root) {
            format!("https://doc.rust-lang.org/std/?search={word}")
        } else {
            format!("https://docs.rs/{root}/latest/{root}/?search={word}")
        };
        return Some((format!("use {path};\n{url}"), format!("```rust\nuse {path};\n```\n\n<{url}>")));
    }
    if let Some(value) = known.crates.get(word) {
        let url = format!("https://docs.rs/{word}");
        return Some((format!("crate {word} = {value}\n{url}"), format!("crate `{word} = {value}`\n\n<{url}>")));
    }
    if let Some(why) = known.lost.get(word) {
        let text = format!("`{word}` is not there any more: {why}");
        return Some((text.clone(), text));
    }
    let is_standard = PRELUDE.iter().any(|(name, _)| name.trim_end_matches('!') == word);
    let kind = if is_standard { "in the standard library" } else { "a keyword" };
    (is_standard || KEYWORDS.contains(&word)).then(|| {
        let url = if is_standard {
            format!("https://doc.rust-lang.org/std/?search={word}")
        } else {
            format!("https://doc.rust-lang.org/std/keyword.{word}.html")
        };
        (format!("{word}: {kind}\n{url}"), format!("`{word}`: {kind}\n\n<{url}>"))
    })
}

/// An item's text up to its body, without comments and attributes before it; all of a short type.
fn signature(text: &str) -> String {
    let is_before = |line: &&str| {
        let line = line.trim_start();
        line.is_empty() || line.starts_with("//") || line.starts_with("#[")
    };
    let code: Vec<&str> = text.lines().skip_while(is_before).collect();
    let code = code.join("\n");
    let is_type =
        ["struct ", "enum ", "union ", "trait ", "pub struct ", "pub enum ", "pub trait ", "const ", "static ", "type "]
            .iter()
            .any(|word| code.starts_with(word));
    if is_type && code.lines().count() <= 20 {
        return code;
    }
    code.split('{').next().unwrap_or_default().trim_end().to_owned()
}

/// The text of `///` lines before an item.
fn docs(text: &str) -> String {
    let lines = text.lines().take_while(|line| {
        let line = line.trim_start();
        line.starts_with("//") || line.starts_with("#[") || line.is_empty()
    });
    let docs = lines.filter_map(|line| line.trim_start().strip_prefix("///")).map(|line| line.strip_prefix(' ').unwrap_or(line));
    docs.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::{Definition, Variable};

    fn known() -> Known {
        let mut known = Known::default();
        known.variables.insert("count".into(), Variable { ty: "i32".into(), is_mutable: true });
        let text = "/// The area.\n#[inline]\nfn area(side: f64) -> f64 {\n    side * side\n}";
        let definition = Definition { noun: "function", text: text.into(), label: "cell [2]".into() };
        known.definitions.insert("area".into(), definition);
        known.crates.insert("eoap".into(), "{ path = \"..\" }".into());
        known
    }

    #[test]
    fn names_are_completed_with_their_types() {
        let reply = complete("let x = cou", 11, &known());
        assert_eq!(reply["matches"], json!(["count"]));
        assert_eq!((&reply["cursor_start"], &reply["cursor_end"]), (&json!(8), &json!(11)));
        assert_eq!(reply["metadata"]["_jupyter_types_experimental"][0]["signature"], "i32");
        let matches = complete("příliš(ar", 9, &known())["matches"].clone();
        assert_eq!(matches, json!(["area"]), "positions count characters");
        assert_eq!(complete(":va", 3, &known())["matches"], json!([":vars"]));
        assert_eq!(complete("count.ar", 8, &known())["matches"], json!([]), "methods are not known");
        assert!(complete("", 0, &known())["matches"].as_array().unwrap().iter().any(|text| text == "eoap"));
    }

    #[test]
    fn names_are_explained() {
        assert_eq!(inspect("count + 1", 2, &known())["data"]["text/plain"], "let mut count: i32");
        let area = inspect("area(", 5, &known());
        assert!(area["data"]["text/plain"].as_str().unwrap().starts_with("fn area(side: f64) -> f64\n\nThe area."));
        assert_eq!(inspect("nothing", 3, &known())["found"], false);
        assert_eq!(inspect(":dep x", 2, &known())["found"], true);
        assert_eq!(inspect("println!(\"\")", 3, &known())["found"], true);
    }
}
