//! Which members of a JSON value are meant.

use std::fmt;

use serde::{Deserialize, Deserializer, de::Error};

/// Which members of a JSON value are meant: a JSON Pointer (RFC 6901) in which `*` matches any one step, and
/// `**` any number of them.
#[derive(Clone, PartialEq, Eq)]
pub struct JsonPath {
    steps: Vec<Step>,
    text: String,
}

#[derive(Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    Any,
    Deep,
}

impl JsonPath {
    /// Reads a path.
    ///
    /// # Errors
    /// If it does not begin with `/`.
    pub fn new(text: &str) -> Result<JsonPath, String> {
        let Some(steps) = text.strip_prefix('/') else {
            return Err(format!("`{text}` is no path into JSON: it must begin with `/`, as in \"/features/*/id\""));
        };
        let step = |step: &str| match step {
            "*" => Step::Any,
            "**" => Step::Deep,
            name => Step::Name(name.replace("~1", "/").replace("~0", "~")),
        };
        Ok(JsonPath { steps: steps.split('/').map(step).collect(), text: text.to_owned() })
    }

    pub(super) fn matches(&self, path: &[String]) -> bool {
        fn matches(steps: &[Step], path: &[String]) -> bool {
            match (steps.split_first(), path.split_first()) {
                (None, None) => true,
                (Some((Step::Deep, rest)), _) => {
                    matches(rest, path) || path.split_first().is_some_and(|(_, path)| matches(steps, path))
                }
                (Some((Step::Any, steps)), Some((_, path))) => matches(steps, path),
                (Some((Step::Name(name), steps)), Some((at, path))) => name == at && matches(steps, path),
                (None, Some(_)) | (Some(_), None) => false,
            }
        }
        matches(&self.steps, path)
    }
}

impl fmt::Debug for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonPath({:?})", self.text)
    }
}

impl<'de> Deserialize<'de> for JsonPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<JsonPath, D::Error> {
        JsonPath::new(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
