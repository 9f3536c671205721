//! What a process gives for its inputs: the scenario's results, with placeholders filled and features selected.
//!
//! [`outputs`] fills the template; [`Output`] reads one value of it. In which form a server hands them out is not known here.

use serde_json::{Map, Value};

use crate::scenario::Process;
use crate::template::{Values, fill};

/// Outputs by name: a literal as itself, anything else as an object with `value` and, unless it is JSON, `format`.
pub(crate) type Outputs = Map<String, Value>;

/// One output, taken apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Output<'a> {
    pub(crate) value: &'a Value,
    /// `None` for a literal.
    pub(crate) media_type: Option<&'a str>,
    /// `"base64"` for binary values.
    pub(crate) encoding: Option<&'a str>,
}

impl<'a> Output<'a> {
    pub(crate) fn of(output: &'a Value) -> Self {
        match output.get("value") {
            None => Self { value: output, media_type: None, encoding: None },
            Some(value) => {
                let format = |name: &str| output.get("format").and_then(|format| format.get(name)?.as_str());
                Self { value, media_type: format("mediaType").or(Some("application/json")), encoding: format("encoding") }
            }
        }
    }
}

/// The outputs of a process for these inputs, and for the defaults of those that are missing, under the id that the fixtures have.
pub(super) fn outputs(process: &Process, inputs: &Map<String, Value>, addresses: &Values) -> Outputs {
    let mut values = addresses.clone();
    for (name, input) in process.description["inputs"].as_object().into_iter().flatten() {
        if let Some(default) = input.pointer("/schema/default") {
            values.insert(format!("inputs.{name}"), default.clone());
        }
    }
    for (name, input) in inputs {
        let value = input.get("value").unwrap_or(input);
        values.insert(format!("inputs.{name}"), value.clone());
    }
    let mut results = fill(&process.results, &values);
    if let Some(select) = &process.select
        && let Some(features) = results.pointer_mut(&format!("/{}/value/features", select.output)).and_then(Value::as_array_mut)
    {
        *features = elements(inputs.get(&select.input)).filter_map(|item| feature(features, item).cloned()).collect();
    }
    match results {
        Value::Object(outputs) => outputs,
        // Checked when the scenario was loaded.
        _ => Outputs::new(),
    }
}

/// The inputs, and the defaults of those that are missing.
pub(super) fn with_defaults(process: &Process, inputs: &Map<String, Value>) -> Map<String, Value> {
    let mut all = inputs.clone();
    for (name, input) in process.description["inputs"].as_object().into_iter().flatten() {
        if let (Some(default), false) = (input.pointer("/schema/default"), inputs.contains_key(name)) {
            all.insert(name.clone(), default.clone());
        }
    }
    all
}

/// The first element of the selecting input for which the scenario has no feature.
pub(super) fn unknown_item(process: &Process, inputs: &Map<String, Value>) -> Option<Value> {
    let select = process.select.as_ref()?;
    let features = process.results.pointer(&format!("/{}/value/features", select.output))?.as_array()?;
    elements(inputs.get(&select.input)).find(|item| feature(features, item).is_none()).cloned()
}

/// The feature whose id is the last segment of the item's address.
fn feature<'a>(features: &'a [Value], item: &Value) -> Option<&'a Value> {
    let address = item.get("href").unwrap_or(item).as_str()?;
    let last = address.split(['?', '#']).next()?.trim_end_matches('/').rsplit('/').next()?;
    features.iter().find(|feature| feature["id"] == *last)
}

/// The values of an input that may be one value, several, or none.
pub(super) fn elements(input: Option<&Value>) -> impl Iterator<Item = &Value> {
    match input.map(|input| input.get("value").unwrap_or(input)) {
        Some(Value::Array(values)) => values.iter(),
        Some(value) => std::slice::from_ref(value).iter(),
        None => [].iter(),
    }
}

/// The document with one id put for another in all its texts.
pub(super) fn with_id(document: Value, from: &str, to: &str) -> Value {
    match document {
        Value::String(text) => text.replace(from, to).into(),
        Value::Array(values) => values.into_iter().map(|value| with_id(value, from, to)).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, with_id(value, from, to))).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_output_says_what_it_is() {
        let text = json!({"value": "a", "format": {"mediaType": "text/plain", "encoding": "utf-8"}});
        let media = |output: &Value| Output::of(output).media_type.map(str::to_owned);
        assert_eq!(media(&json!("a")), None);
        assert_eq!(media(&json!({"value": [1]})).as_deref(), Some("application/json"));
        assert_eq!(media(&text).as_deref(), Some("text/plain"));
        assert_eq!(Output::of(&text).encoding, Some("utf-8"));
    }
}
