//! What to execute with: inputs, outputs, and how the answer is wanted (OGC API - Processes - Part 1, clause 7.11,
//! `execute.yaml`).
//!
//! [`Execution`] is the document that is sent, [`Input`] a value in it, [`Prefer`] the header next to it. Values are not
//! checked against the description of the process; the server does that.

use std::fmt;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};

/// How an execution is asked for: the `Prefer` header (RFC 7240; clause 7.11.2.3 "Execution mode").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Prefer {
    /// `respond-async;return=representation`: a job, whose results are a document. This is the form that ZOO-Project
    /// documents, and the default. (RFC 7240 has a comma where ZOO-Project has a semicolon.)
    #[default]
    RespondAsyncRepresentation,
    /// `respond-async`: a job. The only form that pygeoapi takes.
    RespondAsync,
    /// Other words.
    Custom(String),
    /// No header: the server chooses.
    Nothing,
}

impl Prefer {
    /// The header's value, if there is a header.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::RespondAsyncRepresentation => Some("respond-async;return=representation"),
            Self::RespondAsync => Some("respond-async"),
            Self::Custom(words) => Some(words),
            Self::Nothing => None,
        }
    }

    pub(crate) fn put_into(&self, headers: &mut HeaderMap) -> Result<()> {
        if let Some(words) = self.as_str() {
            let value = HeaderValue::from_str(words).map_err(|error| Error::Setup {
                reason: format!("{words:?} cannot be the value of the Prefer header: {error}"),
            })?;
            headers.insert(HeaderName::from_static("prefer"), value);
        }
        Ok(())
    }
}

/// The value of an input: text, a number, a truth value, a list of those, JSON, or a reference.
///
/// Anything of these converts by itself where an input is expected. A float that is not finite has no JSON and becomes `null`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Input(Value);

impl Input {
    /// A value that the server shall fetch from `href` (`link.yaml`).
    pub fn href(href: impl Into<String>) -> Self {
        Self(json!({"href": href.into()}))
    }

    /// A value with its media type (`qualifiedInputValue.yaml`).
    pub fn qualified(value: impl Into<Input>, media_type: impl Into<String>) -> Self {
        Self(json!({"value": value.into().0, "mediaType": media_type.into()}))
    }

