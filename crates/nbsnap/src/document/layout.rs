//! The layout of a notebook's file, found out from its text: indentation, line ends, separators, escapes.
//!
//! New values are written this way. Jupyter writes one space of indentation and no escapes. Other programs
//! differ.

use serde_json::Value;

/// A file's style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// The indentation of one level. `None` if everything is on one line.
    pub(super) indent: Option<String>,
    /// What ends a line.
    pub(super) newline: &'static str,
    /// What follows a comma on one line.
    pub(super) after_comma: &'static str,
    /// What follows a colon.
    pub(super) after_colon: &'static str,
    /// Whether everything outside ASCII is written as `\u....`.
    pub(super) ascii: bool,
}

impl Layout {
    /// The style of a text that is JSON.
    pub(super) fn of(text: &str) -> Layout {
        let body = text.trim_start();
        let newline = if body.contains("\r\n") { "\r\n" } else { "\n" };
        // The first member of the notebook is alone on its line, one level in. Or everything is on one line.
        let first = body.strip_prefix('{').unwrap_or_default();
        let gap = &first[..first.len() - first.trim_start().len()];
        let indent = gap.rsplit_once('\n').map(|(_, indent)| indent.to_owned());
        let space = |after: char| {
            let at = body.find(&format!("\"{after}")).map(|at| &body[at + 2..]);
            if at.is_some_and(|rest| rest.starts_with(' ')) { " " } else { "" }
        };
        let after_colon = space(':');
        Layout {
            after_comma: if indent.is_some() { " " } else { after_colon },
            indent,
            newline,
            after_colon,
            ascii: text.is_ascii() && text.contains("\\u"),
        }
    }

    /// Goes to a new line at a level of nesting.
    pub(super) fn break_line(&self, out: &mut String, depth: usize) {
        if let Some(indent) = &self.indent {
            out.push_str(self.newline);
            (0..depth).for_each(|_| out.push_str(indent));
        }
    }

    /// Writes a value that is new, at a level of nesting.
    pub(super) fn write(&self, out: &mut String, value: &Value, depth: usize) {
        match value {
            Value::Array(items) if !items.is_empty() => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.separate(out, index, depth + 1);
                    self.write(out, item, depth + 1);
                }
                self.break_line(out, depth);
                out.push(']');
            }
            Value::Object(members) if !members.is_empty() => {
                out.push('{');
                for (index, (name, member)) in members.iter().enumerate() {
                    self.separate(out, index, depth + 1);
                    self.text(out, name);
                    out.push(':');
                    out.push_str(self.after_colon);
                    self.write(out, member, depth + 1);
                }
                self.break_line(out, depth);
                out.push('}');
            }
            Value::String(text) => self.text(out, text),
            other => out.push_str(&other.to_string()),
        }
    }

    /// Comes before an item of a list or object. Before the first it is only the line end.
    pub(super) fn separate(&self, out: &mut String, index: usize, depth: usize) {
        if index > 0 {
            out.push(',');
            if self.indent.is_none() {
                out.push_str(self.after_comma);
            }
        }
        self.break_line(out, depth);
    }

    /// Writes a string.
    pub(super) fn text(&self, out: &mut String, text: &str) {
        for c in Value::from(text).to_string().chars() {
            if self.ascii && !c.is_ascii() {
                c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
            } else {
                out.push(c);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_is_found_out_and_kept() {
        let value: Value = serde_json::from_str(r#"{"a":[1,{"b":"ü"}],"c":{},"d":[]}"#).unwrap();
        for text in [
            "{\n \"a\": [\n  1,\n  {\n   \"b\": \"ü\"\n  }\n ],\n \"c\": {},\n \"d\": []\n}",
            "{\r\n\t\"a\": [\r\n\t\t1,\r\n\t\t{\r\n\t\t\t\"b\": \"ü\"\r\n\t\t}\r\n\t],\r\n\t\"c\": {},\r\n\t\"d\": []\r\n}",
            r#"{"a":[1,{"b":"ü"}],"c":{},"d":[]}"#,
            r#"{"a": [1, {"b": "\u00fc"}], "c": {}, "d": []}"#,
        ] {
            let mut out = String::new();
            Layout::of(text).write(&mut out, &value, 0);
            assert_eq!(out, text);
        }
    }
}
