//! Values of inputs (OGC API - Processes - Part 1, clause 7.11.2.5, `inlineOrRefData.yaml`).
//!
//! [`Input`] is the JSON of a value: plain, qualified, in Base64, or a reference. Whether the process
//! accepts it is not checked here.

use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    error::{Error, Result},
    http::media_type,
};

/// The value of an input: text, a number, a boolean, a list of those, JSON, a file, a bounding box, or a
/// reference.
///
/// All of these convert automatically where an input is expected. A float that is not finite becomes `null`,
/// since JSON cannot express it.
///
/// ```
/// use eoap::Input;
///
/// let text = Input::from("EPSG:4326");
/// let file = Input::href("s3://bucket/area.geojson").media_type("application/geo+json");
/// assert_eq!(text.as_value(), "EPSG:4326");
/// assert_eq!(file.as_value()["href"], "s3://bucket/area.geojson");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Input(Value);

impl Input {
    /// A value that the server fetches from `href` (`link.yaml`). Describe it with
    /// [`media_type`](Input::media_type).
    pub fn href(href: impl Into<String>) -> Self {
        Self(json!({"href": href.into()}))
    }

    /// A value with its media type (`qualifiedInputValue.yaml`).
    pub fn qualified(value: impl Into<Input>, media_type: impl Into<String>) -> Self {
        Self(json!({"value": value.into().0})).media_type(media_type)
    }

    /// Binary data in Base64 with its media type (`binaryInputValue.yaml`).
    pub fn bytes(bytes: impl AsRef<[u8]>, media_type: impl Into<String>) -> Self {
        Self::qualified(STANDARD.encode(bytes), media_type).encoding("base64")
    }

    /// The content of a file in Base64, with the media type of its extension.
    /// [`media_type`](Input::media_type) sets another.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the file cannot be read.
    pub fn file(path: impl AsRef<Path>) -> Result<Self> {
        Self::of_file(path.as_ref())
    }

    fn of_file(path: &Path) -> Result<Self> {
        let bytes =
            std::fs::read(path).map_err(|error| Error::File { path: path.display().to_string(), reason: error.to_string() })?;
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
        Ok(Self::bytes(bytes, media_type::by_extension(extension)))
    }

    /// A bounding box in degrees of WGS 84 (`bbox.yaml`): minimum longitude, minimum latitude, maximum
    /// longitude, maximum latitude. With six numbers, the minimum height (m) is third and the maximum height
    /// last. Another count does not compile.
    ///
    /// ```
    /// use eoap::Input;
    /// let flat = Input::bbox([-121.399, 39.834, -120.74, 40.472]);
    /// let high = Input::bbox([-121.399, 39.834, 0.0, -120.74, 40.472, 3187.0]);
    /// assert_eq!(high.as_value()["crs"], "http://www.opengis.net/def/crs/OGC/0/CRS84h");
    /// ```
    pub fn bbox<const N: usize>(bbox: [f64; N]) -> Self {
        let crs = if N == 6 { "OGC/0/CRS84h" } else { "OGC/1.3/CRS84" };
        Self::bbox_in(bbox, format!("http://www.opengis.net/def/crs/{crs}"))
    }

    /// A bounding box of four or six numbers in the coordinate reference system with the URI `crs`. The axes
    /// are in that system's order.
    pub fn bbox_in<const N: usize>(bbox: [f64; N], crs: impl Into<String>) -> Self {
        const { assert!(N == 4 || N == 6, "a bounding box has four numbers, or six with heights") };
        Self(json!({"bbox": bbox.as_slice(), "crs": crs.into()}))
    }

    /// Says of what media type a value or the target of a reference is.
    pub fn media_type(self, media_type: impl Into<String>) -> Self {
        let member = if self.is_reference() { "type" } else { "mediaType" };
        self.with(member, media_type.into().into())
    }

    /// Says how a value is encoded as text, such as `base64`.
    pub fn encoding(self, encoding: impl Into<String>) -> Self {
        self.with("encoding", encoding.into().into())
    }

    /// Says what schema a value has: a URL, or the schema itself.
    pub fn schema(self, schema: impl Into<Value>) -> Self {
        self.with("schema", schema.into())
    }

    fn is_reference(&self) -> bool {
        self.0.get("href").is_some_and(Value::is_string)
    }

    /// Sets a member next to the value. A plain value becomes a qualified one.
    fn with(self, name: &str, content: Value) -> Self {
        let mut value = match self.0 {
            Value::Object(object) if object.contains_key("value") || object.get("href").is_some_and(Value::is_string) => object,
            bare => Map::from_iter([("value".to_owned(), bare)]),
        };
        value.insert(name.to_owned(), content);
        Self(value.into())
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

impl From<Input> for Value {
    fn from(input: Input) -> Self {
        input.0
    }
}

impl From<&Input> for Input {
    fn from(input: &Input) -> Self {
        input.clone()
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_becomes_an_input() {
        let names = vec![String::from("a"), String::from("b")];
        let execution = crate::Execution::new()
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
    fn values_say_what_they_are() {
        let value = |input: Input| input.as_value().clone();
        assert_eq!(
            value(Input::href("http://h/x.tif").media_type("image/tiff")),
            json!({"href": "http://h/x.tif", "type": "image/tiff"})
        );
        assert_eq!(
            value(Input::from("<a/>").media_type("text/xml").schema("http://h/a.xsd")),
            json!({"value": "<a/>", "mediaType": "text/xml", "schema": "http://h/a.xsd"})
        );
        assert_eq!(
            value(Input::bytes([0xff, 0], "image/png")),
            json!({"value": "/wA=", "mediaType": "image/png", "encoding": "base64"})
        );
        assert_eq!(
            value(Input::bbox_in([1.0, 2.0, 3.0, 4.0], "http://www.opengis.net/def/crs/EPSG/0/32610")),
            json!({"bbox": [1.0, 2.0, 3.0, 4.0], "crs": "http://www.opengis.net/def/crs/EPSG/0/32610"})
        );
    }

    #[test]
    fn file_that_is_not_there_is_named() {
        let error = Input::file("no/such/scene.tif").expect_err("no file").to_string();
        assert!(error.contains("no/such/scene.tif"), "{error}");
    }
}
