//! Values and the schemas of process descriptions: does this one fit, and what would one look like that does,
//! or does not?
//!
//! The part of the OpenAPI 3.0 schema object that descriptions use: types, enumerations, bounds, members,
//! elements and alternatives. `$ref` and `pattern` are not followed. A value cannot fail because of them.

use serde_json::{Map, Value, json};

/// Whether the value is an instance of the schema.
pub(crate) fn fits(schema: &Value, value: &Value) -> bool {
    if value.is_null() && schema["nullable"] == true {
        return true;
    }
    let of_type = match schema["type"].as_str() {
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        _ => true,
    };
    let listed = schema["enum"].as_array().is_none_or(|allowed| allowed.contains(value));
    let bounded = value.as_f64().is_none_or(|number| {
        schema["minimum"].as_f64().is_none_or(|least| number >= least)
            && schema["maximum"].as_f64().is_none_or(|most| number <= most)
    });
    let whole = value.as_object().is_none_or(|members| {
        let required = schema["required"]
            .as_array()
            .is_none_or(|names| names.iter().filter_map(Value::as_str).all(|name| members.contains_key(name)));
        required && members.iter().all(|(name, value)| schema["properties"].get(name).is_none_or(|schema| fits(schema, value)))
    });
    let elements = value.as_array().is_none_or(|elements| {
        let count = elements.len() as u64;
        schema["minItems"].as_u64().is_none_or(|least| count >= least)
            && schema["maxItems"].as_u64().is_none_or(|most| count <= most)
            && schema.get("items").is_none_or(|schema| elements.iter().all(|element| fits(schema, element)))
    });
    let alternatives = ["oneOf", "anyOf"]
        .iter()
        .filter_map(|name| schema[*name].as_array())
        .all(|schemas| schemas.is_empty() || schemas.iter().any(|schema| fits(schema, value)));
    let all = schema["allOf"].as_array().is_none_or(|schemas| schemas.iter().all(|schema| fits(schema, value)));
    of_type && listed && bounded && whole && elements && alternatives && all
}

/// A value that fits the schema; `None` where no simple one does.
pub(crate) fn example(schema: &Value) -> Option<Value> {
    let candidate = candidate(schema);
    fits(schema, &candidate).then_some(candidate)
}

fn candidate(schema: &Value) -> Value {
    if let Some(given) = schema.get("default").filter(|value| fits(schema, value)).or_else(|| schema.get("example")) {
        return given.clone();
    }
    if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
        return first.clone();
    }
    if is_bbox(schema) {
        return json!({"bbox": [-121.4, 39.8, -120.7, 40.5], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"});
    }
    for name in ["oneOf", "anyOf", "allOf"] {
        if let Some(found) = schema[name].as_array().and_then(|schemas| schemas.iter().find_map(example)) {
            return found;
        }
    }
    match schema["type"].as_str() {
        Some("string") if is_binary(schema) => json!("aGVsbG8="),
        Some("string") if schema["format"] == "date-time" => json!("2025-08-20T13:41:42Z"),
        Some("string") if schema["format"] == "uri" => json!("http://www.opengis.net/def/crs/OGC/1.3/CRS84"),
        Some("number" | "integer") => {
            json!(schema["minimum"].as_i64().unwrap_or(1).max(1).min(schema["maximum"].as_i64().unwrap_or(i64::MAX)))
        }
        Some("boolean") => json!(true),
        Some("array") => {
            let count = schema["minItems"].as_u64().unwrap_or(1).max(1);
            (0..count).map(|_| schema.get("items").map_or_else(|| json!("a"), candidate)).collect()
        }
        Some("object") => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let member = |name: &str| (name.to_owned(), candidate(&schema["properties"][name]));
            let members: Map<String, Value> = required.map(member).collect();
            if members.is_empty() { json!({"hello": "world"}) } else { Value::Object(members) }
        }
        _ => json!("hello"),
    }
}

/// A value that does not fit the schema; `None` where everything does.
pub(crate) fn counterexample(schema: &Value) -> Option<Value> {
    [json!("no such value"), json!(-7.5), json!(["no", {"such": "value"}]), json!(true)]
        .into_iter()
        .find(|value| !fits(schema, value))
}

/// Whether values are bytes, written as base64.
pub(crate) fn is_binary(schema: &Value) -> bool {
    schema["contentEncoding"] == "base64" || matches!(schema["format"].as_str(), Some("byte" | "binary"))
}

/// Whether values are bounding boxes of `bbox.yaml`.
pub(crate) fn is_bbox(schema: &Value) -> bool {
    schema["format"] == "ogc-bbox" || schema["properties"].get("bbox").is_some()
}

/// The alternatives of a schema of mixed type.
pub(crate) fn alternatives(schema: &Value) -> &[Value] {
    schema["oneOf"].as_array().map_or(&[], Vec::as_slice)
}
