//! The API definition (OpenAPI 3.0), generated from the resources that are really served and the existing
//! processes.
//!
//! [`definition`] goes through [`Resource::ALL`], so it cannot promise a resource that is not served.

use http::Method;
use serde_json::{Map, Value, json};

use super::answer::{Answer, JSON};
use super::call::Call;
use super::package;
use super::resource::Resource;
use crate::scenario::Process;

const MEDIA_TYPE: &str = "application/vnd.oai.openapi+json;version=3.0;charset=UTF-8";

pub(super) fn definition(call: Call<'_>) -> Answer {
    Answer::json(200, &document(call)).typed(MEDIA_TYPE)
}

/// The definition itself.
pub(super) fn document(call: Call<'_>) -> Value {
    let mut paths = Map::new();
    for resource in Resource::ALL {
        add(&mut paths, resource, None);
    }
    for process in call.service.processes.list(call.namespace) {
        add(&mut paths, Resource::Execution(&process.id), Some(&process));
    }
    let landing = &call.fixtures.answers.landing;
    json!({
        "openapi": "3.0.3",
        "info": {"title": landing["title"], "description": landing["description"], "version": "1.0.0"},
        "servers": [{"url": call.fixtures.server.root_of(call.namespace)}],
        "paths": paths,
        "components": {"schemas": schemas(), "parameters": parameters()},
    })
}

fn add(paths: &mut Map<String, Value>, resource: Resource<'_>, process: Option<&Process>) {
    let mut item = Map::new();
    let path = resource.path();
    let in_path: Vec<Value> = ["processID", "jobID", "outputID"]
        .into_iter()
        .filter(|name| path.contains(&format!("{{{name}}}")))
        .map(|name| json!({"$ref": format!("#/components/parameters/{name}")}))
        .collect();
    if !in_path.is_empty() {
        item.insert("parameters".to_owned(), in_path.into());
    }
    for method in resource.methods() {
        item.insert(method.as_str().to_ascii_lowercase(), operation(resource, method, process));
    }
    paths.insert(path, item.into());
}

/// One operation: what it is called, what it takes and what it answers.
fn operation(resource: Resource<'_>, method: &Method, process: Option<&Process>) -> Value {
    let (id, summary, success) = match (resource, method) {
        (Resource::Landing, _) => ("getLandingPage", "The landing page", "200"),
        (Resource::LandingPage, _) => ("getLandingPageForPeople", "The landing page as HTML", "200"),
        (Resource::ApiPage, _) => ("getAPIForPeople", "This definition as HTML", "200"),
        (Resource::Api, _) => ("getAPI", "This definition", "200"),
        (Resource::Conformance, _) => ("getConformance", "The conformance classes", "200"),
        (Resource::Processes, &Method::POST) => ("deploy", "Deploy a process", "201"),
        (Resource::Processes, _) => ("getProcesses", "The list of processes", "200"),
        (Resource::Process(_), &Method::PUT) => ("replace", "Replace a deployed process", "204"),
        (Resource::Process(_), &Method::DELETE) => ("undeploy", "Undeploy a process", "204"),
        (Resource::Process(_), _) => ("getProcessDescription", "The description of a process", "200"),
        (Resource::Package(_), _) => ("getPackage", "What a process was deployed with", "200"),
        (Resource::Execution(_), _) => ("execute", "Execute a process", "201"),
        (Resource::Jobs, _) => ("getJobs", "The list of jobs", "200"),
        (Resource::Job(_), &Method::DELETE) => ("dismiss", "Dismiss a job", "200"),
        (Resource::Job(_), _) => ("getStatus", "The status of a job", "200"),
        (Resource::Results(_), _) => ("getResult", "The results of a job", "200"),
        (Resource::Result(..), _) => ("getOutput", "One result of a job", "200"),
    };
    let id = process.map_or_else(|| id.to_owned(), |process| format!("{id}-{}", process.id));
    let mut responses = Map::new();
    responses.insert(success.to_owned(), answer(resource, method));
    if let Resource::Execution(_) = resource
        && process.is_none_or(|process| !process.is_mutable())
    {
        let content = json!({JSON: {"schema": {"type": "object"}}, "multipart/related": {"schema": {"type": "string"}}});
        responses.insert("200".to_owned(), json!({"description": "The results", "content": content}));
    }
    for status in errors(resource, method) {
        responses.insert((*status).to_owned(), exception());
    }
    let mut operation = json!({"operationId": id, "summary": summary, "responses": responses});
    let query = query(resource, method);
    if !query.is_empty() {
        let parameters = query.iter().map(|name| json!({"$ref": format!("#/components/parameters/{name}")}));
        operation["parameters"] = parameters.collect();
    }
    if let Some(body) = body(resource, method, process) {
        operation["requestBody"] = body;
    }
    operation
}

