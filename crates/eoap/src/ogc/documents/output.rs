//! One output of a process (OGC API - Processes - Part 1, clause 7.14, `inlineOrRefData.yaml`).
//!
//! [`Output`] is a value, a qualified value, or a reference. Its bytes are available in each of the ways
//! that servers send them. The client fetches the target of a reference.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use serde_json::{Map, Value};

use crate::{
    error::{Error, Result},
    http::media_type,
    ogc::documents::link::Link,
};

/// Base64 (RFC 4648) with or without padding.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// One output.
///
/// ```no_run
/// # async fn run(job: eoap::Job) -> Result<(), eoap::Error> {
/// let output = job.output("stac_catalog").await?;
/// match output.href() {
///     Some(href) => println!("it lies at {href}"),
///     None => println!("{}", output.text()?),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Output {
    /// The value itself.
    Value(Value),
    /// The value with what it is.
    Qualified(Qualified),
    /// Where the value can be fetched.
    Reference(Link),
}

/// A value with its format (`qualifiedInputValue.yaml`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Qualified {
    /// The value; text in [`encoding`](Qualified::encoding) for binary data.
    pub value: Value,
    /// Media type: next to the value in the standard, or within `format` in ZOO-Project.
    pub media_type: Option<String>,
    /// Encoding of the text, such as `base64`; found in the same places.
    pub encoding: Option<String>,
    /// All other members, kept as they came.
    pub extra: Map<String, Value>,
    /// The body of an answer that was only this value.
    raw: Option<Bytes>,
}

impl Output {
    /// Reads an entry of a results document. An object with a text `href` and no `value` is a reference. One
    /// with `value` is qualified. Everything else is the value itself. `raw` are the bytes that the entry
    /// was made from, if there are any.
    pub(crate) fn of(entry: &Value, raw: Option<&Bytes>) -> Self {
        let Value::Object(members) = entry else {
            return Self::Value(entry.clone());
        };
        if let Some(value) = members.get("value") {
            let mut extra = members.clone();
            extra.shift_remove("value");
            let nested = |name: &str| members.get("format").and_then(|format| format.get(name)).cloned();
            let mut text = |name: &str| match extra.shift_remove(name).or_else(|| nested(name)) {
                Some(Value::String(text)) => Some(text),
                Some(other) => {
                    extra.insert(name.to_owned(), other);
                    None
                }
                None => None,
            };
            let (media_type, encoding) = (text("mediaType"), text("encoding"));
            return Self::Qualified(Qualified { value: value.clone(), media_type, encoding, extra, raw: raw.cloned() });
        }
        if members.get("href").is_some_and(Value::is_string)
            && let Ok(mut link) = serde_json::from_value::<Link>(entry.clone())
        {
            // ZOO-Project says what a reference leads to as it does of values.
            let stated = entry["format"]["mediaType"].as_str().or_else(|| entry["mediaType"].as_str());
            link.media_type = link.media_type.or_else(|| stated.map(str::to_owned));
            return Self::Reference(link);
        }
        Self::Value(entry.clone())
    }

    /// The value, bare or qualified; nothing for a reference.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Value(value) => Some(value),
            Self::Qualified(qualified) => Some(&qualified.value),
            Self::Reference(_) => None,
        }
    }

    /// Where the value can be fetched; nothing for a value.
    pub fn href(&self) -> Option<&str> {
        match self {
            Self::Reference(link) => Some(&link.href),
            _ => None,
        }
    }

    /// The media type, if the server gives one: of a qualified value, or of a reference's target.
    pub fn media_type(&self) -> Option<&str> {
        match self {
            Self::Value(_) => None,
            Self::Qualified(qualified) => qualified.media_type.as_deref(),
            Self::Reference(link) => link.media_type.as_deref(),
        }
    }

    /// The bytes of the value: the body of the answer if it was only this output, the decoded Base64, the
    /// UTF-8 of any other text, or the JSON of anything else.
    ///
    /// # Errors
    ///
    /// [`Error::OutputBytes`] for invalid Base64, for another encoding of binary data, and for a reference,
    /// which has to be fetched ([`fetch`](Output::fetch)).
    pub fn bytes(&self) -> Result<Bytes> {
        match self {
            Self::Value(value) => Ok(plain(value)),
            Self::Qualified(qualified) => qualified.bytes(),
            Self::Reference(link) => Err(Error::OutputBytes {
                reason: format!("it is a reference to {}; fetch it with `output.fetch(&client).await?`", link.href),
            }),
        }
    }

    /// The value as text: its [`bytes`](Output::bytes), which have to be UTF-8.
    ///
    /// # Errors
    ///
    /// Those of [`bytes`](Output::bytes), and [`Error::OutputBytes`] if they are not UTF-8.
    pub fn text(&self) -> Result<String> {
        String::from_utf8(self.bytes()?.into()).map_err(|error| Error::OutputBytes {
            reason: format!("it is no text ({}); take its bytes with `output.bytes()?`", error.utf8_error()),
        })
    }
}

