//! Help while typing that needs no analysis of the code: names with their types, texts, commands.
//!
//! Positions of the protocol count characters. Answers come at once, even while a cell runs.

use std::borrow::Cow;

use rust_cells::COMMANDS;
use rust_cells::analysis::{Explanation, Suggestion};
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

/// A candidate.
struct Match {
    text: String,
    kind: Cow<'static, str>,
    signature: String,
}

/// Suggestions for a place, in the order in which they are shown.
pub(crate) struct Completions {
    matches: Vec<Match>,
    /// The part that has been typed.
    word: String,
    start: usize,
    end: usize,
    /// Whether it is more than names: a member, or what a path leads to.
    pub(crate) is_member: bool,
    /// Whether it is a command or an argument of one.
    pub(crate) is_command: bool,
}

impl Completions {
    /// Appends the suggestions of an analysis.
    pub(crate) fn extend(&mut self, suggestions: Vec<Suggestion>) {
        if self.word.is_empty() && !self.is_member {
            // A list of everything would not help.
            return;
        }
        for Suggestion { text, kind, signature } in suggestions {
            let plain = |text: &str| text.trim_end_matches('!').to_owned();
            if !self.matches.iter().any(|known| plain(&known.text) == plain(&text)) {
                self.matches.push(Match { text, kind: kind.into(), signature });
            }
        }
    }

    /// `complete_reply`.
    pub(crate) fn reply(&self) -> Value {
        let Completions { matches, start, end, .. } = self;
        let types: Vec<Value> = matches
            .iter()
            .map(
                |found| json!({"text": found.text, "type": found.kind, "signature": found.signature, "start": start, "end": end}),
            )
            .collect();
        let texts: Vec<&str> = matches.iter().map(|found| found.text.as_str()).collect();
        json!({
            "status": "ok",
            "matches": texts,
            "cursor_start": start,
            "cursor_end": end,
            "metadata": {"_jupyter_types_experimental": types},
        })
    }
}

