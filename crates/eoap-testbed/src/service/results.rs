//! What a process gives for its inputs: the results that were recorded for them, with placeholders filled and
//! features selected.
//!
//! [`outputs`] finds and fills them, and [`unrecorded`] says why there are none; [`Output`] reads one value.
//! In which form a server hands them out is not known here.

use serde_json::{Map, Value};

use crate::scenario::{Case, Process};
use crate::template::{Values, fill};

/// So many letters of an input are in a message.
const LONGEST: usize = 80;

/// Outputs by name: a literal as itself, anything else as an object with `value` and, unless it is JSON,
/// `format`.
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

/// The outputs of a process for these inputs, and for the defaults of those that are missing, under the id
/// that the fixtures have. There are none for inputs that nothing was recorded for.
pub(super) fn outputs(process: &Process, inputs: &Map<String, Value>, addresses: &Values) -> Outputs {
    let Ok(case) = case(process, inputs) else { return Outputs::new() };
    let mut values = addresses.clone();
    for (name, input) in with_defaults(process, inputs) {
        values.insert(format!("inputs.{name}"), plain(&input).clone());
    }
    let mut results = fill(&Value::Object(case.outputs.clone()), &values);
    if let Some(select) = &process.select
        && let Some(features) = results.pointer_mut(&format!("/{}/value/features", select.output)).and_then(Value::as_array_mut)
    {
        *features = elements(inputs.get(&select.input)).filter_map(|item| feature(features, item).cloned()).collect();
    }
    match results {
        Value::Object(outputs) => outputs,
        // An object stays one.
        _ => Outputs::new(),
    }
}

/// Why there are no results for these inputs, where results are written down.
pub(super) fn unrecorded(process: &Process, inputs: &Map<String, Value>) -> Option<String> {
    if process.run.is_some() || process.cases.is_empty() {
        return None;
    }
    case(process, inputs).err().or_else(|| {
        let item = unknown_item(process, inputs)?;
        Some(format!("The scenario has no result for {item}."))
    })
}

/// The results that were recorded for these inputs, or how the nearest ones differ.
fn case<'a>(process: &'a Process, inputs: &Map<String, Value>) -> Result<&'a Case, String> {
    let inputs = with_defaults(process, inputs);
    let given = |name: &str| inputs.get(name).map_or(&Value::Null, plain);
    let differing = |case: &'a Case| -> Vec<(&'a String, &'a Value)> {
        case.inputs.iter().filter(|(name, wanted)| !is_same(plain(wanted), given(name))).collect()
    };
    let nearest = process.cases.iter().map(|case| (differing(case), case)).min_by_key(|(differing, _)| differing.len());
    match nearest {
        Some((differing, case)) if differing.is_empty() => Ok(case),
        Some((differing, _)) => {
            let all =
                differing.into_iter().map(|(name, wanted)| format!("{name} is {}, not {}", shown(wanted), shown(given(name))));
            Err(format!(
                "The scenario has no results for these inputs; the nearest that it has are those where {}.",
                all.collect::<Vec<_>>().join(", and ")
            ))
        }
        None => Err("The scenario has no results.".to_owned()),
    }
}

/// An input as a message says it.
fn shown(value: &Value) -> String {
    let text = if value.is_null() { "left out".to_owned() } else { value.to_string() };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text,
    }
}

/// The value of an input that may be qualified.
fn plain(input: &Value) -> &Value {
    input.get("value").unwrap_or(input)
}

/// Whether a process could not tell the two inputs apart: it gets every literal as a text, and one value is
/// as good as a list of one.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(plain(one), plain(other)))
        }
        (Value::Array(several), single) | (single, Value::Array(several)) => {
            matches!(several.as_slice(), [only] if is_same(plain(only), single))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len() && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| is_same(value, other)))
        }
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Number(number), Value::String(text)) | (Value::String(text), Value::Number(number)) => {
            text.trim().parse().ok() == number.as_f64()
        }
        (Value::Bool(is), Value::String(text)) | (Value::String(text), Value::Bool(is)) => *text == is.to_string(),
        _ => one == other,
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
fn unknown_item(process: &Process, inputs: &Map<String, Value>) -> Option<Value> {
    let select = process.select.as_ref()?;
    let outputs = &case(process, inputs).ok()?.outputs;
    let features = outputs.get(&select.output)?.pointer("/value/features")?.as_array()?;
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
    fn inputs_are_the_same_where_a_process_could_not_tell() {
        for (one, other) in [
            (json!(4326), json!("4326")),
            (json!(1), json!(1.0)),
            (json!(true), json!("true")),
            (json!(["a"]), json!("a")),
            (json!([{"href": "x"}, 2]), json!([{"href": "x"}, "2"])),
            (json!({"bbox": [1, 2]}), json!({"bbox": [1.0, 2.0]})),
        ] {
            assert!(is_same(&one, &other) && is_same(&other, &one), "{one} {other}");
        }
        for (one, other) in [
            (json!("4326"), json!("04326 m")),
            (json!(["a", "b"]), json!("a")),
            (json!(["a", "b"]), json!(["b", "a"])),
            (json!({"bbox": [1, 2]}), json!({"bbox": [1, 3]})),
            (json!({"a": 1}), json!({"a": 1, "b": 2})),
            (Value::Null, json!("")),
        ] {
            assert!(!is_same(&one, &other) && !is_same(&other, &one), "{one} {other}");
        }
    }

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
