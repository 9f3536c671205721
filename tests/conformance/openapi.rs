//! The API definition: an OpenAPI 3.0 document, read as a client would read it.
//!
//! [`OpenApi`] finds operations, their parameters and their answers, and says what is not as OpenAPI 3.0.3
//! has it. Whether a server does what the document says is for the tests.

use http::Method;
use serde_json::Value;

use crate::core;
use crate::findings::{Findings, Step, broken};
use crate::http::Call;
use crate::server::Server;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// An OpenAPI document.
pub(crate) struct OpenApi {
    document: Value,
}

/// An operation of the document.
pub(crate) struct Operation<'a> {
    pub(crate) path: &'a str,
    /// In lower case.
    pub(crate) method: &'a str,
    item: &'a Value,
    pub(crate) body: &'a Value,
}

impl OpenApi {
    pub(crate) fn new(document: Value) -> Self {
        Self { document }
    }

    /// The definition that the landing page links to, in whichever place that is.
    pub(crate) fn of(server: &Server) -> Step<Self> {
        let page = server.document("/")?;
        let Some(href) = core::targets(&page, &["service-desc"]).into_iter().next() else {
            return broken("GET /", "no link with the relation service-desc");
        };
        let accept = "application/vnd.oai.openapi+json;version=3.0, application/json";
        let reply = server.send(Call::new(Method::GET, server.reachable(&href)).header("accept", accept))?;
        match reply.json() {
            Ok(document) if reply.status == 200 => Ok(Self::new(document)),
            Ok(_) => broken(&reply.to, format!("status {}, where the test needs the API definition", reply.status)),
            Err(problem) => broken(&reply.to, problem),
        }
    }

