//! What came out of a job (OGC API - Processes - Part 1, clause 7.14, `results.yaml`).
//!
//! [`Results`] is the document as the server sent it, [`Output`] one entry of it, understood: a value, a value with a media
//! type, or a reference. Knows nothing about what values mean, but for item collections, which notebooks are after.

use std::fmt;

use serde::{Serialize, Serializer, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    display::{Align, Bundle, Table},
    error::{Error, Result},
    items::ItemCollection,
    link::Link,
    transport::Answer,
};

/// The results of a job, by output.
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
#[derive(Clone, PartialEq)]
pub struct Results {
    document: Map<String, Value>,
}

/// One output (`inlineOrRefData.yaml`).
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
    /// Media type, beside the value as the standard has it or within `format` as ZOO-Project writes it.
    pub media_type: Option<String>,
    /// Encoding of the text, such as `base64`; found in the same places.
    pub encoding: Option<String>,
    /// All other members, kept as they came.
    pub extra: Map<String, Value>,
}

impl Results {
    /// Reads a results document.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if the text is not a JSON object.
    pub fn from_json(text: impl AsRef<[u8]>) -> Result<Self> {
        serde_json::from_slice(text.as_ref()).map(|document| Self { document }).map_err(|error| Error::Decode {
            method: "reading".into(),
            url: "the text".into(),
            expected: "a results document (a JSON object with a member per output)",
            reason: error.to_string(),
            body: crate::error::excerpt(text.as_ref()),
        })
    }

    pub(crate) fn of(answer: &Answer) -> Result<Self> {
        if answer.body.trim_ascii().is_empty() {
            return Ok(Self { document: Map::new() });
        }
        let document = answer.json("a results document (a JSON object with a member per output)")?;
        Ok(Self { document })
    }

    /// The document as the server sent it.
    pub fn document(&self) -> &Map<String, Value> {
        &self.document
    }

    /// Names of the outputs, in the server's order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.document.keys().map(String::as_str)
    }

    /// The outputs by name, in the server's order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Output)> {
        self.document.iter().map(|(name, value)| (name.as_str(), Output::of(value)))
    }

    /// The output with this name.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchOutput`], which names the outputs that are there.
    pub fn get(&self, name: impl AsRef<str>) -> Result<Output> {
        self.document.get(name.as_ref()).map(Output::of).ok_or_else(|| Error::NoSuchOutput {
            output: name.as_ref().to_owned(),
            available: self.names().map(str::to_owned).collect(),
        })
    }

    /// The value of this output as a type of the caller's.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchOutput`] without such an output; [`Error::OutputKind`] if it is a reference or not of that type.
    pub fn parse<T: DeserializeOwned>(&self, name: impl AsRef<str>) -> Result<T> {
        self.read(name.as_ref(), "of this type")
    }

    /// This output as a collection of STAC items.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchOutput`] without such an output; [`Error::OutputKind`] if it is a reference or no item collection.
    pub fn item_collection(&self, name: impl AsRef<str>) -> Result<ItemCollection> {
        self.read(name.as_ref(), "a collection of STAC items")
    }

    fn read<T: DeserializeOwned>(&self, name: &str, expected: &'static str) -> Result<T> {
        let wrong = |reason: String| Error::OutputKind { output: name.to_owned(), expected, reason };
        let value = match self.get(name)? {
            Output::Value(value) => value,
            Output::Qualified(qualified) => qualified.value,
            Output::Reference(link) => {
                return Err(wrong(format!("it is a reference to {}; fetch that, or ask for it by value", link.href)));
            }
        };
        serde_json::from_value(value).map_err(|error| wrong(error.to_string()))
    }
}

impl Output {
    /// Understands an entry of a results document: an object with a text `href` and no `value` is a reference, one with
    /// `value` is qualified, everything else is the value itself.
    fn of(entry: &Value) -> Self {
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
            return Self::Qualified(Qualified { value: value.clone(), media_type, encoding, extra });
        }
        if members.get("href").is_some_and(Value::is_string)
            && let Ok(link) = serde_json::from_value(entry.clone())
        {
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
            let (kind, content) = match &output {
                Output::Value(value) => ("value".to_owned(), value.to_string()),
                Output::Qualified(qualified) => {
                    (qualified.media_type.clone().unwrap_or_else(|| "value".to_owned()), qualified.value.to_string())
                }
                Output::Reference(link) => ("reference".to_owned(), link.href.clone()),
            };
            table.row([name.to_owned(), kind, crate::error::excerpt(content.as_bytes())]);
        }
        Bundle::text(table.to_text()).html(table.to_html()).emit();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
