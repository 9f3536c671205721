//! The results of a job (OGC API - Processes - Part 1, clauses 7.11.4 and 7.14, `results.yaml`).
//!
//! [`Results`] is a document with a member per output, and [`Output`] is one of them. The results reader
//! finds out in which of many forms a server has sent them. Knows nothing about the meaning of values.

use std::{collections::BTreeMap, fmt};

use bytes::Bytes;
use serde::{Serialize, Serializer, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    display::{Align, Table},
    error::{Error, Result},
    ogc::documents::{output, output::Output},
};

/// The results of a job, by output.
///
/// Servers send them in several forms. All become a document with a member per output:
///
/// | form | is read as |
/// |---|---|
/// | a JSON object | a document with a member per output |
/// | … with only a list `outputs` of objects with `id` and `value` (pygeoapi) | a member per entry of the list |
/// | … with only a list `outputs` of one other thing (pygeoapi) | that object's members, or that one output, such as a feature collection |
/// | … with only a text `id` and a `value` (pygeoapi) | the one output with this identifier |
/// | … without the one output that was asked for, unless a document was asked for | that output, raw |
/// | an error document, whatever its status (ZOO-Project, of jobs that failed) | [`Error::Api`] |
/// | any other JSON, any other media type | one output, raw |
/// | what is labelled as JSON and is not (ZOO-Project behind a proxy) | one output, raw, unless a document was asked for |
/// | `multipart/related` | an output per part, named by its `Content-ID` |
/// | no body, `Link` headers | a reference per link |
/// | no body, or `null` | no outputs |
///
/// A raw output has the requested name, if one was requested, otherwise `result`. [`only`](Results::only)
/// needs no name. Its bytes are kept ([`Output::bytes`]). Its entry in the document is a value with its
/// media type, in Base64 if it is neither JSON nor text. A page of HTML counts as an output only if raw
/// outputs were requested, since proxies and login pages answer with HTML.
///
/// ```
/// use eoap::{Output, Results};
/// let results = Results::from_json(r#"{"count": 3, "catalog": {"value": {"type": "FeatureCollection", "features": []}}}"#)?;
/// assert_eq!(results.get("count")?.value().unwrap(), 3);
/// assert!(matches!(results.get("catalog")?, Output::Qualified(_)));
/// let error = results.get("stac_catalog").unwrap_err();
/// assert_eq!(error.to_string(), r#"the results have no output "stac_catalog"; they have "count", "catalog""#);
/// # Ok::<(), eoap::Error>(())
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Results {
    document: Map<String, Value>,
    raw: BTreeMap<String, Bytes>,
}

impl Results {
    /// Reads a results document.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if the text is not a JSON object.
    pub fn from_json(text: impl AsRef<[u8]>) -> Result<Self> {
        Self::of_text(text.as_ref())
    }

    fn of_text(text: &[u8]) -> Result<Self> {
        serde_json::from_slice(text).map(Self::of_document).map_err(|error| Error::Decode {
            method: "reading".into(),
            url: "the text".into(),
            expected: "a results document (a JSON object with a member per output)",
            reason: error.to_string(),
            body: crate::error::excerpt(text),
        })
    }

    pub(crate) fn of_document(document: Map<String, Value>) -> Self {
        Self { document, raw: BTreeMap::new() }
    }

    /// Adds an output that came as bytes.
    pub(crate) fn insert_raw(&mut self, name: &str, bytes: Bytes, media_type: Option<&str>) {
        self.insert(name, output::entry(&bytes, media_type));
        self.raw.insert(name.to_owned(), bytes);
    }

    /// Adds an output.
    pub(crate) fn insert(&mut self, name: &str, entry: Value) {
        self.document.insert(name.to_owned(), entry);
    }

    /// A document with a member per output. The server's own document, if it sent one.
    pub fn document(&self) -> &Map<String, Value> {
        &self.document
    }

