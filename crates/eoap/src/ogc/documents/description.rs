//! Inputs and outputs as a process describes them (OGC API - Processes - Part 1, clause 9 "OGC Process
//! Description", `inputDescription.yaml`, `outputDescription.yaml`).
//!
//! [`InputDescription`] and [`OutputDescription`] are views. They read what a notebook prints and keep the
//! whole source. So reading never fails, however odd a description is. The validation checks whether a value
//! fits.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// How often an input may be given at most (`maxOccurs`).
///
/// ```
/// use eoap::MaxOccurs;
/// let text = r#"{"id": "p", "inputs": {"bands": {"maxOccurs": "unbounded"}}}"#;
/// let process: eoap::Process = serde_json::from_str(text)?;
/// assert_eq!(process.input("bands").and_then(|bands| bands.max_occurs), Some(MaxOccurs::Unbounded));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxOccurs {
    /// So many times.
    Number(u64),
    /// As often as one likes (`unbounded`).
    Unbounded,
}

impl fmt::Display for MaxOccurs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Unbounded => f.write_str("unbounded"),
        }
    }
}

/// The description of an input, from [`Process::input`](crate::Process::input).
///
/// ```
/// use eoap::MaxOccurs;
/// let process: eoap::Process = serde_json::from_str(
///     r#"{"id": "p", "inputs": {"bands": {"title": "Bands", "maxOccurs": 999, "schema": {"type": "string", "default": "green"}}}}"#,
/// )?;
/// let bands = process.input("bands").expect("the process has this input");
/// assert_eq!(bands.title.as_deref(), Some("Bands"));
/// assert_eq!(bands.max_occurs, Some(MaxOccurs::Number(999)));
/// assert_eq!(bands.default.as_ref().unwrap(), "green");
/// assert!(!bands.is_required());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct InputDescription {
    /// Title for a person.
    pub title: Option<String>,
    /// What the input is for.
    pub description: Option<String>,
    /// JSON schema of the value (OpenAPI 3.0 dialect); `null` if there is none.
    pub schema: Value,
    /// The minimum number of values. By the standard it is 1 if the server does not say.
    pub min_occurs: Option<u64>,
    /// The maximum number of values. By the standard it is 1 if the server does not say.
    pub max_occurs: Option<MaxOccurs>,
    /// Whether the value may be `null`.
    pub nullable: bool,
    /// The value that the server uses if the input is not given.
    pub default: Option<Value>,
    /// All members as they came, the fields' included.
    pub members: Map<String, Value>,
}

/// The description of an output, from [`Process::output`](crate::Process::output).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct OutputDescription {
    /// Title for a person.
    pub title: Option<String>,
    /// What the output is.
    pub description: Option<String>,
    /// JSON schema of the value (OpenAPI 3.0 dialect); `null` if there is none.
    pub schema: Value,
    /// All members as they came, the fields' included.
    pub members: Map<String, Value>,
}

impl InputDescription {
    pub(crate) fn of(description: &Value) -> Self {
        let schema = description["schema"].clone();
        let max_occurs = match &description["maxOccurs"] {
            Value::String(word) if word == "unbounded" => Some(MaxOccurs::Unbounded),
            other => count(other).map(MaxOccurs::Number),
        };
        Self {
            title: text(description, "title"),
            description: text(description, "description"),
            min_occurs: count(&description["minOccurs"]),
            max_occurs,
            nullable: schema["nullable"] == true || schema["type"].as_array().is_some_and(|types| types.contains(&"null".into())),
            default: schema.get("default").or_else(|| description.get("default")).cloned(),
            schema,
            members: description.as_object().cloned().unwrap_or_default(),
        }
    }

    /// Whether an execution needs this input. In the standard this is `minOccurs`, which is 1 by default.
    /// ZOO-Project leaves it out for optional inputs, too. So an input that has a default value or may be
    /// `null` is not required either.
    pub fn is_required(&self) -> bool {
        match self.min_occurs {
            Some(0) => false,
            _ => self.default.is_none() && !self.nullable,
        }
    }

    /// Whether several values can be given, as a list.
    pub fn is_multiple(&self) -> bool {
        matches!(self.max_occurs, Some(MaxOccurs::Unbounded | MaxOccurs::Number(2..)))
    }

    /// The type in brief, such as `string`, `array of number`, `integer | null`, `one of string, object`,
    /// `image/tiff`.
    pub fn type_name(&self) -> String {
        let schema = type_name(&self.schema);
        match (schema.as_str(), self.members.get("extended-schema")) {
            ("", Some(extended)) => type_name(extended),
            _ => schema,
        }
    }

