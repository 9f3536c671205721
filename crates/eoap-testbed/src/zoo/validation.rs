//! Checks the inputs of an execution against the process description.
//!
//! [`check`] refuses what the server would refuse (a missing required input) and the wrong types that would make the process itself
//! fail. Inputs that the description does not name are let through, as the server does. Jobs are not known here.

use serde_json::{Map, Value};

use super::exception::Exception;

/// Every input is there, or need not be, and has the type and number that the description asks for.
pub(super) fn check(description: &Value, inputs: &Map<String, Value>) -> Result<(), Exception> {
    let Some(expected) = description["inputs"].as_object() else { return Ok(()) };
    for (name, input) in expected {
        match inputs.get(name) {
            Some(Value::Null) | None if is_required(input) => return Err(Exception::missing_input(name)),
            Some(Value::Null) | None => {}
            Some(value) => check_input(input, value).map_err(|why| Exception::invalid_input(name, &why))?,
        }
    }
    Ok(())
}

/// An input may be left out if it says so, or if it has a default, or may be null.
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
        // A reference is fetched by the process; a qualified value is checked for what it holds.
        if members.contains_key("href") {
            return Ok(());
        }
        if let Some(inner) = members.get("value") {
            return check_value(schema, inner);
        }
    }
    let kind = schema["type"].as_str();
    let fits = match kind {
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
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
            (json!({"maxOccurs": "unbounded", "schema": {"type": "integer"}}), json!([1, 2.5]), false),
            (json!({"schema": {"type": "string"}}), json!({"value": 1}), false),
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
