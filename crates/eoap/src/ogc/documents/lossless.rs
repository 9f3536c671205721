//! Keeps the members of a JSON object in the order that a server wrote them.
//!
//! Types with a field per known member forget where each member stood, and whether an absent one was `null` or an empty list.
//! [`Members`] remembers both beside the fields, and `lossless!` puts them back when the type is written: what came in goes
//! out equal, member by member. Nothing is known here about what members mean.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// Names of an object's members as they came, each with its value if it was an empty one (`null`, `[]`, `{}`): empty values
/// are not always told apart from absent ones by the fields.
///
/// Two of these are always equal: order is not a difference between JSON objects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members(Vec<(String, Option<Value>)>);

impl Members {
    pub(crate) fn of(object: &Map<String, Value>) -> Self {
        Self(object.iter().map(|(name, value)| (name.clone(), is_empty(value).then(|| value.clone()))).collect())
    }

    /// The members of `object` in the remembered order, others after them.
    pub(crate) fn restore(&self, object: Value) -> Value {
        let Value::Object(mut object) = object else { return object };
        let mut ordered = Map::with_capacity(object.len());
        for (name, empty) in &self.0 {
            if let Some(value) = object.shift_remove(name).or_else(|| empty.clone()) {
                ordered.insert(name.clone(), value);
            }
        }
        ordered.extend(object);
        Value::Object(ordered)
    }
}

impl PartialEq for Members {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Reads `null` as the empty value: some servers write it where the standard has a list.
pub(crate) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// Reads and writes a type with a field `members: Members` without loss. The type derives serde's traits with
/// `#[serde(remote = "Self")]`, which makes inherent functions of them that this wraps.
macro_rules! lossless {
    ($($kind:ident),*) => {
        $(
            impl<'de> serde::Deserialize<'de> for $kind {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    use serde::de::Error;
                    let object = serde_json::Map::deserialize(deserializer)?;
                    let members = crate::ogc::documents::lossless::Members::of(&object);
                    let mut this = $kind::deserialize(serde_json::Value::Object(object)).map_err(D::Error::custom)?;
                    this.members = members;
                    Ok(this)
                }
            }

            impl serde::Serialize for $kind {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    use serde::ser::Error;
                    let object = $kind::serialize(self, serde_json::value::Serializer).map_err(S::Error::custom)?;
                    self.members.restore(object).serialize(serializer)
                }
            }
        )*
    };
}

pub(crate) use lossless;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn order_and_empty_members_come_back() {
        let came = json!({"z": 1, "finished": null, "links": [], "a": 2});
        let members = Members::of(came.as_object().expect("object"));
        let fields = json!({"a": 2, "z": 1});
        assert_eq!(members.restore(fields).to_string(), came.to_string());
        // A member that was removed since stays away, a new one comes last.
        assert_eq!(members.restore(json!({"new": 0, "z": 3})).to_string(), r#"{"z":3,"finished":null,"links":[],"new":0}"#);
    }
}
