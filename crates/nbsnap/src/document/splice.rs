//! Writes a changed JSON value into the text that it was read from. Unchanged parts keep their bytes.
//!
//! The main function is [`splice`]. serde_json's own parser finds the positions of values in the text.

use std::ops::Range;

use serde::de::IgnoredAny;
use serde_json::{Deserializer, Value};

use super::layout::Layout;

/// The text for `new`, where `text` is the text of `old`.
pub(super) fn splice(text: &str, old: &Value, new: &Value, layout: &Layout) -> String {
    let start = text.len() - text.trim_start().len();
    let value = text.trim();
    let mut out = text[..start].to_owned();
    Splice { layout }.value(&mut out, Some((value, old)), new, 0);
    out.push_str(&text[start + value.len()..]);
    out
}

/// A value as it was read, with its text.
type Old<'a> = Option<(&'a str, &'a Value)>;

struct Splice<'a> {
    layout: &'a Layout,
}

impl Splice<'_> {
    fn value(&self, out: &mut String, old: Old<'_>, new: &Value, depth: usize) {
        match (old, new) {
            (Some((text, old)), new) if old == new => out.push_str(text),
            (Some((text, Value::Object(old))), Value::Object(new)) if !new.is_empty() => {
                let members = members(text);
                // If a name occurs twice, one of its texts belongs to no value.
                let members = if members.len() == old.len() { members } else { Vec::new() };
                let known = |name: &str| {
                    let at = old.keys().position(|key| key == name).and_then(|index| members.get(index))?;
                    Some((&text[at.name.clone()], (&text[at.value.clone()], old.get(name)?)))
                };
                if !members.is_empty() && old.keys().eq(new.keys()) {
                    let values: Vec<Range<usize>> = members.iter().map(|member| member.value.clone()).collect();
                    let changed = old.values().zip(new.values());
                    return self.in_place(out, text, &values, changed, depth);
                }
                let layout = self.layout_of(text, members.is_empty());
                out.push('{');
                for (index, (name, member)) in new.iter().enumerate() {
                    layout.separate(out, index, depth + 1);
                    match known(name) {
                        Some((name, _)) => out.push_str(name),
                        None => layout.text(out, name),
                    }
                    out.push(':');
                    out.push_str(layout.after_colon);
                    Splice { layout: &layout }.value(out, known(name).map(|(_, old)| old), member, depth + 1);
                }
                layout.break_line(out, depth);
                out.push('}');
            }
            (Some((text, Value::Array(old))), Value::Array(new)) if !new.is_empty() => {
                let items = elements(text);
                if !items.is_empty() && items.len() == new.len() {
                    return self.in_place(out, text, &items, old.iter().zip(new), depth);
                }
                let layout = self.layout_of(text, items.is_empty());
                let same = old.iter().zip(new).take_while(|(old, new)| old == new).count();
                let rest = old.len().min(new.len()) - same;
                let same_at_end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(old, new)| old == new).count();
                out.push('[');
                for (index, item) in new.iter().enumerate() {
                    layout.separate(out, index, depth + 1);
                    let from_end = new.len() - index;
                    let at = if index < same {
                        Some(index)
                    } else if from_end <= same_at_end {
                        Some(old.len() - from_end)
                    } else {
                        None
                    };
                    let known = at.and_then(|at| Some((&text[items.get(at)?.clone()], &old[at])));
                    Splice { layout: &layout }.value(out, known, item, depth + 1);
                }
                layout.break_line(out, depth);
                out.push(']');
            }
            (_, new) => self.layout.write(out, new, depth),
        }
    }

    /// Writes a list or an object of unchanged shape. The text between the values stays.
    fn in_place<'v>(
        &self,
        out: &mut String,
        text: &str,
        values: &[Range<usize>],
        changed: impl Iterator<Item = (&'v Value, &'v Value)>,
        depth: usize,
    ) {
        let mut written = 0;
        for (at, (old, new)) in values.iter().zip(changed) {
            out.push_str(&text[written..at.start]);
            self.value(out, Some((&text[at.clone()], old)), new, depth + 1);
            written = at.end;
        }
        out.push_str(&text[written..]);
    }

    /// The style of a list or an object whose members change: a short one stays on its line.
    fn layout_of(&self, text: &str, empty: bool) -> Layout {
        let on_one_line = !empty && !text.contains('\n');
        Layout { indent: self.layout.indent.clone().filter(|_| !on_one_line), ..self.layout.clone() }
    }
}

