//! Reads the outputs in a notebook as a cell's record: the reverse of [`outputs`](super::outputs()).
//!
//! Streams are joined by name, as kernels split them at random.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::outputs::text_of;
use crate::record::CellRecord;

/// The record of a code cell's outputs, and the error that it ended with. The error is text here: its name,
/// then its message.
pub fn recorded(cell: &Map<String, Value>) -> (CellRecord, Option<String>) {
    let mut record = CellRecord::default();
    let mut error = None;
    for output in cell.get("outputs").and_then(Value::as_array).into_iter().flatten() {
        match output["output_type"].as_str() {
            Some("stream") if output["name"] == "stderr" => record.stderr.push_str(&text_of(&output["text"])),
            Some("stream") => record.stdout.push_str(&text_of(&output["text"])),
            Some("error") => {
                let (name, value) = (text_of(&output["ename"]), text_of(&output["evalue"]));
                error = Some(format!("{name}\n{value}"));
            }
            _ => {
                let mut display = BTreeMap::new();
                for (mime, data) in output["data"].as_object().into_iter().flatten() {
                    let is_text = data.is_string() || data.as_array().is_some_and(|lines| lines.iter().all(Value::is_string));
                    let content = if is_text { text_of(data) } else { data.to_string() };
                    display.insert(mime.clone(), content);
                }
                record.display(display);
            }
        }
    }
    (record, error)
}
