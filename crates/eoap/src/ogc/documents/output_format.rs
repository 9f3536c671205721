//! The wanted form of an output (OGC API - Processes - Part 1, clause 7.11.2.6, `output.yaml`).
//!
//! Whether the process has the output and supports that format is not checked here.

use serde_json::{Map, Value};

/// In what format an output is wanted, and whether itself or a reference to it.
///
/// ```
/// use eoap::OutputFormat;
/// let format = OutputFormat::new().media_type("image/tiff").by_reference();
/// assert_eq!(
///     serde_json::Value::from(format),
///     serde_json::json!({"format": {"mediaType": "image/tiff"}, "transmissionMode": "reference"})
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a format asks for nothing until an execution has it"]
pub struct OutputFormat {
    format: Map<String, Value>,
    transmission: Option<TransmissionMode>,
}

/// How an output is sent (`transmissionMode.yaml`, version 1.0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TransmissionMode {
    /// The output itself.
    Value,
    /// A link to it.
    Reference,
}

impl OutputFormat {
    /// The server's own choice.
    pub fn new() -> Self {
        Self::default()
    }

    /// In this media type.
    pub fn media_type(self, media_type: impl Into<String>) -> Self {
        self.with("mediaType", media_type.into().into())
    }

    /// In this encoding, such as `base64`.
    pub fn encoding(self, encoding: impl Into<String>) -> Self {
        self.with("encoding", encoding.into().into())
    }

    /// After this schema: a URL, or the schema itself.
    pub fn schema(self, schema: impl Into<Value>) -> Self {
        self.with("schema", schema.into())
    }

    /// As itself.
    pub fn by_value(self) -> Self {
        self.sent(TransmissionMode::Value)
    }

    /// As a reference, which [`Output::fetch`](crate::Output::fetch) follows.
    pub fn by_reference(self) -> Self {
        self.sent(TransmissionMode::Reference)
    }

    fn sent(mut self, mode: TransmissionMode) -> Self {
        self.transmission = Some(mode);
        self
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.format.insert(name.to_owned(), value);
        self
    }
}

impl From<OutputFormat> for Value {
    fn from(output: OutputFormat) -> Self {
        let mut settings = Map::new();
        if !output.format.is_empty() {
            settings.insert("format".to_owned(), output.format.into());
        }
        let mode = output.transmission.map(|mode| match mode {
            TransmissionMode::Value => "value",
            TransmissionMode::Reference => "reference",
        });
        settings.extend(mode.map(|mode| ("transmissionMode".to_owned(), mode.into())));
        settings.into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_are_sent_as_the_standard_has_them() {
        let format = OutputFormat::new().media_type("image/tiff").encoding("base64").schema("http://h/s").by_value();
        assert_eq!(
            Value::from(format),
            json!({"format": {"mediaType": "image/tiff", "encoding": "base64", "schema": "http://h/s"}, "transmissionMode": "value"})
        );
        assert_eq!(Value::from(OutputFormat::new()), json!({}));
    }
}
