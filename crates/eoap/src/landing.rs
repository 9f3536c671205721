//! What a server says about itself (OGC API - Common; OGC API - Processes - Part 1, clauses 7.2 and 7.4).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    display::{Align, Bundle, Table},
    link::Link,
};

/// The landing page (`landingPage.yaml`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LandingPage {
    /// Title of the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Description of the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Links to the API's resources.
    #[serde(default)]
    pub links: Vec<Link>,
    /// All other members, kept as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl LandingPage {
    /// Shows the links in a notebook.
    pub fn evcxr_display(&self) {
        let mut table = Table::new([("relation", Align::Left), ("title", Align::Left), ("link", Align::Left)]);
        for link in &self.links {
            let rel = link.rel.as_deref().unwrap_or("");
            table.row([rel.rsplit('/').next().unwrap_or(rel), link.title.as_deref().unwrap_or(""), &link.href]);
        }
        Bundle::text(table.to_text()).html(table.to_html()).emit();
    }
}

/// The conformance declaration (`confClasses.yaml`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Conformance {
    /// URIs of the conformance classes that the server declares.
    #[serde(rename = "conformsTo")]
    pub conforms_to: Vec<String>,
    /// All other members, kept as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Conformance {
    /// Whether a class is declared whose URI ends with `class`, such as `conf/job-list` or `ogcapi-processes-1/1.0/conf/core`.
    /// Only whole path segments count; http and https are the same.
    pub fn has(&self, class: &str) -> bool {
        self.conforms_to.iter().any(|uri| {
            uri.strip_suffix(class).is_some_and(|rest| rest.is_empty() || rest.ends_with('/') || class.starts_with('/'))
        })
    }

    /// Shows the classes in a notebook.
    pub fn evcxr_display(&self) {
        let mut table = Table::new([("conformance class", Align::Left)]);
        for uri in &self.conforms_to {
            table.row([uri.as_str()]);
        }
        Bundle::text(table.to_text()).html(table.to_html()).emit();
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