    /// A bounding box in the order minimum longitude, minimum latitude, maximum longitude, maximum latitude, in degrees of
    /// WGS 84 (`bbox.yaml`).
    pub fn bbox(bbox: [f64; 4]) -> Self {
        Self(json!({"bbox": bbox, "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}))
    }

    /// The JSON of the value.
    pub fn as_value(&self) -> &Value {
        &self.0
    }
}

macro_rules! into_input {
    ($($kind:ty),*) => {
        $(impl From<$kind> for Input {
            fn from(value: $kind) -> Self {
                Self(value.into())
            }
        })*
    };
}

into_input!(&str, String, bool, i32, i64, u32, u64, usize, f32, f64, Value, Map<String, Value>);

impl From<&String> for Input {
    fn from(value: &String) -> Self {
        Self(value.as_str().into())
    }
}

impl From<&Value> for Input {
    fn from(value: &Value) -> Self {
        Self(value.clone())
    }
}

impl<T: Into<Input>> From<Vec<T>> for Input {
    fn from(values: Vec<T>) -> Self {
        Self(values.into_iter().map(|value| value.into().0).collect())
    }
}

impl<T: Into<Input>, const N: usize> From<[T; N]> for Input {
    fn from(values: [T; N]) -> Self {
        Self(values.into_iter().map(|value| value.into().0).collect())
    }
}

impl<T: Into<Input> + Clone> From<&[T]> for Input {
    fn from(values: &[T]) -> Self {
        values.to_vec().into()
    }
}

impl<T: Into<Input> + Clone> From<&Vec<T>> for Input {
    fn from(values: &Vec<T>) -> Self {
        values.clone().into()
    }
}

/// An execution request.
///
/// ```
/// use eoap::Execution;
/// use serde_json::json;
///
/// let execution = Execution::new()
///     .input("epsg", "EPSG:4326")
///     .input("bands", ["green", "nir08"])
///     .input("threshold", 0.5)
///     .input("options", json!({"tiled": true}));
/// assert_eq!(
///     execution.to_value(),
///     json!({"inputs": {"epsg": "EPSG:4326", "bands": ["green", "nir08"], "threshold": 0.5, "options": {"tiled": true}}})
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "an execution runs nothing until a client executes it"]
pub struct Execution {
    inputs: Map<String, Value>,
    outputs: Option<Map<String, Value>>,
    members: Map<String, Value>,
    prefer: Option<Prefer>,
}

impl Execution {
    /// An execution without inputs that wants all outputs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets an input. The same name again replaces the value; several values of one input are a list.
    pub fn input(mut self, name: impl Into<String>, value: impl Into<Input>) -> Self {
        self.inputs.insert(name.into(), value.into().0);
        self
    }

    /// Asks for this output. Without any such call the server sends all of them.
    pub fn output(self, name: impl Into<String>) -> Self {
        self.output_as(name, json!({}))
    }

    /// Asks for this output with settings such as `{"transmissionMode": "reference"}` (`output.yaml`).
    pub fn output_as(mut self, name: impl Into<String>, settings: Value) -> Self {
        self.outputs.get_or_insert_default().insert(name.into(), settings);
        self
    }

    /// Sets another member of the document, such as `subscriber` or, in version 1.0, `response`.
    pub fn member(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.members.insert(name.into(), value.into());
        self
    }

    /// How this execution is asked for, in place of the client's setting.
    pub fn prefer(mut self, prefer: Prefer) -> Self {
        self.prefer = Some(prefer);
        self
    }

    /// The document that is sent.
    pub fn to_value(&self) -> Value {
        let mut document = Map::new();
        document.insert("inputs".to_owned(), self.inputs.clone().into());
        if let Some(outputs) = &self.outputs {
            document.insert("outputs".to_owned(), outputs.clone().into());
        }
        document.extend(self.members.clone());
        document.into()
    }

    pub(crate) fn prefer_or<'a>(&'a self, other: &'a Prefer) -> &'a Prefer {
        self.prefer.as_ref().unwrap_or(other)
    }
}

impl fmt::Display for Execution {
    /// The document as JSON with two spaces of indentation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.to_value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_becomes_an_input() {
        let names = vec![String::from("a"), String::from("b")];
        let execution = Execution::new()
            .input("text", String::from("x"))
            .input("names", &names)
            .input("slice", &names[..1])
            .input("numbers", [1, 2])
            .input("matrix", [[1.5, 2.0], [3.0, 4.0]])
            .input("flag", true)
            .input("big", u64::MAX)
            .input("href", Input::href("http://h/x"))
            .input("qualified", Input::qualified("<a/>", "text/xml"))
            .input("bbox", Input::bbox([-1.0, 2.0, 3.0, 4.0]));
        assert_eq!(
            execution.to_value()["inputs"],
            json!({
                "text": "x", "names": ["a", "b"], "slice": ["a"], "numbers": [1, 2], "matrix": [[1.5, 2.0], [3.0, 4.0]],
                "flag": true, "big": u64::MAX, "href": {"href": "http://h/x"},
                "qualified": {"value": "<a/>", "mediaType": "text/xml"},
                "bbox": {"bbox": [-1.0, 2.0, 3.0, 4.0], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}
            })
        );
    }

    #[test]
    fn outputs_are_sent_only_when_asked_for() {
        assert_eq!(Execution::new().to_value(), json!({"inputs": {}}));
        let execution =
            Execution::new().output("a").output_as("b", json!({"transmissionMode": "reference"})).member("response", "document");
        assert_eq!(
            execution.to_value(),
            json!({"inputs": {}, "outputs": {"a": {}, "b": {"transmissionMode": "reference"}}, "response": "document"})
        );
    }

    #[test]
    fn prefer_that_no_header_can_hold_is_refused() {
        let error = Prefer::Custom("a\nb".into()).put_into(&mut HeaderMap::new()).expect_err("must be refused");
        assert!(error.to_string().contains("Prefer header"), "{error}");
    }
}
