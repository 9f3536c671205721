//! A client's request to deploy or to replace a process.
//!
//! [`read`] parses the body: CWL itself, or an OGC application package. The execution unit of that is a
//! link, a qualified value, or a list that starts with one of these. It does not parse CWL.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::exception::Exception;
use crate::http::Request;
use crate::scenario::Package;

pub(super) const CWL: &str = "application/cwl";
pub(super) const CWL_YAML: &str = "application/cwl+yaml";
pub(super) const CWL_JSON: &str = "application/cwl+json";
pub(super) const PACKAGE: &str = "application/ogcapppkg+json";
pub(super) const JSON: &str = "application/json";

/// A package, and what the client states about the process in addition.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) package: Package,
    /// Members of the description that the client wants otherwise than the package has them.
    pub(super) description: Map<String, Value>,
}

/// Reads the body. `packages` are the files behind addresses.
pub(super) fn read(request: &Request, packages: &BTreeMap<String, String>) -> Result<Unit, Exception> {
    let media_type = request.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let text = String::from_utf8_lossy(&request.body).into_owned();
    match media_type {
        // Compared as it is: a charset behind it is already something else.
        CWL | CWL_YAML => {
            let package = Package { media_type: media_type.to_owned(), cwl: text.clone(), text };
            Ok(Unit { package, description: Map::new() })
        }
        PACKAGE | JSON => {
            let body: Value = serde_json::from_str(&text).map_err(|error| Exception::no_workflow(&error.to_string()))?;
            let cwl = unit(&body["executionUnit"], packages)?;
            let package = Package { media_type: media_type.to_owned(), cwl, text };
            Ok(Unit { package, description: description(&body["processDescription"]) })
        }
        other => Err(Exception::unsupported_media_type(other)),
    }
}

/// The CWL of an execution unit.
fn unit(unit: &Value, packages: &BTreeMap<String, String>) -> Result<String, Exception> {
    if let Some(first) = unit.as_array().and_then(|units| units.first()) {
        return self::unit(first, packages);
    }
    if let Some(href) = unit["href"].as_str() {
        return packages.get(href).cloned().ok_or_else(Exception::file_not_found);
    }
    match &unit["value"] {
        Value::String(text) => Ok(text.clone()),
        value @ Value::Object(_) => Ok(value.to_string()),
        _ if unit.get("cwlVersion").is_some() => Ok(unit.to_string()),
        _ => Err(Exception::no_workflow("executionUnit has neither a href nor a value")),
    }
}

fn description(given: &Value) -> Map<String, Value> {
    let members = given.get("process").unwrap_or(given).as_object().cloned().unwrap_or_default();
    let taken = ["id", "title", "description", "version", "keywords"];
    members.into_iter().filter(|(name, _)| taken.contains(&name.as_str())).collect()
}
