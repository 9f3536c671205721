//! Reads optional members of any type. A value of an odd type is converted if possible, and else absent.
//!
//! Servers write a number as a version, a text in place of a list, or an object in place of a list. None of
//! that may make a process, a job or a list unusable, so these functions never fail.
//! [`Members`](super::lossless::Members) keeps the original.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Map, Number, Value};

/// A text; a number or a truth value as it is written.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Value::deserialize(deserializer).map(|value| as_text(&value))
}

/// A required text. A number or a boolean is written out.
pub(crate) fn some_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let value = Value::deserialize(deserializer)?;
    as_text(&value).ok_or_else(|| serde::de::Error::custom(format!("expected a text, not {value}")))
}

/// Like [`some_text`], for types that are made from a text.
pub(crate) fn some_text_into<'de, D: Deserializer<'de>, T: From<String>>(deserializer: D) -> Result<T, D::Error> {
    some_text(deserializer).map(T::from)
}

/// A list of texts; one text as a list of one.
pub(crate) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Array(items) => items.iter().filter_map(as_text).collect(),
        other => as_text(&other).into_iter().collect(),
    })
}

/// A truth value, also as text.
pub(crate) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(flag) => Some(flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    })
}

/// A number, also as text, with or without a percent sign.
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Number>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => Some(number),
        Value::String(text) => serde_json::from_str(text.trim().trim_end_matches('%').trim_end()).ok(),
        _ => None,
    })
}

/// A list of the readable entries. A value that is not a list becomes a list of one.
pub(crate) fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let entries = match Value::deserialize(deserializer)? {
        Value::Array(entries) => entries,
        Value::Null => Vec::new(),
        other => vec![other],
    };
    Ok(entries.into_iter().filter_map(|entry| serde_json::from_value(entry).ok()).collect())
}

/// A required list. Entries that cannot be read are left out.
pub(crate) fn entries<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let entries: Option<Vec<Value>> = Option::deserialize(deserializer)?;
    Ok(entries.into_iter().flatten().filter_map(|entry| serde_json::from_value(entry).ok()).collect())
}

/// Descriptions by identifier. A list of objects with identifiers (`id`, `identifier`, `name`) is read as
/// such an object.
pub(crate) fn by_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Object(members) => members,
        Value::Array(entries) => entries
            .into_iter()
            .filter_map(|entry| {
                let id = ["id", "identifier", "name"].iter().find_map(|name| as_text(entry.get(*name)?))?;
                Some((id, entry))
            })
            .collect(),
        _ => Map::new(),
    })
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
