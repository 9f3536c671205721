//! A server's description of itself (OGC API - Common; OGC API - Processes - Part 1, clauses 7.2 and 7.4).

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    display::{Align, Card, Table},
    ogc::documents::{
        lenient,
        link::Link,
        lossless::{Members, lossless},
    },
};

/// The landing page (`landingPage.yaml`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct LandingPage {
    /// Title of the API.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Description of the API.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Links to the API's resources.
    #[serde(default, deserialize_with = "lenient::list")]
    pub links: Vec<Link>,
    /// All other members, kept as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
    #[serde(skip)]
    members: Members,
}

lossless!(LandingPage, Conformance);

impl LandingPage {
    /// The first link with the relation `rel` (see [`Link::is`]).
    pub fn link(&self, rel: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.is(rel))
    }

    /// Shows title, description and links in a notebook.
    pub fn evcxr_display(&self) {
        self.card().bundle().emit();
    }

    fn card(&self) -> Card {
        let mut table = Table::new([("relation", Align::Left), ("title", Align::Left), ("link", Align::Left)]);
        for link in &self.links {
            table.row([link.relation(), link.title.as_deref().unwrap_or(""), &link.href]);
        }
        Card::new(self.title.as_deref().unwrap_or("Landing page")).paragraph(self.description.as_deref()).table("", table)
    }
}

impl fmt::Display for LandingPage {
    /// Title, description and a line per link.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.card().to_text())
    }
}

/// The conformance declaration (`confClasses.yaml`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct Conformance {
    /// URIs of the conformance classes that the server declares.
    #[serde(rename = "conformsTo", deserialize_with = "lenient::texts")]
    pub conforms_to: Vec<String>,
    /// All other members, kept as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
    #[serde(skip)]
    members: Members,
}

impl Conformance {
    /// Whether a class is declared whose URI ends with `class`, such as `conf/job-list` or
    /// `ogcapi-processes-1/1.0/conf/core`. Only whole path segments count. http and https are the same.
    pub fn has(&self, class: &str) -> bool {
        self.conforms_to.iter().any(|uri| {
            uri.strip_suffix(class).is_some_and(|rest| rest.is_empty() || rest.ends_with('/') || class.starts_with('/'))
        })
    }

    /// Shows the classes in a notebook: specification, version, class.
    pub fn evcxr_display(&self) {
        self.table().bundle().emit();
    }

    fn table(&self) -> Table {
        let columns = ["specification", "version", "class", "URI"];
        let mut table = Table::new(columns.map(|name| (name, Align::Left)));
        for uri in &self.conforms_to {
            // …/spec/{specification}/{version}/conf/{class}
            let path = uri.split_once("/spec/").map_or("", |(_, path)| path);
            let mut parts = path.splitn(4, '/');
            let mut part = || parts.next().unwrap_or("");
            let (specification, version, _, class) = (part(), part(), part(), part());
            table.row([specification, version, class, uri]);
        }
        table
    }
}

impl fmt::Display for Conformance {
    /// A table: a line per class.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table().to_text())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn classes_are_found_by_their_end() {
        let conformance: Conformance = serde_json::from_value(json!({
            "conformsTo": ["http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/job-list"]
        }))
        .expect("conformance");
        assert!(conformance.has("job-list") && conformance.has("ogcapi-processes-1/1.0/conf/job-list"));
        assert!(!conformance.has("list") && !conformance.has("dismiss"));
    }
}
