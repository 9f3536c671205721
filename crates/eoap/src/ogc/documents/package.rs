//! Application packages (OGC API - Processes - Part 2: Deploy, Replace, Undeploy; clauses "OGC Application
//! Package" and "CWL").
//!
//! [`Package`] is a text with its media type. Deploying needs no more. Packages are not parsed here: only
//! their author and the server know their content.

use std::{fmt, path::Path};

use serde_json::{Value, json};

use crate::{
    display::Bundle,
    error::{Error, Result},
    http::media_type,
};

const OGCAPPPKG: &str = "application/ogcapppkg+json";
const CWL: &str = "application/cwl";
const CWL_YAML: &str = "application/cwl+yaml";

/// What is deployed: a CWL document, or an OGC application package that contains one or links to one.
///
/// ```
/// use eoap::Package;
/// let package = Package::href("https://example.org/app-water-bodies.1.0.0.cwl");
/// assert_eq!(package.media_type(), "application/ogcapppkg+json");
/// assert_eq!(
///     package.text(),
///     r#"{"executionUnit":{"href":"https://example.org/app-water-bodies.1.0.0.cwl","type":"application/cwl"}}"#
/// );
/// let package = Package::cwl_yaml("cwlVersion: v1.2\n$graph: []\n");
/// assert_eq!(package.media_type(), "application/cwl+yaml");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    media_type: String,
    text: String,
}

impl Package {
    /// A text of another media type. The type is sent as it is: ZOO-Project compares it exactly, parameters
    /// and all.
    pub fn new(media_type: impl Into<String>, text: impl Into<String>) -> Self {
        Self { media_type: media_type.into(), text: text.into() }
    }

    /// A CWL document in YAML (`application/cwl+yaml`).
    pub fn cwl_yaml(text: impl Into<String>) -> Self {
        Self::new(CWL_YAML, text)
    }

    /// A CWL document in JSON (`application/cwl`).
    pub fn cwl_json(document: impl Into<Value>) -> Self {
        Self::new(CWL, document.into().to_string())
    }

    /// An OGC application package (`application/ogcapppkg+json`) that leads to a CWL document, which the
    /// server fetches.
    pub fn href(href: impl Into<String>) -> Self {
        Self::ogcapppkg(json!({"executionUnit": {"href": href.into(), "type": CWL}}))
    }

    /// An OGC application package (`ogcapppkg.yaml`: an `executionUnit`, and perhaps a `processDescription`).
    ///
    /// ```
    /// use eoap::Package;
    ///
    /// let unit = serde_json::json!({"href": "https://host/water-bodies.cwl", "type": "application/cwl"});
    /// let package = Package::ogcapppkg(serde_json::json!({"executionUnit": unit}));
    /// assert_eq!(package, Package::href("https://host/water-bodies.cwl"));
    /// ```
    pub fn ogcapppkg(document: impl Into<Value>) -> Self {
        Self::new(OGCAPPPKG, document.into().to_string())
    }

    /// A package from a file: CWL in YAML or JSON (whatever its name), or an OGC application package, which
    /// is recognised by its `executionUnit`. The text of the file is sent unchanged.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the file cannot be read, is empty, is neither of these, or is named `.json` and is
    /// not JSON.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        Self::of_file(path.as_ref())
    }

    fn of_file(path: &Path) -> Result<Self> {
        let refuse = |reason: String| Error::File { path: path.display().to_string(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
        if text.trim().is_empty() {
            return Err(refuse("it is empty".to_owned()));
        }
        let named_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        if !named_json && !text.trim_start().starts_with('{') {
            return match text.lines().any(|line| line.starts_with("cwlVersion")) {
                true => Ok(Self::cwl_yaml(text)),
                false => Err(refuse("it has no line `cwlVersion: …`, so it is no CWL; give a CWL document".to_owned())),
            };
        }
        match serde_json::from_str::<Value>(&text) {
            Ok(document) if document.get("executionUnit").is_some() => Ok(Self::new(OGCAPPPKG, text)),
            Ok(document) if document.get("cwlVersion").is_some() => Ok(Self::new(CWL, text)),
            Ok(_) => Err(refuse(
                "it has neither `cwlVersion` nor `executionUnit`; give a CWL document or an application package".to_owned(),
            )),
            // YAML may begin with a brace, too.
            Err(_) if !named_json && text.contains("cwlVersion") => Ok(Self::cwl_yaml(text)),
            Err(error) => Err(refuse(format!("it is not JSON: {error}"))),
        }
    }

    /// A server's answer, without the parameters of its type, so that it can be deployed again.
    pub(crate) fn answered(media_type: &str, text: String) -> Self {
        Self::new(media_type::essence(media_type), text)
    }

    /// The media type.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Shows the text in a notebook.
    pub fn evcxr_display(&self) {
        Bundle::text(self.text.as_str()).emit();
    }

    /// The text as JSON, if it is JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.text).ok()
    }
}

impl fmt::Display for Package {
    /// The text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
