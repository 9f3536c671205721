//! What a run writes into a code cell: outputs in the notebook format, made from a cell's record.
//!
//! Streams come first, each as one output. Display data follows, as evcxr's kernel sends it (an
//! `execute_result`). The last output says why the cell failed.

use serde_json::{Map, Value, json};

use crate::record::{CellRecord, Failure};
use crate::snapshot::{is_binary, is_json};

/// The outputs of a cell that was the `execution_count`th to run.
pub fn outputs(record: &CellRecord, execution_count: usize) -> Vec<Value> {
    let mut outputs = Vec::new();
    for (name, text) in [("stdout", &record.stdout), ("stderr", &record.stderr)] {
        if !text.is_empty() {
            outputs.push(json!({"name": name, "output_type": "stream", "text": multiline(text)}));
        }
    }
    for display in record.displays() {
        let data: Map<String, Value> = display.iter().map(|(mime, content)| (mime.clone(), data(mime, content))).collect();
        outputs.push(json!({
            "data": data,
            "execution_count": execution_count,
            "metadata": {},
            "output_type": "execute_result",
        }));
    }
    if let Some(failure) = &record.failure {
        let text = failure.to_string();
        outputs.push(match failure {
            Failure::Exception { name, value, traceback, .. } => {
                json!({"ename": name, "evalue": value, "output_type": "error", "traceback": traceback})
            }
            _ => {
                let traceback: Vec<String> = text.lines().map(str::to_owned).collect();
                json!({"ename": failure.kind(), "evalue": text, "output_type": "error", "traceback": traceback})
            }
        });
    }
    outputs
}

/// Display data in the notebook format: JSON as JSON, pictures as one string, text as lines.
fn data(mime: &str, content: &str) -> Value {
    if is_json(mime)
        && let Ok(value) = serde_json::from_str(content)
    {
        return value;
    }
    if is_binary(mime, content) {
        return content.split_whitespace().collect::<String>().into();
    }
    multiline(content)
}

/// Text in the notebook format: a list of lines, each with its line feed.
pub(crate) fn multiline(text: &str) -> Value {
    text.split_inclusive('\n').map(Value::from).collect()
}

/// The text of a string or of a list of lines.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        Value::String(text) => text.clone(),
        _ => String::new(),
    }
}