impl Qualified {
    /// Whether the media type is this one; parameters and case do not count.
    ///
    /// ```
    /// let results = eoap::Results::from_json(r#"{"t": {"value": "x", "mediaType": "Text/Plain; charset=utf-8"}}"#)?;
    /// let eoap::Output::Qualified(text) = results.get("t")? else { panic!("it is qualified") };
    /// assert!(text.is("text/plain"));
    /// # Ok::<(), eoap::Error>(())
    /// ```
    pub fn is(&self, media_type: &str) -> bool {
        self.media_type.as_deref().is_some_and(|own| media_type::essence(own) == media_type::essence(media_type))
    }

    fn bytes(&self) -> Result<Bytes> {
        if let Some(raw) = &self.raw {
            return Ok(raw.clone());
        }
        let encoding = self.encoding.as_deref().unwrap_or("").to_ascii_lowercase();
        match (&self.value, encoding.as_str()) {
            (Value::String(text), "base64") => {
                let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
                BASE64
                    .decode(text)
                    .map(Bytes::from)
                    .map_err(|error| Error::OutputBytes { reason: format!("it is said to be Base64 and is not: {error}") })
            }
            (value, "" | "utf-8" | "utf8" | "us-ascii" | "base64") => Ok(plain(value)),
            (_, other) => Err(Error::OutputBytes {
                reason: format!("it is encoded as {other:?}, which is not read here; decode `output.value()` yourself"),
            }),
        }
    }
}

fn plain(value: &Value) -> Bytes {
    match value {
        Value::String(text) => Bytes::copy_from_slice(text.as_bytes()),
        other => other.to_string().into(),
    }
}

/// The entry of a results document for an output that came as bytes: JSON and text unchanged, anything else
/// in Base64.
pub(crate) fn entry(bytes: &Bytes, media_type: Option<&str>) -> Value {
    let json = || {
        let is_json = media_type.is_some_and(media_type::is_json);
        is_json.then(|| serde_json::from_slice(bytes).ok()).flatten()
    };
    let text = || {
        let is_text = media_type.is_none_or(|media_type| media_type::is_text(media_type) || media_type::is_json(media_type));
        is_text.then(|| std::str::from_utf8(bytes).ok().map(Value::from)).flatten()
    };
    let mut entry = Map::new();
    let (value, encoding) = match json().or_else(text) {
        Some(value) => (value, None),
        None => (BASE64.encode(bytes).into(), Some("base64")),
    };
    entry.insert("value".to_owned(), value);
    entry.extend(media_type.map(|media_type| ("mediaType".to_owned(), media_type.into())));
    entry.extend(encoding.map(|encoding| ("encoding".to_owned(), encoding.into())));
    entry.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn output(entry: Value) -> Output {
        Output::of(&entry, None)
    }

    #[test]
    fn bytes_are_decoded_as_the_encoding_says() {
        let bytes = |entry: Value| output(entry).bytes().expect("bytes").to_vec();
        assert_eq!(bytes(json!("text")), b"text");
        assert_eq!(bytes(json!([1, 2])), b"[1,2]");
        assert_eq!(bytes(json!({"value": "/wA=", "format": {"mediaType": "image/png", "encoding": "base64"}})), [0xff, 0]);
        assert_eq!(bytes(json!({"value": "/w\n A", "encoding": "Base64"})), [0xff, 0]);
        assert_eq!(bytes(json!({"value": "/wA=", "encoding": "utf-8"})), b"/wA=");
    }

    #[test]
    fn references_say_what_they_lead_to() {
        for entry in [
            json!({"href": "http://h/x.png", "type": "image/png"}),
            json!({"href": "http://h/x.png", "format": {"mediaType": "image/png"}}),
            json!({"href": "http://h/x.png", "mediaType": "image/png"}),
        ] {
            assert_eq!(output(entry).media_type(), Some("image/png"));
        }
        assert_eq!(
            output(json!({"href": "http://h/x", "type": "a/b", "format": {"mediaType": "c/d"}})).media_type(),
            Some("a/b")
        );
    }

    #[test]
    fn bytes_that_are_not_there_say_why() {
        let error = |entry: Value| output(entry).bytes().expect_err("no bytes").to_string();
        assert!(error(json!({"value": "no base64!", "encoding": "base64"})).contains("is not"));
        assert!(error(json!({"value": "ff", "encoding": "hex"})).contains("\"hex\""));
        assert!(error(json!({"href": "http://h/x"})).contains("output.fetch"));
        let error = output(json!({"value": "/wA=", "encoding": "base64"})).text().expect_err("no text").to_string();
        assert!(error.contains("output.bytes"), "{error}");
    }

    #[test]
    fn bytes_become_entries() {
        let entry = |bytes: &'static [u8], media_type| entry(&Bytes::from_static(bytes), media_type);
        assert_eq!(entry(b"[1]", Some("application/geo+json")), json!({"value": [1], "mediaType": "application/geo+json"}));
        assert_eq!(entry(b"x", Some("text/plain")), json!({"value": "x", "mediaType": "text/plain"}));
        assert_eq!(entry(b"x", None), json!({"value": "x"}));
        assert_eq!(entry(b"[1", Some("application/json")), json!({"value": "[1", "mediaType": "application/json"}));
        assert_eq!(
            entry(&[0xff, 0], Some("image/png")),
            json!({"value": "/wA=", "mediaType": "image/png", "encoding": "base64"})
        );
    }
}
