//! The definition of a server's API (OGC API - Processes - Part 1, clause 7.3; usually OpenAPI 3).
//!
//! Read lightly: what a notebook prints has a field. The rest is JSON.

use std::fmt;

use serde_json::Value;

use crate::display::{Align, Card, Table};

/// Names of the members of a path that are methods.
const METHODS: [&str; 8] = ["get", "head", "post", "put", "patch", "delete", "options", "trace"];

/// The definition of an API, from [`Client::api`](crate::Client::api).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ApiDefinition {
    /// Title of the API (`info.title`).
    pub title: Option<String>,
    /// Version of the API (`info.version`).
    pub version: Option<String>,
    /// The whole definition.
    pub document: Value,
}

impl ApiDefinition {
    pub(crate) fn of(document: Value) -> Self {
        let info = |name: &str| document["info"][name].as_str().map(str::to_owned);
        Self { title: info("title"), version: info("version"), document }
    }

    /// The paths, in the server's order.
    pub fn paths(&self) -> Vec<&str> {
        self.document["paths"].as_object().into_iter().flat_map(|paths| paths.keys().map(String::as_str)).collect()
    }

    /// The methods of a path, in upper case.
    pub fn methods(&self, path: &str) -> Vec<String> {
        let members = self.document["paths"][path].as_object();
        let methods = members.into_iter().flat_map(|members| members.keys()).filter(|name| METHODS.contains(&name.as_str()));
        methods.map(|name| name.to_uppercase()).collect()
    }

    /// Shows title, version and paths in a notebook.
    pub fn evcxr_display(&self) {
        self.card().bundle().emit();
    }

    fn card(&self) -> Card {
        let mut table = Table::new(["path", "methods"].map(|name| (name, Align::Left)));
        for path in self.paths() {
            table.row([path, &self.methods(path).join(", ")]);
        }
        let title = self.title.as_deref().unwrap_or("API definition");
        let specification = self.document["openapi"].as_str().map(|version| format!("OpenAPI {version}"));
        let version = self.version.as_ref().map(|version| format!("version {version}"));
        let line: Vec<String> = version.into_iter().chain(specification).collect();
        Card::new(title).paragraph(Some(&line.join(", "))).table("", table)
    }
}

impl fmt::Display for ApiDefinition {
    /// Title, version, and a line per path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.card().to_text())
    }
}
