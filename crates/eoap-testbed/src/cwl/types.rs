//! CWL types as the schemas of a process description.
//!
//! [`Type::read`] parses the type of a parameter: its base, whether it may have several values, and whether
//! it may be missing. It does not know how a description uses that.

use serde_json::{Value, json};

/// A type, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Type {
    /// Schema of one value.
    pub(super) schema: Value,
    pub(super) is_array: bool,
    pub(super) is_optional: bool,
}

impl Type {
    /// `None` for types that a process cannot have.
    pub(super) fn read(kind: &Value) -> Option<Self> {
        match kind {
            Value::String(name) => Self::named(name),
            Value::Array(union) => {
                let mut others = union.iter().filter(|kind| *kind != "null");
                let one = Self::read(others.next()?)?;
                let is_optional = one.is_optional || union.iter().any(|kind| kind == "null");
                // Of several types the description names the first.
                Some(Self { is_optional, ..one })
            }
            Value::Object(members) => match members.get("type")?.as_str()? {
                "array" => Some(Self { is_array: true, ..Self::read(members.get("items")?)? }),
                "enum" => {
                    let symbols = members.get("symbols")?.as_array()?.iter().filter_map(Value::as_str);
                    let symbols: Vec<&str> = symbols.filter_map(|symbol| symbol.rsplit(['#', '/']).next()).collect();
                    Some(Self::one(json!({"type": "string", "enum": symbols})))
                }
                "record" => Some(Self::one(json!({"type": "object"}))),
                name => Self::named(name),
            },
            _ => None,
        }
    }

    fn named(name: &str) -> Option<Self> {
        if let Some(name) = name.strip_suffix('?') {
            return Some(Self { is_optional: true, ..Self::named(name)? });
        }
        if let Some(name) = name.strip_suffix("[]") {
            return Some(Self { is_array: true, ..Self::named(name)? });
        }
        Some(Self::one(match name {
            "string" => json!({"type": "string"}),
            "boolean" => json!({"type": "boolean"}),
            "int" | "long" => json!({"type": "integer"}),
            "float" | "double" => json!({"type": "number"}),
            "File" => json!({"type": "string", "contentMediaType": "text/plain"}),
            "Directory" | "Any" => json!({"type": "object"}),
            // Types of EOAP schemas: string formats, and OGC's and GeoJSON's objects.
            name => match name.split_once('#')?.1 {
                "URI" => json!({"type": "string", "format": "uri"}),
                "Date" => json!({"type": "string", "format": "date"}),
                "DateTime" => json!({"type": "string", "format": "date-time"}),
                "UUID" => json!({"type": "string", "format": "uuid"}),
                "Email" => json!({"type": "string", "format": "email"}),
                _ => json!({"type": "object"}),
            },
        }))
    }

    fn one(schema: Value) -> Self {
        Self { schema, is_array: false, is_optional: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_taken_apart() {
        for (kind, schema, is_array, is_optional) in [
            (json!("string"), json!({"type": "string"}), false, false),
            (json!("int[]?"), json!({"type": "integer"}), true, true),
            (json!(["null", "double"]), json!({"type": "number"}), false, true),
            (json!({"type": "array", "items": "File"}), json!({"type": "string", "contentMediaType": "text/plain"}), true, false),
            (json!({"type": "enum", "symbols": ["#w/a", "b"]}), json!({"type": "string", "enum": ["a", "b"]}), false, false),
            (json!("formats.yaml#URI"), json!({"type": "string", "format": "uri"}), false, false),
        ] {
            assert_eq!(Type::read(&kind), Some(Type { schema, is_array, is_optional }), "{kind}");
        }
        for kind in [json!("text"), json!(1), json!(["null"]), json!({"type": "array"})] {
            assert_eq!(Type::read(&kind), None, "{kind}");
        }
    }
}
