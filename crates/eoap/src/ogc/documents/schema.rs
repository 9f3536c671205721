//! Checks JSON against a schema: the part of JSON Schema and OpenAPI 3.0 that process descriptions use.
//!
//! Unsupported keywords (`pattern`, `not`, `$ref`, …) are skipped. So a value may pass that a server
//! refuses, but a valid value is never refused here. For the same reason `oneOf` accepts more than one
//! matching alternative: an integer is a number, too. Nothing is known here about inputs.

use chrono::{DateTime, NaiveDate};
use serde_json::{Number, Value};

/// The problems of the value, a line each. Each begins with `at`, the place of the value.
pub(crate) fn problems(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if *schema == Value::Bool(false) {
        return vec![format!("{at}: no value is allowed here")];
    }
    if schema.get("$ref").is_some() || value.is_null() && schema["nullable"] == true {
        return Vec::new();
    }
    let mut problems = Vec::new();
    if let Some(expected) = wrong_type(schema, value) {
        // If the type is wrong, other problems do not matter.
        return vec![format!("{at}: {expected} is expected, not {}", brief(value))];
    }
    if let Some(constant) = schema.get("const")
        && !equal(constant, value)
    {
        problems.push(format!("{at}: only {constant} is allowed, not {}", brief(value)));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.iter().any(|allowed| equal(allowed, value))
    {
        problems.push(format!("{at}: {} is none of {}", brief(value), list(allowed)));
    }
    match value {
        Value::Number(number) => check_number(schema, number, at, &mut problems),
        Value::String(text) => check_text(schema, text, at, &mut problems),
        Value::Array(items) => check_array(schema, items, at, &mut problems),
        Value::Object(_) => check_object(schema, value, at, &mut problems),
        _ => {}
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        problems.extend(self::problems(part, value, at));
    }
    for name in ["oneOf", "anyOf"] {
        if let Some(alternatives) = schema[name].as_array() {
            problems.extend(fits_none(alternatives, value, at));
        }
    }
    problems
}

/// The expected type, if the value has another one.
fn wrong_type(schema: &Value, value: &Value) -> Option<String> {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.as_number().is_some_and(is_whole),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    };
    let names: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let article = |name: &&str| match *name {
        "null" => "null".to_owned(),
        "integer" | "array" | "object" => format!("an {name}"),
        name => format!("a {name}"),
    };
    let fits = names.is_empty() || names.iter().any(|name| is(name));
    (!fits).then(|| names.iter().map(article).collect::<Vec<_>>().join(" or "))
}

fn is_whole(number: &Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|number| number.fract() == 0.0)
}

fn check_number(schema: &Value, number: &Number, at: &str, problems: &mut Vec<String>) {
    let Some(value) = number.as_f64() else { return };
    // In OpenAPI 3.0 `exclusiveMinimum` is a boolean next to `minimum`. In JSON Schema it is a separate
    // limit.
    let limit = |name: &str, exclusive: &str| {
        let inclusive = schema[name].as_f64().map(|limit| (limit, schema[exclusive] == true));
        [inclusive, schema[exclusive].as_f64().map(|limit| (limit, true))]
    };
    for (limit, exclusive) in limit("minimum", "exclusiveMinimum").into_iter().flatten() {
        if value < limit || exclusive && value == limit {
            problems.push(format!(
                "{at}: {number} is too small, it has to be {} {limit}",
                if exclusive { "above" } else { "at least" }
            ));
        }
    }
    for (limit, exclusive) in limit("maximum", "exclusiveMaximum").into_iter().flatten() {
        if value > limit || exclusive && value == limit {
            problems.push(format!(
                "{at}: {number} is too large, it has to be {} {limit}",
                if exclusive { "below" } else { "at most" }
            ));
        }
    }
    if let Some(step) = schema["multipleOf"].as_f64().filter(|step| *step > 0.0) {
        let quotient = value / step;
        // Decimal steps are not exact in binary. A quotient within rounding error counts as a multiple.
        if (quotient - quotient.round()).abs() > 1e-9 * quotient.abs().max(1.0) {
            problems.push(format!("{at}: {number} is no multiple of {step}"));
        }
    }
}

