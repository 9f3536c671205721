//! Text that may be printed wherever a report goes: nothing in it controls a terminal, or the log of a
//! workflow on GitHub.
//!
//! It is for text that a report has composed of its own words, of names and of what notebooks print. It
//! changes what is shown and is not undone.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::style::Style;
use crate::snapshot::{push_picture, steers};

/// GitHub's runner takes what follows this for a command, wherever in a line it is.
const COMMAND_ANYWHERE: &str = "##[";
/// It also does so with this at the beginning of a line, even after blanks.
const COMMAND: &str = "::";

/// The text as it may be printed in this style. Colours stay where the style has colours; all other control
/// sequences become visible.
pub fn printable(text: &str, style: Style) -> Cow<'_, str> {
    let text = if text.chars().any(steers) { Cow::Owned(without_steering(text, style)) } else { Cow::Borrowed(text) };
    let is_command = |line: &str| line.trim_start().starts_with(COMMAND) || line.contains(COMMAND_ANYWHERE);
    if !style.is_github_log || !text.lines().any(is_command) {
        return text;
    }
    Cow::Owned(text.split_inclusive('\n').map(without_commands).collect())
}

/// JSON as it may be printed: control characters are escaped, as JSON itself does it.
pub fn printable_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for (at, c) in json.char_indices() {
        // JSON has these only in its strings.
        if steers(c) || json[at..].starts_with(COMMAND_ANYWHERE) {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

fn without_steering(text: &str, style: Style) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match colour(rest).filter(|_| style.colour) {
            Some(length) => {
                out.push_str(&rest[..length]);
                rest = &rest[length..];
            }
            None => {
                if steers(c) {
                    push_picture(&mut out, c)
                } else {
                    out.push(c)
                }
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    out
}

/// The length of the escape sequence that a text begins with, if it only sets colours.
fn colour(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\x1b[")?;
    let length = parameters.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    parameters[length..].starts_with('m').then_some("\x1b[".len() + length + 1)
}

fn without_commands(line: &str) -> String {
    let line = line.replace(COMMAND_ANYWHERE, "# #[");
    match line.split_at_checked(line.len() - line.trim_start().len()) {
        Some((blanks, rest)) if rest.starts_with(COMMAND) => format!("{blanks}: {}", &rest[1..]),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_becomes_visible_but_for_colours_of_a_report_that_has_some() {
        let text = "a\x1b[31mb\x1b[0m\x1b]0;title\x07\x1b[2J\u{9b}1m\u{202e}c\td\r\n";
        let (plain, coloured) = (Style::plain(), Style { colour: true, ..Style::plain() });
        assert_eq!(printable(text, plain), "a␛[31mb␛[0m␛]0;title␇␛[2J␦u{9b}1m␦u{202e}c\td␍\n");
        assert_eq!(printable(text, coloured), "a\x1b[31mb\x1b[0m␛]0;title␇␛[2J␦u{9b}1m␦u{202e}c\td␍\n");
        assert!(matches!(printable("plain é ␛\n", plain), Cow::Borrowed(_)), "what is a picture already stays one");
    }

    #[test]
    fn no_line_is_a_command_for_github() {
        let text = "::error::a\n  \t::stop-commands::b\nx ::c\n##[add-mask]d\nsee ##[group]e\n::\n:::f";
        assert_eq!(printable(text, Style::plain()), text, "elsewhere they are text");
        let log = Style { is_github_log: true, ..Style::plain() };
        let shown = printable(text, log);
        assert_eq!(shown, ": :error::a\n  \t: :stop-commands::b\nx ::c\n# #[add-mask]d\nsee # #[group]e\n: :\n: ::f");
    }

    #[test]
    fn json_is_the_same_json() {
        let value = serde_json::json!({ "a": "##[add-mask]\u{202e}\u{9b}\u{7f}", "b": ["::error::", "##[", "é\n"] });
        let text = printable_json(&value.to_string());
        assert!(!text.contains("##[") && !text.chars().any(steers), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