/// Suggestions for a place, without an analysis.
pub(crate) fn completions(code: &str, cursor: usize, known: &Known) -> Completions {
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
    let is_member = follows(".") || follows("::");
    let is_argument = line.trim_start().starts_with([':', '!']) && !command;
    let mut matches: Vec<Match> = Vec::new();
    if command {
        matches.extend(COMMANDS.iter().map(|command| Match {
            text: command.name.to_owned(),
            kind: "keyword".into(),
            signature: command.does.to_owned(),
        }));
    } else if line.trim_start().starts_with(":type ") || line.trim_start().starts_with(":t ") {
        matches.extend(variables(known));
    } else if !is_member && !is_argument {
        matches.extend(variables(known));
        matches.extend(known.definitions.iter().map(|(name, definition)| Match {
            text: if definition.noun == "macro" { format!("{name}!") } else { name.clone() },
            kind: definition.noun.into(),
            signature: signature(&definition.text),
        }));
        let import =
            |(name, path): (&String, &String)| Match { text: name.clone(), kind: "import".into(), signature: path.clone() };
        matches.extend(known.imports.iter().map(import));
        let dependency = |(name, value): (&String, &String)| Match {
            text: name.clone(),
            kind: "module".into(),
            signature: format!("crate {value}"),
        };
        matches.extend(known.crates.iter().map(dependency));
        if !word.is_empty() {
            let plain =
                |text: &str, kind: &'static str| Match { text: text.to_owned(), kind: kind.into(), signature: String::new() };
            matches.extend(PRELUDE.iter().map(|(name, kind)| plain(name, kind)));
            matches.extend(KEYWORDS.iter().map(|word| plain(word, "keyword")));
            matches.push(Match { text: "std".into(), kind: "module".into(), signature: "the standard library".into() });
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    matches.retain(|found| found.text.starts_with(&word) && seen.insert(found.text.clone()));
    Completions { matches, word, start: word_start, end: cursor, is_member, is_command: command || is_argument }
}

fn variables(known: &Known) -> impl Iterator<Item = Match> + '_ {
    known.variables.iter().map(|(name, variable)| Match {
        text: name.clone(),
        kind: "instance".into(),
        signature: variable.ty.clone(),
    })
}

/// `inspect_reply`.
pub(crate) fn inspected(found: Option<Explanation>) -> Value {
    match found {
        Some(Explanation { plain, markdown }) => json!({
            "status": "ok", "found": true, "data": {"text/plain": plain, "text/markdown": markdown}, "metadata": {},
        }),
        None => json!({"status": "ok", "found": false, "data": {}, "metadata": {}}),
    }
}

/// A name or command in a cell.
pub(crate) struct Word {
    pub(crate) text: String,
    /// Where it begins, in characters.
    pub(crate) start: usize,
    /// Whether it is a member, or what a path leads to.
    pub(crate) is_member: bool,
}

/// The name or command that the cursor is on, or just behind.
pub(crate) fn word_at(code: &str, cursor: usize) -> Option<Word> {
    let characters: Vec<char> = code.chars().collect();
    let cursor = cursor.min(characters.len());
    let is_word = |c: &char| c.is_alphanumeric() || *c == '_';
    let mut start = characters[..cursor].iter().rposition(|c| !is_word(c)).map_or(0, |at| at + 1);
    let end = characters[cursor..].iter().position(|c| !is_word(c)).map_or(characters.len(), |count| cursor + count);
    // After an opening parenthesis, the function before it is looked up.
    if start == end && start > 0 && ['(', ')', ' ', '!'].contains(&characters[start - 1]) {
        let end = start - 1;
        start = characters[..end].iter().rposition(|c| !is_word(c)).map_or(0, |at| at + 1);
        return word(&characters, start, end);
    }
    if start > 0 && characters[start - 1] == ':' && (start < 2 || characters[start - 2] != ':') {
        let is_line_start = characters[..start - 1].iter().rev().take_while(|c| **c != '\n').all(|c| c.is_whitespace());
        start -= usize::from(is_line_start);
    }
    word(&characters, start, end)
}

fn word(characters: &[char], start: usize, end: usize) -> Option<Word> {
    let before = &characters[..start];
    let is_member = before.ends_with(&['.']) && !before.ends_with(&['.', '.']) || before.ends_with(&[':', ':']);
    (start < end).then(|| Word { text: characters[start..end].iter().collect(), start, is_member })
}

/// The explanation of a name that the session's cells have defined, or of a command.
pub(crate) fn explain_own(word: &str, known: &Known) -> Option<Explanation> {
    if let Some(command) = COMMANDS.iter().find(|command| command.name == word) {
        let call = format!("{} {}", command.name, command.arguments);
        let call = call.trim_end();
        return explanation(format!("{call}\n{}", command.does), format!("`{call}`\n\n{}", command.does));
    }
    if let Some(variable) = known.variables.get(word) {
        let declared = format!("let {}{word}: {}", if variable.is_mutable { "mut " } else { "" }, variable.ty);
        return explanation(declared.clone(), format!("```rust\n{declared}\n```"));
    }
    if let Some(definition) = known.definitions.get(word) {
        let (docs, signature) = (docs(&definition.text), signature(&definition.text));
        let origin = format!("{}, {}", definition.noun, definition.label);
        let plain = [signature.as_str(), docs.as_str(), origin.as_str()].into_iter().filter(|part| !part.is_empty());
        let markdown = format!("```rust\n{signature}\n```\n\n{docs}\n\n*{origin}*");
        return explanation(plain.collect::<Vec<_>>().join("\n\n"), markdown);
    }
    let why = known.lost.get(word)?;
    let text = format!("`{word}` is not there any more: {why}");
    explanation(text.clone(), text)
}

/// The documentation of a name that cells have not defined.
pub(crate) fn explain_foreign(word: &str, known: &Known) -> Option<Explanation> {
    if let Some(path) = known.imports.get(word) {
        let root = path.split("::").next().unwrap_or_default();
        let url = if ["std", "core", "alloc"].contains(&root) {
            format!("https://doc.rust-lang.org/std/?search={word}")
        } else {
            format!("https://docs.rs/{root}/latest/{root}/?search={word}")
        };
        return explanation(format!("use {path};\n{url}"), format!("```rust\nuse {path};\n```\n\n<{url}>"));
    }
    if let Some(value) = known.crates.get(word) {
        let url = format!("https://docs.rs/{word}");
        return explanation(format!("crate {word} = {value}\n{url}"), format!("crate `{word} = {value}`\n\n<{url}>"));
    }
    let is_standard = PRELUDE.iter().any(|(name, _)| name.trim_end_matches('!') == word);
    if !is_standard && !KEYWORDS.contains(&word) {
        return None;
    }
    let kind = if is_standard { "in the standard library" } else { "a keyword" };
    let url = if is_standard {
        format!("https://doc.rust-lang.org/std/?search={word}")
    } else {
        format!("https://doc.rust-lang.org/std/keyword.{word}.html")
    };
    explanation(format!("{word}: {kind}\n{url}"), format!("`{word}`: {kind}\n\n<{url}>"))
}

fn explanation(plain: String, markdown: String) -> Option<Explanation> {
    Some(Explanation { plain, markdown })
}

/// An item's text up to its body, without comments and attributes before it. A short type is shown whole.
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

    fn complete(code: &str, cursor: usize, known: &Known) -> Value {
        completions(code, cursor, known).reply()
    }

    fn inspect(code: &str, cursor: usize, known: &Known) -> Value {
        let word = word_at(code, cursor).map(|word| word.text).unwrap_or_default();
        inspected(explain_own(&word, known).or_else(|| explain_foreign(&word, known)))
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