fn check_text(schema: &Value, text: &str, at: &str, problems: &mut Vec<String>) {
    let length = text.chars().count() as u64;
    if let Some(least) = schema["minLength"].as_u64().filter(|least| length < *least) {
        problems.push(format!("{at}: too few characters ({length}), at least {least} are needed"));
    }
    if let Some(most) = schema["maxLength"].as_u64().filter(|most| length > *most) {
        problems.push(format!("{at}: too many characters ({length}), at most {most} are allowed"));
    }
    let expected = match schema["format"].as_str() {
        Some("date-time") if DateTime::parse_from_rfc3339(text).is_err() => "a time such as 2023-12-08T18:45:23Z (RFC 3339)",
        Some("date") if NaiveDate::parse_from_str(text, "%Y-%m-%d").is_err() => "a date such as 2023-12-08 (RFC 3339)",
        Some("uri" | "url") if !text.contains(':') => "a URI such as https://example.org/item (RFC 3986)",
        _ => return,
    };
    problems.push(format!("{at}: {expected} is expected, not {text:?}"));
}

fn check_array(schema: &Value, items: &[Value], at: &str, problems: &mut Vec<String>) {
    let length = items.len() as u64;
    if let Some(least) = schema["minItems"].as_u64().filter(|least| length < *least) {
        problems.push(format!("{at}: too few items ({length}), at least {least} are needed"));
    }
    if let Some(most) = schema["maxItems"].as_u64().filter(|most| length > *most) {
        problems.push(format!("{at}: too many items ({length}), at most {most} are allowed"));
    }
    if schema["uniqueItems"] == true
        && items.iter().enumerate().any(|(index, item)| items[..index].iter().any(|other| equal(other, item)))
    {
        problems.push(format!("{at}: an item is there twice"));
    }
    // A list of schemas applies to the first items, one each. Further items are not checked.
    let tuple = schema["prefixItems"].as_array().or_else(|| schema["items"].as_array());
    for (index, item) in items.iter().enumerate() {
        let schema = match tuple {
            Some(schemas) => schemas.get(index),
            None => schema.get("items"),
        };
        problems.extend(schema.into_iter().flat_map(|schema| self::problems(schema, item, &format!("{at}[{index}]"))));
    }
}

fn check_object(schema: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            problems.push(format!("{at}: the member {name:?} is missing"));
        }
    }
    let properties = schema["properties"].as_object();
    for (name, member) in value.as_object().into_iter().flatten() {
        let place = format!("{at}.{name}");
        match properties.and_then(|properties| properties.get(name)) {
            Some(property) => problems.extend(self::problems(property, member, &place)),
            // A pattern may allow further names. Patterns are not supported.
            None if schema.get("patternProperties").is_some() => {}
            None => match &schema["additionalProperties"] {
                Value::Bool(false) => problems.push(format!("{at}: there is no member {name:?}")),
                others @ Value::Object(_) => problems.extend(self::problems(others, member, &place)),
                _ => {}
            },
        }
    }
    if schema["format"] == "ogc-bbox" {
        let numbers = value["bbox"].as_array().filter(|numbers| numbers.iter().all(Value::is_number));
        if !numbers.is_some_and(|numbers| [4, 6].contains(&numbers.len())) {
            problems.push(format!(
                "{at}: a bounding box is expected, an object whose member \"bbox\" is a list of four or six numbers"
            ));
        }
    }
}

/// The problem if the value fits none of the alternatives.
fn fits_none(alternatives: &[Value], value: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    for alternative in alternatives {
        let problems = problems(alternative, value, at);
        if problems.is_empty() {
            return Vec::new();
        }
        found.push(problems);
    }
    match found.as_mut_slice() {
        [] => Vec::new(),
        [only] => std::mem::take(only),
        several => {
            let prefix = format!("{at}: ");
            let reasons: Vec<&str> =
                several.iter().map(|problems| problems[0].strip_prefix(&prefix).unwrap_or(&problems[0])).collect();
            vec![format!("{at}: {} fits none of {} alternatives ({})", brief(value), reasons.len(), reasons.join("; "))]
        }
    }
}

/// Whether two values are the same; `1` and `1.0` are.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

