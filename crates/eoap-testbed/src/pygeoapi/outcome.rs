//! The result of a run: one media type and one body, as pygeoapi's processes return it.
//!
//! [`Outcome`] puts the scenario's outputs into that form. A process with one output returns its id and
//! value, as pygeoapi's own processes do. One with several returns them by name. Where a body goes is not
//! known here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::scenario::Generation;
use crate::service::{Execution, Job, Output, Outputs};

/// The media type of most of them.
pub(super) const JSON: &str = "application/json";

/// The result of a run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    pub(super) media_type: String,
    pub(super) content: Content,
}

/// The content.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    Json(Value),
    Bytes(Vec<u8>),
}

impl Outcome {
    /// What the job gives, or will give.
    pub(super) fn of(job: &Job) -> Self {
        Self::from(&job.outputs, &job.execution)
    }

    /// The failure when the job writes this into a document, if there is one. 0.21 cannot write bytes there,
    /// and 0.24 only those that are ASCII.
    pub(super) fn failure(job: &Job, generation: Generation) -> Option<String> {
        let writable = match Self::raw(&job.outputs, &job.execution).content {
            Content::Bytes(bytes) => generation == Generation::V0_24 && bytes.is_ascii(),
            Content::Json(_) => true,
        };
        (job.execution.is_document && !writable).then(|| "Object of type bytes is not JSON serializable".to_owned())
    }

    /// The requested outputs. A document has them in a list, but has the media type that they had without
    /// it.
    fn from(outputs: &Outputs, execution: &Execution) -> Self {
        let Self { media_type, content } = Self::raw(outputs, execution);
        if execution.is_document {
            return Self { media_type, content: Content::Json(json!({"outputs": [content.into_json()]})) };
        }
        Self { media_type, content }
    }

    /// The same without the document.
    fn raw(outputs: &Outputs, execution: &Execution) -> Self {
        // No output wanted is as good as all of them.
        let all = execution.outputs.as_ref().is_none_or(Map::is_empty);
        let wanted: Vec<_> = outputs.iter().filter(|(name, _)| all || execution.wants(name)).collect();
        match wanted.as_slice() {
            [(name, output)] => Self::single(name, Output::of(output)),
            several => {
                let members = several.iter().map(|(name, output)| ((*name).clone(), Output::of(output).value.clone()));
                Self::json(members.collect::<Map<_, _>>().into())
            }
        }
    }

    fn single(name: &str, output: Output<'_>) -> Self {
        match (output.media_type, output.value) {
            (Some(media_type), Value::String(text)) if media_type != JSON => {
                let decoded = if output.encoding == Some("base64") { STANDARD.decode(text).ok() } else { None };
                let content = Content::Bytes(decoded.unwrap_or_else(|| text.clone().into_bytes()));
                Self { media_type: media_type.to_owned(), content }
            }
            (_, value) => Self::json(json!({"id": name, "value": value})),
        }
    }

    fn json(value: Value) -> Self {
        Self { media_type: JSON.to_owned(), content: Content::Json(value) }
    }
}

impl Content {
    /// As a value in a document. Bytes that are not text cannot be in one.
    pub(super) fn into_json(self) -> Value {
        match self {
            Self::Json(value) => value,
            Self::Bytes(bytes) => String::from_utf8_lossy(&bytes).into(),
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Json(value) => value.to_string().into_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(outputs: Value, wanted: Option<Value>, is_document: bool) -> (String, Vec<u8>) {
        let outputs_wanted = wanted.and_then(|wanted| wanted.as_object().cloned());
        let execution = Execution { outputs: outputs_wanted, is_document, ..Execution::default() };
        let outcome = Outcome::from(outputs.as_object().unwrap(), &execution);
        (outcome.media_type, outcome.content.into_bytes())
    }

    #[test]
    fn one_output_has_an_id_and_several_have_names() {
        let both = json!({"a": "x", "b": {"value": [1]}});
        let of = |wanted| outcome(both.clone(), wanted, false).1;
        assert_eq!(of(Some(json!({"a": {}}))), br#"{"id":"a","value":"x"}"#);
        assert_eq!(of(None), br#"{"a":"x","b":[1]}"#);
        assert_eq!(of(Some(json!({}))), of(None));
        assert_eq!(of(Some(json!({"nope": {}}))), b"{}");
    }

    #[test]
    fn what_is_not_json_comes_as_it_is() {
        let text = json!({"a": {"value": "x", "format": {"mediaType": "text/plain"}}});
        assert_eq!(outcome(text.clone(), None, false), ("text/plain".to_owned(), b"x".to_vec()));
        assert_eq!(outcome(text, None, true), ("text/plain".to_owned(), br#"{"outputs":["x"]}"#.to_vec()));
        let image = json!({"a": {"value": "AAH/", "format": {"mediaType": "image/png", "encoding": "base64"}}});
        assert_eq!(outcome(image, None, false), ("image/png".to_owned(), vec![0, 1, 255]));
    }
}