    /// Names of the outputs, in the server's order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.document.keys().map(String::as_str)
    }

    /// The outputs by name, in the server's order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Output)> {
        self.document.iter().map(|(name, entry)| (name.as_str(), Output::of(entry, self.raw.get(name))))
    }

    /// The output with this name.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchOutput`], which names the outputs that are there.
    pub fn get(&self, name: impl AsRef<str>) -> Result<Output> {
        self.output(name.as_ref())
    }

    fn output(&self, name: &str) -> Result<Output> {
        self.document
            .get(name)
            .map(|entry| Output::of(entry, self.raw.get(name)))
            .ok_or_else(|| Error::NoSuchOutput { output: name.to_owned(), available: self.names().map(str::to_owned).collect() })
    }

    /// The output, if there is exactly one: its name need not be known.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchOutput`], which names the existing outputs.
    pub fn only(&self) -> Result<Output> {
        match self.names().collect::<Vec<_>>().as_slice() {
            [name] => self.get(name),
            _ => self.get("(the only one)"),
        }
    }

    /// How many outputs there are.
    pub fn len(&self) -> usize {
        self.document.len()
    }

    /// Whether there are no outputs.
    pub fn is_empty(&self) -> bool {
        self.document.is_empty()
    }

    /// The value of this output as a type of the caller's.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchOutput`] without such an output. [`Error::OutputKind`] if it is a reference or not of
    /// that type.
    pub fn parse<T: DeserializeOwned>(&self, name: impl AsRef<str>) -> Result<T> {
        self.read(name.as_ref(), "of this type")
    }

    pub(crate) fn read<T: DeserializeOwned>(&self, name: &str, expected: &'static str) -> Result<T> {
        let value = self.value_of(name, expected)?;
        serde_json::from_value(value).map_err(|error| wrong_kind(name, expected, error.to_string()))
    }

    /// The value of an output that must be sent by value.
    fn value_of(&self, name: &str, expected: &'static str) -> Result<Value> {
        match self.output(name)? {
            Output::Value(value) => Ok(value),
            Output::Qualified(qualified) => Ok(qualified.value),
            Output::Reference(link) => {
                let reason = format!("it is a reference to {}; fetch that, or ask for it by value", link.href);
                Err(wrong_kind(name, expected, reason))
            }
        }
    }
}

fn wrong_kind(output: &str, expected: &'static str, reason: String) -> Error {
    Error::OutputKind { output: output.to_owned(), expected, reason }
}

impl Serialize for Results {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document.serialize(serializer)
    }
}

impl fmt::Display for Results {
    /// The document as JSON, on one line; `{:#}` writes it with indentation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text =
            if f.alternate() { serde_json::to_string_pretty(&self.document) } else { serde_json::to_string(&self.document) };
        f.write_str(&text.map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Results {
    /// Shows the outputs in a notebook: name, kind, and the beginning of each.
    pub fn evcxr_display(&self) {
        let mut table = Table::new(["output", "kind", "content"].map(|name| (name, Align::Left)));
        for (name, output) in self.iter() {
            let kind = match &output {
                Output::Reference(_) => "reference",
                output => output.media_type().unwrap_or("value"),
            };
            let content = match (output.href(), output.value()) {
                (Some(href), _) => href.to_owned(),
                (None, value) => value.map(Value::to_string).unwrap_or_default(),
            };
            table.row([name, kind, &crate::error::excerpt(content.as_bytes())]);
        }
        table.bundle().emit();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ogc::documents::link::Link;

    fn results() -> Results {
        let document = json!({
            "a": "x",
            "n": 3,
            "list": [1, 2],
            "j": {"value": {"hello": [1, 2, 3]}},
            "t": {"value": "c29tZQ==", "format": {"mediaType": "image/tiff", "encoding": "base64"}},
            "s": {"value": "<a/>", "mediaType": "text/xml", "schema": "x"},
            "r": {"href": "http://localhost:8080/temp/j.json"},
            "o": {"some": "object"},
            "nothing": {"value": null}
        });
        Results::from_json(document.to_string()).expect("results")
    }

    #[test]
    fn outputs_of_every_kind() {
        let results = results();
        let get = |name: &str| results.get(name).expect(name);
        assert_eq!(get("a"), Output::Value(json!("x")));
        assert_eq!(get("list"), Output::Value(json!([1, 2])));
        assert_eq!(get("o"), Output::Value(json!({"some": "object"})));
        assert_eq!(get("r"), Output::Reference(Link::new("http://localhost:8080/temp/j.json")));
        let Output::Qualified(t) = get("t") else { panic!("t is qualified") };
        assert_eq!((t.media_type.as_deref(), t.encoding.as_deref()), (Some("image/tiff"), Some("base64")));
        let Output::Qualified(s) = get("s") else { panic!("s is qualified") };
        assert_eq!((s.media_type.as_deref(), &s.extra["schema"]), (Some("text/xml"), &json!("x")));
        assert_eq!(get("nothing").value(), Some(&Value::Null));
        assert_eq!(results.parse::<Vec<u8>>("list").expect("list"), [1, 2]);
    }

    #[test]
    fn document_is_kept_in_order() {
        let results = results();
        assert_eq!(results.names().collect::<String>(), "anlistjtsronothing");
        assert!(results.to_string().starts_with(r#"{"a":"x","n":3,"#));
    }

    #[test]
    fn wrong_kinds_say_what_is_there() {
        let results = results();
        let error = results.item_collection("r").expect_err("reference").to_string();
        assert!(error.contains("http://localhost:8080/temp/j.json"), "{error}");
        let error = results.item_collection("j").expect_err("no collection").to_string();
        assert!(error.starts_with("output \"j\" is not a collection of STAC items: "), "{error}");
        let error = results.item_collection("catalog").expect_err("no output").to_string();
        assert!(error.contains("\"a\", \"n\", \"list\""), "{error}");
        let error = Results::from_json("[1]").expect_err("no object").to_string();
        assert!(error.contains("it begins: [1]"), "{error}");
    }
}