/// The beginning of a value.
pub(crate) fn brief(value: &Value) -> String {
    const LENGTH: usize = 40;
    let text = value.to_string();
    match text.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn list(values: &[Value]) -> String {
    values.iter().map(brief).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn good(schema: Value, value: Value) {
        assert_eq!(problems(&schema, &value, "x"), Vec::<String>::new(), "{schema} {value}");
    }

    #[track_caller]
    fn bad(schema: Value, value: Value, problem: &str) {
        assert_eq!(problems(&schema, &value, "x"), [problem], "{schema} {value}");
    }

    #[test]
    fn types() {
        bad(json!({"type": "string"}), json!(5), "x: a string is expected, not 5");
        bad(json!({"type": ["integer", "null"]}), json!(5.5), "x: an integer or null is expected, not 5.5");
        good(json!({"type": "integer"}), json!(5.0));
        good(json!({"type": "string", "nullable": true}), json!(null));
        bad(json!({"type": "string"}), json!(null), "x: a string is expected, not null");
        good(json!({"type": "future-type"}), json!(5));
        good(json!({"$ref": "other.yaml", "type": "string"}), json!(5));
        bad(json!(false), json!(1), "x: no value is allowed here");
    }

    #[test]
    fn numbers() {
        bad(json!({"minimum": 0}), json!(-1), "x: -1 is too small, it has to be at least 0");
        bad(json!({"minimum": 0, "exclusiveMinimum": true}), json!(0), "x: 0 is too small, it has to be above 0");
        bad(json!({"exclusiveMaximum": 1}), json!(1.0), "x: 1.0 is too large, it has to be below 1");
        bad(json!({"multipleOf": 0.1}), json!(0.25), "x: 0.25 is no multiple of 0.1");
        good(json!({"multipleOf": 0.1, "minimum": 0, "maximum": 1}), json!(0.7));
        good(json!({"enum": [1, 2], "const": 1}), json!(1.0));
    }

    #[test]
    fn texts() {
        bad(json!({"enum": ["a", "b"]}), json!("c"), r#"x: "c" is none of "a", "b""#);
        bad(json!({"const": "a"}), json!("c"), r#"x: only "a" is allowed, not "c""#);
        bad(json!({"minLength": 2}), json!("é"), "x: too few characters (1), at least 2 are needed");
        good(json!({"maxLength": 1, "pattern": "^z"}), json!("é"));
        good(json!({"format": "date-time"}), json!("2023-12-08T18:45:23.598169Z"));
        good(json!({"format": "uri"}), json!("urn:x"));
        good(json!({"format": "future-format"}), json!("?"));
        for (format, text) in [("date-time", "yesterday"), ("date", "2023-13-01"), ("uri", "no uri")] {
            assert_eq!(problems(&json!({"format": format}), &json!(text), "x").len(), 1, "{format}");
        }
    }

    #[test]
    fn lists_and_objects() {
        bad(json!({"items": {"type": "number"}}), json!([1, "2"]), r#"x[1]: a number is expected, not "2""#);
        bad(json!({"minItems": 1}), json!([]), "x: too few items (0), at least 1 are needed");
        bad(json!({"uniqueItems": true}), json!([1, 2, 1.0]), "x: an item is there twice");
        good(json!({"prefixItems": [{"type": "string"}], "maxItems": 2}), json!(["a", 1]));
        bad(json!({"required": ["a"]}), json!({"b": 1}), r#"x: the member "a" is missing"#);
        bad(json!({"properties": {"a": {"type": "string"}}}), json!({"a": 1}), "x.a: a string is expected, not 1");
        bad(json!({"additionalProperties": false}), json!({"a": 1}), r#"x: there is no member "a""#);
        good(json!({"patternProperties": {"^a": {}}, "additionalProperties": false}), json!({"a": 1}));
        good(json!({"format": "ogc-bbox"}), json!({"bbox": [1, 2, 3, 4]}));
        assert_eq!(problems(&json!({"allOf": [{"format": "ogc-bbox"}]}), &json!({"bbox": [1, 2, 3]}), "x").len(), 1);
    }

    #[test]
    fn alternatives() {
        let either = json!({"oneOf": [{"type": "number"}, {"type": "integer"}, {"type": "array"}]});
        good(either.clone(), json!(5));
        bad(
            either,
            json!("five"),
            "x: \"five\" fits none of 3 alternatives (a number is expected, not \"five\"; an integer is expected, not \"five\"; \
             an array is expected, not \"five\")",
        );
        bad(json!({"anyOf": [{"type": "number"}]}), json!("5"), "x: a number is expected, not \"5\"");
        bad(json!({"allOf": [{"minimum": 3}, {"maximum": 5}]}), json!(6), "x: 6 is too large, it has to be at most 5");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let keyword = prop::sample::select(vec![
            "type",
            "enum",
            "const",
            "minimum",
            "exclusiveMinimum",
            "multipleOf",
            "minLength",
            "format",
            "items",
            "required",
            "properties",
            "additionalProperties",
            "oneOf",
            "allOf",
            "uniqueItems",
            "nullable",
            "a",
        ]);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            prop::sample::select(vec!["string", "integer", "array", "object", "date", "ogc-bbox", ""]).prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((keyword.clone(), inner), 0..4)
                    .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_schema_is_taken(schema in any_json(), value in any_json()) {
            for problem in problems(&schema, &value, "x") {
                prop_assert!(problem.starts_with('x'));
            }
        }
    }
}
