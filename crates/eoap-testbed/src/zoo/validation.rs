//! Checks the inputs of an execution against the process description.
//!
//! [`missing`] finds what the server itself checks: a required input that is missing. [`misfit`] finds what
//! makes the process fail: values that cannot be read as the type. A number for a text is accepted, and so
//! are inputs that the description does not name. Jobs are not known here.

use serde_json::{Map, Value};

/// The first required input that is not there.
pub(super) fn missing<'a>(description: &'a Value, inputs: &Map<String, Value>) -> Option<&'a str> {
    let expected = description["inputs"].as_object()?;
    let is_missing = |name: &String| inputs.get(name).is_none_or(Value::is_null);
    expected.iter().find(|(name, input)| is_required(input) && is_missing(name)).map(|(name, _)| name.as_str())
}

/// The problem of the first input that the process could not use.
pub(super) fn misfit(description: &Value, inputs: &Map<String, Value>) -> Option<String> {
    let expected = description["inputs"].as_object()?;
    expected.iter().find_map(|(name, input)| {
        let value = inputs.get(name).filter(|value| !value.is_null())?;
        check_input(input, value).err().map(|why| format!("{name}: {why}"))
    })
}

/// An input may be left out if the description says so, or if it has a default, or may be null.
fn is_required(input: &Value) -> bool {
    let schema = &input["schema"];
    input["minOccurs"] != 0 && schema.get("default").is_none() && schema["nullable"] != true
}

fn check_input(input: &Value, value: &Value) -> Result<(), String> {
    let schema = &input["schema"];
    let most = match &input["maxOccurs"] {
        Value::Number(number) => number.as_u64(),
        Value::String(text) if text == "unbounded" => None,
        _ => Some(1),
    };
    match value {
        Value::Array(values) if most != Some(1) => {
            let length = values.len() as u64;
            if most.is_some_and(|most| length > most) {
                return Err(format!("{length} values where {} are allowed", most.unwrap_or_default()));
            }
            if values.is_empty() && is_required(input) {
                return Err("no value".to_owned());
            }
            values.iter().try_for_each(|value| check_value(schema, value))
        }
        value => check_value(schema, value),
    }
}

fn check_value(schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(members) = value.as_object() {
        // The process fetches a reference. The content of a qualified value is checked.
        if members.contains_key("href") {
            return Ok(());
        }
        if let Some(inner) = members.get("value") {
            return check_value(schema, inner);
        }
    }
    let kind = schema["type"].as_str();
    let is_number = || value.is_number() || value.as_str().is_some_and(|text| text.trim().parse::<f64>().is_ok());
    let fits = match kind {
        // Every literal reaches the process as a text.
        Some("string" | "boolean") => !value.is_object() && !value.is_array(),
        Some("number" | "integer") => is_number(),
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        _ => true,
    };
    if !fits {
        return Err(format!("{value} is not of type {}", kind.unwrap_or_default()));
    }
    match schema["enum"].as_array() {
        Some(allowed) if !allowed.contains(value) => Err(format!("{value} is none of {}", schema["enum"])),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_are_honoured() {
        let cases = [
            (json!({"schema": {"type": "string"}}), json!("a"), true),
            (json!({"schema": {"type": "string"}}), json!(["a"]), false),
            (json!({"maxOccurs": 2, "schema": {"type": "string"}}), json!(["a", "b"]), true),
            (json!({"maxOccurs": 2, "schema": {"type": "string"}}), json!(["a", "b", "c"]), false),
            (json!({"maxOccurs": "unbounded", "schema": {"type": "integer"}}), json!([1, "two"]), false),
            (json!({"schema": {"type": "number"}}), json!("2.5"), true),
            (json!({"schema": {"type": "string"}}), json!({"value": 1}), true),
            (json!({"schema": {"type": "string"}}), json!({"value": [1]}), false),
            (json!({"schema": {"type": "string"}}), json!({"href": "http://a/b"}), true),
            (json!({"schema": {"type": "string", "enum": ["a"]}}), json!("b"), false),
            (json!({"schema": {"oneOf": []}}), json!(1), true),
        ];
        for (input, value, fits) in cases {
            assert_eq!(check_input(&input, &value).is_ok(), fits, "{value} for {input}");
        }
    }

    #[test]
    fn an_input_without_default_is_required() {
        assert!(is_required(&json!({"schema": {"type": "string"}})));
        assert!(!is_required(&json!({"minOccurs": 0, "schema": {"type": "string"}})));
        assert!(!is_required(&json!({"schema": {"type": "string", "default": "a"}})));
        assert!(!is_required(&json!({"schema": {"type": "string", "nullable": true}})));
    }
}
