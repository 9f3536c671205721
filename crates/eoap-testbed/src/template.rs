//! Fills the placeholders of a JSON fixture: `"{{name}}"`.
//!
//! [`fill`] works on any JSON. It does not know jobs or processes. A string that is just a placeholder
//! becomes the value itself, whatever its type. It is left out if there is no such value. Inside a longer
//! string the value is inserted as text. In an array, the elements of an array value replace the
//! placeholder.

use serde_json::{Map, Value};

/// Values by name.
pub(crate) type Values = Map<String, Value>;

/// The document with every placeholder filled.
pub(crate) fn fill(template: &Value, values: &Values) -> Value {
    match template {
        Value::Object(members) => {
            Value::Object(members.iter().filter_map(|(name, value)| Some((name.clone(), filled(value, values)?))).collect())
        }
        Value::Array(elements) => {
            let mut all = Vec::with_capacity(elements.len());
            for element in elements {
                match filled(element, values) {
                    Some(Value::Array(inner)) if lone(element).is_some() => all.extend(inner),
                    Some(value) => all.push(value),
                    None => {}
                }
            }
            Value::Array(all)
        }
        other => filled(other, values).unwrap_or(Value::Null),
    }
}

fn filled(template: &Value, values: &Values) -> Option<Value> {
    match template {
        Value::String(text) => match lone(template) {
            Some(name) => values.get(name).cloned(),
            None => Some(Value::String(replaced(text, values))),
        },
        Value::Object(_) | Value::Array(_) => Some(fill(template, values)),
        other => Some(other.clone()),
    }
}

/// The name, if the string is one placeholder and nothing else.
fn lone(template: &Value) -> Option<&str> {
    let name = template.as_str()?.strip_prefix("{{")?.strip_suffix("}}")?;
    (!name.contains("{{")).then_some(name)
}

fn replaced(text: &str, values: &Values) -> String {
    let mut all = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, (name, after))) =
        rest.split_once("{{").and_then(|(before, tail)| Some((before, tail.split_once("}}")?)))
    {
        all.push_str(before);
        match values.get(name) {
            Some(Value::String(value)) => all.push_str(value),
            Some(value) => all.push_str(&value.to_string()),
            None => {}
        }
        rest = after;
    }
    all.push_str(rest);
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values(of: Value) -> Values {
        of.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn a_lone_placeholder_keeps_its_type_and_vanishes_without_a_value() {
        let template = json!({"progress": "{{progress}}", "finished": "{{finished}}", "job": "{{job}}"});
        let filled = fill(&template, &values(json!({"progress": 23, "job": "j"})));
        assert_eq!(filled, json!({"progress": 23, "job": "j"}));
    }

    #[test]
    fn a_placeholder_in_a_text_becomes_text() {
        let filled = fill(&json!(["{{root}}/jobs/{{job}}", "{{"]), &values(json!({"root": "http://a", "job": 7})));
        assert_eq!(filled, json!(["http://a/jobs/7", "{{"]));
    }

    #[test]
    fn an_array_is_spliced_into_an_array() {
        let filled = fill(&json!([1, "{{logs}}", 4]), &values(json!({"logs": [2, 3]})));
        assert_eq!(filled, json!([1, 2, 3, 4]));
        assert_eq!(fill(&json!([1, "{{logs}}"]), &Values::new()), json!([1]));
    }
}
