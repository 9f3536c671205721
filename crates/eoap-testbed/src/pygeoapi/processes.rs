//! The process list and the descriptions.
//!
//! A description is the scenario's, followed by pygeoapi's links. Jobs are not known here.

use serde_json::{Value, json};

use super::exception::Exception;
use super::paging;
use crate::http::Request;
use crate::scenario::Generation;
use crate::scenario::{Process, Server};
use crate::template::fill;

const REL: &str = "http://www.opengis.net/def/rel/ogc/1.0";

/// `GET /processes`: the first `limit` of them. There is no second page, and no link to one.
pub(super) fn list<'a>(
    processes: impl Iterator<Item = &'a Process>,
    server: &Server,
    request: &Request,
) -> Result<Value, Exception> {
    let limit = paging::limit(request)?;
    let mut entries = Vec::new();
    for process in processes.take(limit) {
        let mut entry = description(process, server);
        if let Some(members) = entry.as_object_mut() {
            members.retain(|name, _| !matches!(name.as_str(), "inputs" | "outputs" | "example"));
        }
        entries.push(entry);
    }
    let link = |rel: &str, media_type: &str, name: &str, f: &str| {
        let title = format!("This document as {name}");
        json!({"type": media_type, "rel": rel, "title": title, "href": format!("{}/processes?f={f}", server.root)})
    };
    let links = [
        link("self", "application/json", "JSON", "json"),
        link("alternate", "application/ld+json", "RDF (JSON-LD)", "jsonld"),
        link("alternate", "text/html", "HTML", "html"),
    ];
    Ok(json!({"processes": entries, "links": links}))
}

/// `GET /processes/{id}`.
pub(super) fn description(process: &Process, server: &Server) -> Value {
    let mut description = fill(&process.description, &server.addresses(&server.namespace));
    let Some(members) = description.as_object_mut() else { return description };
    let root = &server.root;
    let url = format!("{root}/processes/{}", process.id);
    let link = |media_type: &str, rel: &str, href: String, title: &str| json!({"type": media_type, "rel": rel, "href": href, "title": title, "hreflang": "en-US"});
    let job_list = format!("{REL}/job-list");
    let links = [
        link("application/json", "self", format!("{url}?f=json"), "Process description as JSON"),
        link("text/html", "alternate", format!("{url}?f=html"), "Process description as HTML"),
        link("text/html", &job_list, format!("{root}/jobs?f=html"), "Jobs list as HTML"),
        link("application/json", &job_list, format!("{root}/jobs?f=json"), "Jobs list as JSON"),
        link(
            "application/json",
            &format!("{REL}/execute"),
            format!("{url}/execution?f=json"),
            "Execution for this process as JSON",
        ),
    ];
    if let Some(own) = members.entry("links").or_insert_with(|| json!([])).as_array_mut() {
        // A description that was written for another server has these.
        own.retain(|link| !link["rel"].as_str().is_some_and(|rel| rel == "self" || rel.ends_with("/execute")));
        own.extend(links);
    }
    match server.pygeoapi.generation() {
        // Whatever the process says of itself.
        Generation::V0_21 => {
            members.insert("jobControlOptions".to_owned(), json!(["sync-execute", "async-execute"]));
            members.insert("outputTransmission".to_owned(), json!(["value"]));
        }
        Generation::V0_24 => {
            let options = members.entry("jobControlOptions").or_insert_with(|| json!(["sync-execute"]));
            if let Some(options) = options.as_array_mut()
                && !options.iter().any(|option| option == "async-execute")
            {
                options.push(json!("async-execute"));
            }
            members.entry("outputTransmission").or_insert_with(|| json!(["value"]));
        }
    }
    description
}

/// Whether the process says of itself that it can be run in this way.
pub(super) fn offers(process: &Process, mode: &str) -> bool {
    process.description["jobControlOptions"].as_array().is_some_and(|options| options.iter().any(|option| option == mode))
}
