//! Keeps the members of a JSON object as a server wrote them.
//!
//! A type with a field per known member loses information. It forgets the order of members, and whether an
//! absent one was `null` or an empty list. It also forgets what could not be read as the field's type.
//! [`Members`] remembers all that next to the fields, and `lossless!` puts it back when the type is written.
//! So the output equals the input, member by member, except for later changes. Nothing is known here about
//! the meaning of members.

use serde_json::{Map, Value};

/// An object's members as they came.
///
/// Two of these are always equal: order is not a difference between JSON objects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members(Vec<Member>);

#[derive(Clone, Debug)]
struct Member {
    name: String,
    /// The original, and the value that the fields give, if the two differ.
    other: Option<(Value, Option<Value>)>,
}

impl Members {
    /// The members of `came`, of which the fields would be written as `written`.
    pub(crate) fn of(came: &Map<String, Value>, written: &Value) -> Self {
        let member = |(name, value): (&String, &Value)| {
            let own = written.get(name);
            Member { name: name.clone(), other: (own != Some(value)).then(|| (value.clone(), own.cloned())) }
        };
        Self(came.iter().map(member).collect())
    }

    /// The members of `object` in their original order and form, unless they were changed since. New ones
    /// come last.
    pub(crate) fn restore(&self, object: Value) -> Value {
        let Value::Object(mut object) = object else { return object };
        let mut ordered = Map::with_capacity(object.len());
        for Member { name, other } in &self.0 {
            let now = object.shift_remove(name);
            let value = match other {
                Some((came, written)) if now == *written => Some(came.clone()),
                _ => now,
            };
            ordered.extend(value.map(|value| (name.clone(), value)));
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

/// Reads and writes a type with a field `members: Members` without loss. The type derives serde's traits
/// with `#[serde(remote = "Self")]`. That makes inherent functions of them, which this macro wraps.
macro_rules! lossless {
    ($($kind:ident),*) => {
        $(
            impl<'de> serde::Deserialize<'de> for $kind {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    use serde::de::Error;
                    let object = serde_json::Map::deserialize(deserializer)?;
                    let mut this =
                        $kind::deserialize(serde_json::Value::Object(object.clone())).map_err(D::Error::custom)?;
                    let written = $kind::serialize(&this, serde_json::value::Serializer).map_err(D::Error::custom)?;
                    this.members = crate::ogc::documents::lossless::Members::of(&object, &written);
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
    fn order_and_odd_members_come_back() {
        let came = json!({"z": 1, "finished": null, "links": [], "version": 2, "a": 2});
        let members = Members::of(came.as_object().expect("object"), &json!({"z": 1, "version": "2", "a": 2}));
        let fields = json!({"a": 2, "version": "2", "z": 1});
        assert_eq!(members.restore(fields).to_string(), came.to_string());
        // A changed or removed member is as it is now. A new one comes last.
        assert_eq!(
            members.restore(json!({"new": 0, "z": 3, "version": "3"})).to_string(),
            r#"{"z":3,"finished":null,"links":[],"version":"3","new":0}"#
        );
    }
}