    /// Every operation.
    pub(crate) fn operations(&self) -> Vec<Operation<'_>> {
        let mut all = Vec::new();
        for (path, item) in self.document["paths"].as_object().into_iter().flatten() {
            let operations = item.as_object().into_iter().flatten().filter(|(name, _)| METHODS.contains(&name.as_str()));
            all.extend(operations.map(|(method, body)| Operation { path, method, item, body }));
        }
        all
    }

    /// The operation that answers this method on this path; a path that is written out goes before a
    /// template.
    pub(crate) fn operation(&self, method: &str, path: &str) -> Option<Operation<'_>> {
        let mut fitting: Vec<_> = self
            .operations()
            .into_iter()
            .filter(|operation| operation.method.eq_ignore_ascii_case(method) && covers(operation.path, path))
            .collect();
        fitting.sort_by_key(|operation| operation.path.matches('{').count());
        (!fitting.is_empty()).then(|| fitting.remove(0))
    }

    /// The target of a reference inside the document. Other values are returned unchanged.
    pub(crate) fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        let Some(pointer) = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) else { return value };
        self.document.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// The parameters of an operation, those of its path among them.
    pub(crate) fn parameters<'a>(&'a self, operation: &Operation<'a>) -> Vec<&'a Value> {
        let of = |value: &'a Value| value["parameters"].as_array().into_iter().flatten();
        of(operation.item).chain(of(operation.body)).map(|parameter| self.resolved(parameter)).collect()
    }

    /// The schema of a query parameter of GET. A missing one is a finding.
    pub(crate) fn query_parameter(&self, findings: &mut Findings, path: &str, name: &str) -> Option<Value> {
        let at = format!("the API definition of GET {path}");
        let operation = self.operation("get", path);
        let parameters = operation.as_ref().map(|operation| self.parameters(operation)).unwrap_or_default();
        if parameters.iter().any(|parameter| is_of_the_standard(parameter, name)) {
            findings.expect(true, &at, String::new);
            return None;
        }
        let parameter = parameters.into_iter().find(|parameter| parameter["in"] == "query" && parameter["name"] == name);
        findings.expect(parameter.is_some(), &at, || format!("no query parameter {name}"));
        let parameter = parameter?;
        findings.expect(parameter["required"] != true, &at, || format!("{name} is required, the standard has it optional"));
        Some(self.resolved(&parameter["schema"]).clone())
    }

    /// Whether the definition names the status among the answers of the operation.
    pub(crate) fn names(&self, operation: &Operation<'_>, status: u16) -> bool {
        let responses = &operation.body["responses"];
        let class = format!("{}XX", status / 100);
        responses.get(status.to_string()).is_some() || responses.get(class).is_some() || responses.get("default").is_some()
    }

    /// Departures from OpenAPI 3.0.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut all = Vec::new();
        let mut check = |met: bool, problem: String| {
            if !met {
                all.push(problem);
            }
        };
        let version = self.document["openapi"].as_str().unwrap_or_default();
        check(version.starts_with("3.0."), format!("openapi is {version:?}, not a version 3.0"));
        for name in ["title", "version"] {
            check(self.document["info"][name].is_string(), format!("info.{name} is no string"));
        }
        check(self.document["paths"].is_object(), "paths is no object".to_owned());
        for path in self.document["paths"].as_object().into_iter().flatten().map(|(path, _)| path) {
            check(path.starts_with('/'), format!("the path {path} does not start with a slash"));
        }
        for operation in self.operations() {
            let at = format!("{} {}", operation.method.to_uppercase(), operation.path);
            let responses = operation.body["responses"].as_object();
            check(responses.is_some_and(|responses| !responses.is_empty()), format!("{at} has no responses"));
            for (status, response) in responses.into_iter().flatten() {
                let known = status == "default" || status.len() == 3 && status.starts_with(|digit| ('1'..='5').contains(&digit));
                check(known, format!("{at} has a response {status}"));
                let described = self.resolved(response)["description"].is_string() || external(response);
                check(described, format!("the response {status} of {at} has no description"));
            }
            let parameters = self.parameters(&operation);
            for parameter in &parameters {
                let place = parameter["in"].as_str().unwrap_or_default();
                let name = parameter["name"].as_str().unwrap_or_default();
                let known = ["query", "header", "path", "cookie"].contains(&place) && !name.is_empty();
                check(known || external(parameter), format!("{at} has the parameter {parameter}"));
                let required = place != "path" || parameter["required"] == true;
                check(required, format!("{at}: the path parameter {name} is not required"));
                let typed = parameter.get("schema").is_some() || parameter.get("content").is_some() || external(parameter);
                check(typed, format!("{at}: the parameter {name} has no schema"));
            }
            for name in operation.path.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
                let declared = parameters.iter().any(|parameter| parameter["in"] == "path" && parameter["name"] == name);
                check(declared, format!("{at}: the path parameter {name} is not declared"));
            }
        }
        for reference in references(&self.document) {
            let found = reference.strip_prefix('#').is_none_or(|pointer| self.document.pointer(pointer).is_some());
            check(found, format!("{reference} leads nowhere"));
        }
        all
    }

    /// The security schemes that are declared, by name.
    pub(crate) fn security_schemes(&self) -> Vec<(&str, &Value)> {
        let schemes = self.document["components"]["securitySchemes"].as_object();
        schemes.into_iter().flatten().map(|(name, scheme)| (name.as_str(), scheme)).collect()
    }

    /// The names of the security schemes that are asked for, by the document or by an operation.
    pub(crate) fn required_schemes(&self) -> Vec<&str> {
        let operations = self.operations();
        let all = operations.iter().map(|operation| &operation.body["security"]).chain([&self.document["security"]]);
        let requirements = all.filter_map(Value::as_array).flatten().filter_map(Value::as_object);
        requirements.flat_map(|requirement| requirement.keys().map(String::as_str)).collect()
    }
}

/// Whether a template, or a path without placeholders, matches a path.
fn covers(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(&path).all(|(wanted, found)| wanted == found || wanted.starts_with('{') && !found.is_empty())
}

/// A reference to another document.
fn external(value: &Value) -> bool {
    value["$ref"].as_str().is_some_and(|reference| !reference.starts_with('#'))
}

/// A reference to the standard's own definition of a parameter, which need not be read to be right.
fn is_of_the_standard(parameter: &Value, name: &str) -> bool {
    let reference = parameter["$ref"].as_str().and_then(|reference| reference.split_once("://schemas.opengis.net/ogcapi/"));
    let file = reference.and_then(|(_, path)| path.rsplit('/').next()).unwrap_or_default();
    let stem = file.trim_end_matches(".yaml");
    stem == name || name == "processID" && stem == "processIdQueryParam"
}

/// Every reference in the document.
fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str);
            own.into_iter().chain(members.values().flat_map(references)).collect()
        }
        Value::Array(elements) => elements.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
