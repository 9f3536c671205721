//! The members of a cell.

use serde_json::{Map, Value};

use super::outputs::{multiline, text_of};

/// Whether a cell is of this type: `code`, `markdown` or `raw`.
pub fn is_cell(cell: &Map<String, Value>, kind: &str) -> bool {
    cell.get("cell_type").is_some_and(|found| found == kind)
}

/// A cell's source, whichever way it is written.
pub fn source(cell: &Map<String, Value>) -> String {
    cell.get("source").map(text_of).unwrap_or_default()
}

/// A cell's id, if it has one.
pub fn id(cell: &Map<String, Value>) -> Option<&str> {
    cell.get("id").and_then(Value::as_str)
}

/// A cell's tags.
pub fn tags(cell: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let tags = cell.get("metadata").and_then(|metadata| metadata["tags"].as_array());
    tags.into_iter().flatten().filter_map(Value::as_str)
}

/// Sets a member of a cell. A new one is inserted where Jupyter, which sorts members, would have it.
pub fn set(cell: &mut Map<String, Value>, name: &str, value: Value) {
    if let Some(member) = cell.get_mut(name) {
        *member = value;
        return;
    }
    let index = cell.keys().position(|key| key.as_str() > name).unwrap_or(cell.len());
    cell.shift_insert(index, name.to_owned(), value);
}

/// Sets a cell's source, as one string or as a list of lines, whichever it was.
pub fn set_source(cell: &mut Map<String, Value>, text: &str) {
    let value = if cell.get("source").is_some_and(Value::is_string) { text.into() } else { multiline(text) };
    set(cell, "source", value);
}