    /// How often the input is given: `1`, `0..1`, `1..999`, `1..unbounded`.
    pub(crate) fn occurs(&self) -> String {
        let least = self.min_occurs.unwrap_or_else(|| u64::from(self.is_required()));
        let most = self.max_occurs.unwrap_or(MaxOccurs::Number(1));
        if most == MaxOccurs::Number(least) { most.to_string() } else { format!("{least}..{most}") }
    }
}

impl OutputDescription {
    pub(crate) fn of(description: &Value) -> Self {
        Self {
            title: text(description, "title"),
            description: text(description, "description"),
            schema: description["schema"].clone(),
            members: description.as_object().cloned().unwrap_or_default(),
        }
    }

    /// The type in brief, as [`InputDescription::type_name`] has it.
    pub fn type_name(&self) -> String {
        type_name(&self.schema)
    }
}

macro_rules! written_as_it_came {
    ($($kind:ident),*) => {
        $(impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.members.serialize(serializer)
            }
        })*
    };
}

written_as_it_came!(InputDescription, OutputDescription);

fn text(description: &Value, name: &str) -> Option<String> {
    description[name].as_str().map(str::to_owned)
}

/// A count, written as a number or, by some servers, as text.
fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn type_name(schema: &Value) -> String {
    let nullable = if schema["nullable"] == true { " | null" } else { "" };
    let alternatives = ["oneOf", "anyOf"].iter().find_map(|name| schema[*name].as_array());
    if let Some(alternatives) = alternatives {
        let mut names: Vec<String> = Vec::new();
        for name in alternatives.iter().map(type_name) {
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
        let names = if names.len() > 1 { format!("one of {}", names.join(", ")) } else { names.concat() };
        return names + nullable;
    }
    if let Some(all) = schema["allOf"].as_array() {
        return all.iter().map(type_name).find(|name| !name.is_empty()).unwrap_or_default() + nullable;
    }
    let named = [&schema["contentMediaType"], &schema["format"]].into_iter().find_map(Value::as_str);
    let name = match (&schema["type"], named) {
        (Value::Array(types), _) => types.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | "),
        (Value::String(name), None) if name == "array" => match type_name(&schema["items"]) {
            items if items.is_empty() => name.clone(),
            items => format!("array of {items}"),
        },
        (Value::String(name), Some(named)) => format!("{name} ({named})"),
        (Value::String(name), None) => name.clone(),
        (_, Some(named)) => named.to_owned(),
        _ => schema["$ref"].as_str().and_then(|target| target.rsplit('/').next()).unwrap_or("").to_owned(),
    };
    name + nullable
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn inputs_of_zoo_are_optional_without_saying_so() {
        let bands = InputDescription::of(&json!({
            "title": "bands", "maxOccurs": 999,
            "extended-schema": {"type": "array", "minItems": 1, "items": {"type": "string"}},
            "schema": {"type": "string", "default": ["green", "nir"]}
        }));
        assert!(!bands.is_required() && bands.is_multiple());
        assert_eq!((bands.type_name().as_str(), bands.occurs().as_str()), ("string", "0..999"));
        let epsg = InputDescription::of(&json!({"schema": {"type": "string", "nullable": true}}));
        assert!(!epsg.is_required() && !epsg.is_multiple());
        let aoi = InputDescription::of(&json!({"schema": {"type": "string"}}));
        assert!(aoi.is_required());
        assert_eq!(aoi.occurs(), "1");
        let many = InputDescription::of(&json!({"minOccurs": "2", "maxOccurs": "unbounded", "schema": {}}));
        assert_eq!(many.occurs(), "2..unbounded");
    }

    #[test]
    fn odd_descriptions_are_read_all_the_same() {
        for odd in [json!(null), json!("text"), json!({"title": 3, "minOccurs": -1, "maxOccurs": {}, "schema": [1]})] {
            let input = InputDescription::of(&odd);
            assert_eq!((input.title, input.min_occurs, input.max_occurs), (None, None, None));
            OutputDescription::of(&odd).type_name();
        }
    }

    #[test]
    fn types_in_brief() {
        for (schema, name) in [
            (json!({"type": "array", "items": {"type": "number"}}), "array of number"),
            (json!({"type": ["integer", "null"]}), "integer | null"),
            (json!({"type": "string", "nullable": true}), "string | null"),
            (json!({"type": "string", "format": "date-time"}), "string (date-time)"),
            (json!({"oneOf": [{"type": "string"}, {"type": "object"}, {"type": "string"}]}), "one of string, object"),
            (json!({"oneOf": [{"type": "object"}]}), "object"),
            (json!({"allOf": [{"format": "ogc-bbox"}, {"$ref": "x/bbox.yaml"}]}), "ogc-bbox"),
            (json!({"$ref": "x/bbox.yaml"}), "bbox.yaml"),
            (json!({"contentMediaType": "image/tiff"}), "image/tiff"),
            (json!({}), ""),
        ] {
            assert_eq!(type_name(&schema), name, "{schema}");
        }
    }
}