fn errors(resource: Resource<'_>, method: &Method) -> &'static [&'static str] {
    match (resource, method) {
        (Resource::Processes, &Method::POST) => &["400", "409", "415", "500"],
        (Resource::Process(_), &Method::PUT) => &["403", "404", "415", "500"],
        (Resource::Process(_), &Method::DELETE) => &["403", "404"],
        (Resource::Package(_), _) => &["404", "406"],
        (Resource::Execution(_), _) => &["400", "404", "500"],
        (Resource::Processes | Resource::Jobs, _) => &["500"],
        (Resource::Results(_) | Resource::Result(..), _) => &["404", "500"],
        (Resource::Process(_) | Resource::Job(_), _) => &["404"],
        _ => &[],
    }
}

fn query(resource: Resource<'_>, method: &Method) -> &'static [&'static str] {
    match (resource, method) {
        (Resource::Processes, &Method::POST) => &["w"],
        (Resource::Processes, _) => &["limit", "skip"],
        (Resource::Jobs, _) => &["limit", "skip", "processIDs", "status", "type", "datetime", "minDuration", "maxDuration"],
        (Resource::Execution(_), _) => &["Prefer"],
        _ => &[],
    }
}

fn answer(resource: Resource<'_>, method: &Method) -> Value {
    let schema = match (resource, method) {
        (Resource::Landing, _) => "landingPage",
        (Resource::Conformance, _) => "confClasses",
        (Resource::Processes, &Method::POST) => "processSummary",
        (Resource::Processes, _) => "processList",
        (Resource::Process(_), &Method::PUT | &Method::DELETE) => return json!({"description": "Done"}),
        (Resource::Process(_), _) => "process",
        (Resource::Jobs, _) => "jobList",
        (Resource::Job(_) | Resource::Execution(_), _) => "statusInfo",
        (Resource::Results(_), _) => "results",
        (Resource::Package(_), _) => {
            let any = json!({"schema": {"type": "string"}});
            return json!({"description": "The package", "content": {package::CWL: any, package::PACKAGE: any}});
        }
        (Resource::LandingPage | Resource::ApiPage, _) => {
            return json!({"description": "A page", "content": {"text/html": {"schema": {"type": "string"}}}});
        }
        (Resource::Api, _) => return json!({"description": "OpenAPI", "content": {MEDIA_TYPE: {"schema": {"type": "object"}}}}),
        (Resource::Result(..), _) => return json!({"description": "The value", "content": {"*/*": {"schema": {}}}}),
    };
    json!({"description": schema, "content": {JSON: {"schema": reference(schema)}}})
}

fn body(resource: Resource<'_>, method: &Method, process: Option<&Process>) -> Option<Value> {
    let content = match (resource, method) {
        (Resource::Execution(_), _) => json!({"application/json": {"schema": execute(process)}}),
        (Resource::Processes, &Method::POST) | (Resource::Process(_), &Method::PUT) => {
            let text = json!({"schema": {"type": "string"}});
            let unit = json!({"schema": reference("ogcapppkg")});
            json!({package::PACKAGE: unit, package::JSON: unit, package::CWL: text, package::CWL_YAML: text})
        }
        _ => return None,
    };
    Some(json!({"required": true, "content": content}))
}

/// The body of an execution. For a known process, it also has the inputs and outputs.
fn execute(process: Option<&Process>) -> Value {
    let Some(process) = process else { return reference("execute") };
    let names = |of: &str| process.description[of].as_object().cloned().unwrap_or_default();
    let input = |name: &str, input: &Value| {
        let schema = input.get("extended-schema").unwrap_or(&input["schema"]);
        (name.to_owned(), json!({"title": input["title"], "oneOf": [schema, {"type": "object"}]}))
    };
    let inputs: Map<String, Value> = names("inputs").iter().map(|(name, one)| input(name, one)).collect();
    let outputs: Map<String, Value> = names("outputs").keys().map(|name| (name.clone(), json!({"type": "object"}))).collect();
    json!({"allOf": [reference("execute"), {"type": "object", "properties": {
        "inputs": {"type": "object", "properties": inputs},
        "outputs": {"type": "object", "properties": outputs},
    }}]})
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

fn exception() -> Value {
    json!({"description": "exception", "content": {JSON: {"schema": reference("exception")}}})
}

fn schemas() -> Value {
    let text = json!({"type": "string"});
    let links = json!({"type": "array", "items": reference("link")});
    let list = |of: &str| json!({"type": "array", "items": reference(of)});
    let date = json!({"type": "string", "format": "date-time"});
    json!({
        "link": {"type": "object", "required": ["href"], "properties": {"href": text, "rel": text, "type": text, "title": text}},
        "exception": {"type": "object", "required": ["type"], "properties": {"title": text, "type": text, "detail": text}},
        "landingPage": {"type": "object", "required": ["links"], "properties": {"title": text, "description": text, "links": links}},
        "confClasses": {"type": "object", "required": ["conformsTo"], "properties": {"conformsTo": {"type": "array", "items": text}}},
        "processSummary": {
            "type": "object",
            "required": ["id", "version"],
            "properties": {"id": text, "title": text, "description": text, "version": text, "mutable": {"type": "boolean"}, "links": links},
        },
        "processList": {
            "type": "object",
            "required": ["processes", "links"],
            "properties": {"processes": list("processSummary"), "links": links, "numberTotal": {"type": "integer"}},
        },
        "process": {"allOf": [
            reference("processSummary"),
            {"type": "object", "properties": {"inputs": {"type": "object"}, "outputs": {"type": "object"}}},
        ]},
        "execute": {"type": "object", "properties": {
            "inputs": {"type": "object"},
            "outputs": {"type": "object"},
            "response": {"type": "string", "enum": ["raw", "document"], "default": "raw"},
            "subscriber": reference("subscriber"),
        }},
        "subscriber": {"type": "object", "properties": {"successUri": text, "inProgressUri": text, "failedUri": text}},
        "statusInfo": {
            "type": "object",
            "required": ["jobID", "status", "type"],
            "properties": {
                "jobID": text, "processID": text, "type": text, "message": text, "links": links,
                "status": {"type": "string", "enum": ["accepted", "running", "paused", "successful", "failed", "dismissed"]},
                "progress": {"type": "integer", "minimum": 0, "maximum": 100},
                "created": date, "started": date, "updated": date, "finished": date,
            },
        },
        "jobList": {
            "type": "object",
            "required": ["jobs", "links"],
            "properties": {"jobs": list("statusInfo"), "links": links, "numberTotal": {"type": "integer"}},
        },
        "results": {"type": "object", "additionalProperties": {}},
        "ogcapppkg": {"type": "object", "required": ["executionUnit"], "properties": {
            "executionUnit": {"oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]},
            "processDescription": {"type": "object"},
        }},
    })
}

fn parameters() -> Value {
    let path = |name: &str| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}});
    let query = |name: &str, schema: Value| json!({"name": name, "in": "query", "required": false, "schema": schema});
    let list = |name: &str, items: Value| {
        json!({
            "name": name, "in": "query", "required": false, "style": "form", "explode": false,
            "schema": {"type": "array", "items": items},
        })
    };
    let text = json!({"type": "string"});
    let whole = json!({"type": "integer", "minimum": 0});
    let statuses = json!({"type": "string", "enum": ["accepted", "running", "successful", "failed", "dismissed"]});
    json!({
        "processID": path("processID"),
        "jobID": path("jobID"),
        "outputID": path("outputID"),
        "w": query("w", text.clone()),
        "limit": query("limit", json!({"type": "integer", "minimum": 1, "maximum": 10000, "default": 1000})),
        "skip": query("skip", whole.clone()),
        "processIDs": list("processID", text.clone()),
        "status": list("status", statuses),
        "type": list("type", json!({"type": "string", "enum": ["process"]})),
        "datetime": query("datetime", text),
        "minDuration": list("minDuration", whole.clone()),
        "maxDuration": list("maxDuration", whole),
        "Prefer": {"name": "Prefer", "in": "header", "required": false, "schema": {"type": "string", "enum": [
            "return=representation", "return=minimal", "respond-async;return=representation",
        ]}},
    })
}
