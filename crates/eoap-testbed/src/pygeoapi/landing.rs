//! Landing page, conformance, and the API definition.
//!
//! They depend on the scenario's name and its processes. Jobs are not known here.

use serde_json::{Map, Value, json};

use crate::scenario::Process;
use crate::scenario::{Generation, Version};

const REL: &str = "http://www.opengis.net/def/rel/ogc/1.0";
const SCHEMAS: &str = "https://schemas.opengis.net/ogcapi/processes/part1/1.0/openapi";
/// The media type of the API definition.
pub(super) const OPENAPI: &str = "application/vnd.oai.openapi+json;version=3.0";
const DESCRIPTION: &str = "Processes to try a client on";

/// `GET /`. Its links to collections and tile matrix sets are there although nothing is behind them.
pub(super) fn landing(name: &str, root: &str, version: &Version) -> Value {
    let html = |rel: &str, title: &str, path: &str| json!({"rel": rel, "type": "text/html", "title": title, "href": format!("{root}{path}"), "hreflang": "en-US"});
    let link = |rel: &str, media_type: &str, title: &str, path: &str| json!({"rel": rel, "type": media_type, "title": title, "href": format!("{root}{path}")});
    let jobs = [
        link(&format!("{REL}/job-list"), "application/json", "Jobs", "/jobs"),
        link(&format!("{REL}/job-list"), "text/html", "Jobs", "/jobs?f=html"),
    ];
    let tiles = [("JSON", "json", "application/json"), ("HTML", "html", "text/html")].map(|(name, f, media_type)| {
        let title = format!("The list of supported tiling schemes as {name}");
        link(&format!("{REL}/tiling-schemes"), media_type, &title, &format!("/TileMatrixSets?f={f}"))
    });
    let mut links = vec![
        json!({"rel": "about", "type": "text/html", "title": name, "href": "https://example.org"}),
        link("self", "application/json", "This document as JSON", "?f=json"),
        link("alternate", "application/ld+json", "This document as RDF (JSON-LD)", "?f=jsonld"),
        html("alternate", "This document as HTML", "?f=html"),
        link("service-desc", OPENAPI, "The OpenAPI definition as JSON", "/openapi"),
        html("service-doc", "The OpenAPI definition as HTML", "/openapi?f=html"),
        link("conformance", "application/json", "Conformance", "/conformance"),
        link("data", "application/json", "Collections", "/collections"),
        link(&format!("{REL}/processes"), "application/json", "Processes", "/processes"),
    ];
    match version.generation() {
        Generation::V0_21 => links.extend(jobs.into_iter().take(1).chain(tiles)),
        Generation::V0_24 => links.extend(tiles.into_iter().chain(jobs)),
    }
    json!({"links": links, "title": name, "description": DESCRIPTION})
}

/// `GET /conformance`. Job list and dismissal are served, but not declared.
pub(super) fn conformance() -> Value {
    let common = ["core", "html", "json", "landing-page", "oas30"].map(|class| format!("common-1/1.0/conf/{class}"));
    let processes =
        ["callback", "core", "json", "oas30", "ogc-process-description"].map(|class| format!("processes-1/1.0/conf/{class}"));
    let all = common.into_iter().chain(["common-2/1.0/conf/collections".to_owned()]).chain(processes);
    json!({"conformsTo": all.map(|class| format!("http://www.opengis.net/spec/ogcapi-{class}")).collect::<Vec<_>>()})
}

/// `GET /openapi`: an OpenAPI 3.0 document of the paths that are served.
pub(super) fn openapi<'a>(name: &str, root: &str, version: &Version, processes: impl Iterator<Item = &'a Process>) -> Value {
    let plain = |summary: &str, id: &str| {
        let responses = json!({"200": {"description": "successful operation"}});
        json!({"get": {"summary": summary, "operationId": id, "responses": responses}})
    };
    let found = |operation: &str, summary: &str| {
        let responses = json!({
            "200": {"description": "successful operation"},
            "404": {"$ref": format!("{SCHEMAS}/responses/NotFound.yaml")},
        });
        json!({"summary": summary, "operationId": operation, "parameters": [job_id()], "responses": responses})
    };
    let mut paths = Map::new();
    paths.insert("/".to_owned(), plain("Landing page", "getLandingPage"));
    paths.insert("/openapi".to_owned(), plain("This document", "getOpenapi"));
    paths.insert("/conformance".to_owned(), plain("API conformance definition", "getConformanceDeclaration"));
    paths.insert("/processes".to_owned(), plain("Processes", "getProcesses"));
    for process in processes {
        let path = format!("/processes/{}", process.id);
        paths.insert(format!("{path}/execution"), execution(process));
        paths.insert(path, plain("Get process metadata", &format!("describe{}Process", capital(&process.id))));
    }
    paths.insert("/jobs".to_owned(), plain("Retrieve jobs list", "getJobs"));
    let job = json!({"get": found("getJob", "Retrieve job details"), "delete": found("deleteJob", "Cancel / delete job")});
    paths.insert("/jobs/{jobId}".to_owned(), job);
    paths.insert("/jobs/{jobId}/results".to_owned(), json!({"get": found("getJobResults", "Retrieve job results")}));
    json!({
        "openapi": "3.0.2",
        "info": {"title": name, "description": DESCRIPTION, "version": version.text()},
        "servers": [{"url": root, "description": DESCRIPTION}],
        "paths": paths,
    })
}

fn execution(process: &Process) -> Value {
    let title = process.description["title"].as_str().unwrap_or(&process.id);
    let prefer =
        json!({"in": "header", "name": "Prefer", "required": false, "schema": {"type": "string", "enum": ["respond-async"]}});
    let body = json!({"application/json": {"schema": {"$ref": format!("{SCHEMAS}/schemas/execute.yaml")}}});
    json!({"post": {
        "summary": format!("Process {title} execution"),
        "operationId": format!("execute{}Job", capital(&process.id)),
        "parameters": [prefer],
        "requestBody": {"description": "Mandatory execute request JSON", "required": true, "content": body},
        "responses": {
            "200": {"description": "successful operation"},
            "201": {"$ref": format!("{SCHEMAS}/responses/ExecuteAsync.yaml")},
            "404": {"$ref": format!("{SCHEMAS}/responses/NotFound.yaml")},
            "500": {"$ref": format!("{SCHEMAS}/responses/ServerError.yaml")},
        },
    }})
}

fn job_id() -> Value {
    json!({"name": "jobId", "in": "path", "description": "job identifier", "required": true, "schema": {"type": "string"}})
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