/// The position of a member of an object.
struct Member {
    name: Range<usize>,
    value: Range<usize>,
}

/// The positions of the members of an object in its text.
fn members(text: &str) -> Vec<Member> {
    let mut members = Vec::new();
    let mut rest = 1;
    while let Some(name) = next(text, rest) {
        let Some(value) = next(text, after(text, name.end)) else { break };
        rest = after(text, value.end);
        members.push(Member { name, value });
    }
    members
}

/// The positions of the elements of a list in its text.
fn elements(text: &str) -> Vec<Range<usize>> {
    let mut elements = Vec::new();
    let mut rest = 1;
    while let Some(value) = next(text, rest) {
        rest = after(text, value.end);
        elements.push(value);
    }
    elements
}

/// The value that begins at `from`, after spaces. `None` at the end of a list or object.
fn next(text: &str, from: usize) -> Option<Range<usize>> {
    let rest = text.get(from..)?;
    let start = from + rest.len() - rest.trim_start().len();
    let mut values = Deserializer::from_str(&text[start..]).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(start..start + values.byte_offset())
}

/// Where to go on after a value: behind the colon or comma.
fn after(text: &str, end: usize) -> usize {
    let rest = &text[end..];
    let blank = rest.len() - rest.trim_start().len();
    end + blank + usize::from(rest[blank..].starts_with([',', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(text: &str, edit: impl FnOnce(&mut Value)) -> String {
        let old: Value = serde_json::from_str(text).unwrap();
        let mut new = old.clone();
        edit(&mut new);
        let out = splice(text, &old, &new, &Layout::of(text));
        assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), new, "{out}");
        out
    }

    /// Written by hand: everything in it is as no program would write it.
    const ODD: &str =
        "\n{ \"a\" : [1.50, 2e3,\t\"\\u00e9\\/\"] ,\n\n  \"b\":{\"x\" : null , \"y\":[ ]}, \"a:,]\": \"[{\\\"\" }  \n\n";

    #[test]
    fn what_is_not_changed_keeps_its_bytes() {
        assert_eq!(edited(ODD, |_| {}), ODD);
        assert_eq!(edited(ODD, |json| json["b"]["x"] = 1.into()), ODD.replace("null", "1"));
        assert_eq!(edited(ODD, |json| json["a"][1] = "é".into()), ODD.replace("2e3", "\"\\u00e9\""));
        assert_eq!(edited(ODD, |json| json["a:,]"] = 0.into()), ODD.replace("\"[{\\\"\"", "0"));
    }

    #[test]
    fn lists_and_objects_grow_and_shrink_in_their_own_style() {
        let text =
            "{\n  \"cells\": [\n    {\n      \"a\": 1.0\n    },\n    2.50\n  ],\n  \"tags\": [\"x\"],\n  \"none\": []\n}\n";
        let longer = edited(text, |json| json["cells"].as_array_mut().unwrap().insert(1, serde_json::json!({"b": [3]})));
        assert_eq!(longer, text.replace("    },\n", "    },\n    {\n      \"b\": [\n        3\n      ]\n    },\n"));
        assert_eq!(edited(text, |json| drop(json["cells"].as_array_mut().unwrap().pop())), text.replace(",\n    2.50", ""));
        let tagged = edited(text, |json| json["tags"].as_array_mut().unwrap().push("y".into()));
        assert_eq!(tagged, text.replace("[\"x\"]", "[\"x\", \"y\"]"));
        let named = edited(text, |json| json["cells"][0]["id"] = "n".into());
        assert_eq!(named, text.replace("1.0\n", "1.0,\n      \"id\": \"n\"\n"));
        assert_eq!(edited(text, |json| json["none"] = serde_json::json!([1])), text.replace("[]", "[\n    1\n  ]"));
        assert_eq!(edited(text, |json| json["cells"] = serde_json::json!([])), {
            let end = text.find(",\n  \"tags\"").unwrap();
            format!("{}[]{}", &text[..text.find('[').unwrap()], &text[end..])
        });
    }

    #[test]
    fn a_name_that_comes_twice_is_kept_until_its_object_changes() {
        let text = r#"{"a":{"x":1,"x":2},"b":1}"#;
        assert_eq!(edited(text, |json| json["b"] = 2.into()), r#"{"a":{"x":1,"x":2},"b":2}"#);
        assert_eq!(edited(text, |json| json["a"]["y"] = 2.into()), r#"{"a":{"x":2,"y":2},"b":1}"#);
    }
}
