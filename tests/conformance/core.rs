//! `core`, up to the description of a process: landing page, API definition, conformance declaration and
//! process list.
//!
//! OGC 18-062r2, 7.2 to 7.10 and A.2.

use http::{Method, Version};
use serde_json::Value;

use crate::documents::{self, CONFORMANCE, EXCEPTION, LANDING_PAGE, PROCESS, PROCESS_LIST};
use crate::findings::{Check, Findings, Step, not_applicable};
use crate::http::Reply;
use crate::openapi::OpenApi;
use crate::server::Server;

pub(crate) const TESTS: &[(&str, Check)] = &[
    ("core/landingpage-op", landing_page),
    ("core/landingpage-success", landing_page),
    ("core/api-definition-op", api_definition),
    ("core/api-definition-success", api_definition_success),
    ("core/conformance-op", conformance),
    ("core/conformance-success", conformance_success),
    ("core/http", http_1_1),
    ("core/process-list", process_list),
    ("core/pl-limit-definition", limit_definition),
    ("core/pl-limit-response", limit_response),
    ("core/process-list-success", process_list),
    ("core/pl-links", list_links),
    ("core/process-description", descriptions),
    ("core/process-description-success", descriptions),
    ("core/process-exception-no-such-process", no_such_process),
];

/// What an identifier of an exception of Part 1 starts with.
pub(crate) const EXCEPTIONS_1: &str = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0";

/// The relations of links to resources of the API start with this.
pub(crate) const RELATIONS: &str = "http://www.opengis.net/def/rel/ogc/1.0";

/// The answer is an exception of RFC 7807, as `exception.yaml` has it, with this status and type.
pub(crate) fn exception(findings: &mut Findings, reply: &Reply, status: u16, kind: &str) {
    findings.status(reply, status);
    let Some(document) = json(findings, reply) else { return };
    findings.extend(&reply.to, documents::problems(&EXCEPTION, &document));
    let found = document["type"].as_str().unwrap_or_default();
    let bare = |uri: &str| uri.split_once("://").map_or_else(|| uri.to_owned(), |(_, rest)| rest.to_owned());
    findings.expect(bare(found) == bare(kind), &reply.to, || format!("the type is {found}, the standard has {kind}"));
}

/// The body as JSON. A body that is not JSON is a finding.
pub(crate) fn json(findings: &mut Findings, reply: &Reply) -> Option<Value> {
    let document = reply.json();
    findings.expect(document.is_ok(), &reply.to, || document.as_ref().err().cloned().unwrap_or_default());
    document.ok()
}

/// The answer has status 200 and is a document of this kind.
pub(crate) fn document(findings: &mut Findings, reply: &Reply, kind: &documents::Kind) -> Option<Value> {
    findings.status(reply, 200);
    let document = json(findings, reply)?;
    findings.extend(&reply.to, documents::problems(kind, &document));
    Some(document)
}

/// Targets of the links with one of these relations; the scheme of a relation does not matter.
pub(crate) fn targets(document: &Value, relations: &[&str]) -> Vec<String> {
    let links = document["links"].as_array().into_iter().flatten();
    let bare = |text: &str| text.trim_start_matches("https://").trim_start_matches("http://").to_owned();
    let related =
        links.filter(|link| link["rel"].as_str().is_some_and(|found| relations.iter().any(|wanted| bare(wanted) == bare(found))));
    related.filter_map(|link| link["href"].as_str().map(str::to_owned)).collect()
}

fn landing_page(server: &Server, findings: &mut Findings) -> Step {
    let reply = server.get("/")?;
    let Some(page) = document(findings, &reply, &LANDING_PAGE) else { return Ok(()) };
    let wanted = [
        ("the API definition", vec!["service-desc", "service-doc"]),
        ("the conformance declaration", vec!["http://www.opengis.net/def/rel/ogc/1.0/conformance"]),
        ("the list of processes", vec!["http://www.opengis.net/def/rel/ogc/1.0/processes"]),
    ];
    for (what, relations) in wanted {
        findings.expect(!targets(&page, &relations).is_empty(), &reply.to, || {
            format!("no link to {what} ({})", relations.join(", "))
        });
    }
    Ok(())
}

fn api_definition(server: &Server, findings: &mut Findings) -> Step {
    let reply = server.send(server.call(Method::GET, "/api"))?;
    findings.status(&reply, 200);
    Ok(())
}

fn api_definition_success(server: &Server, findings: &mut Findings) -> Step {
    let page = server.document("/")?;
    let mut links = targets(&page, &["service-desc"]);
    links.push(format!("{}/api", server.root));
    for href in links {
        let reply = server.send(crate::http::Call::new(Method::GET, server.reachable(&href)))?;
        findings.status(&reply, 200);
        let Some(definition) = json(findings, &reply) else { continue };
        findings.extend(&reply.to, OpenApi::new(definition).problems());
    }
    Ok(())
}

fn conformance(server: &Server, findings: &mut Findings) -> Step {
    let page = server.document("/")?;
    let mut links = targets(&page, &[&format!("{RELATIONS}/conformance")]);
    links.push(format!("{}/conformance", server.root));
    for href in links {
        let reply = server.send(crate::http::Call::new(Method::GET, server.reachable(&href)))?;
        document(findings, &reply, &CONFORMANCE);
    }
    Ok(())
}

fn conformance_success(server: &Server, findings: &mut Findings) -> Step {
    let reply = server.get("/conformance")?;
    let Some(declaration) = document(findings, &reply, &CONFORMANCE) else { return Ok(()) };
    let wanted = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/core";
    let classes: Vec<&str> = declaration["conformsTo"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    findings.expect(classes.contains(&wanted), &reply.to, || format!("{wanted} is not declared"));
    Ok(())
}

/// HTTP/1.1 is all that this suite speaks: the server has to answer in kind.
fn http_1_1(server: &Server, findings: &mut Findings) -> Step {
    for path in ["/", "/conformance", "/processes"] {
        let reply = server.get(path)?;
        findings.status(&reply, 200);
        findings.expect(reply.version == Version::HTTP_11, &reply.to, || format!("{:?} instead of HTTP/1.1", reply.version));
    }
    Ok(())
}

fn process_list(server: &Server, findings: &mut Findings) -> Step {
    let page = server.document("/")?;
    let mut links = targets(&page, &[&format!("{RELATIONS}/processes")]);
    links.push(format!("{}/processes", server.root));
    for href in links {
        let reply = server.send(crate::http::Call::new(Method::GET, server.reachable(&href)))?;
        document(findings, &reply, &PROCESS_LIST);
    }
    Ok(())
}

fn limit_definition(server: &Server, findings: &mut Findings) -> Step {
    let api = OpenApi::of(server)?;
    limit(server, findings, &api, "/processes")
}

/// The parameter is an integer of at least one. Another value is the client's error (Table 5 of the
/// standard: 400).
pub(crate) fn limit(server: &Server, findings: &mut Findings, api: &OpenApi, path: &str) -> Step {
    let at = format!("the API definition of GET {path}");
    if let Some(schema) = api.query_parameter(findings, path, "limit") {
        let kind = schema["type"].as_str().unwrap_or_default();
        findings.expect(kind == "integer", &at, || format!("limit has type {kind:?}, the standard has \"integer\""));
        let least = schema["minimum"].as_i64().unwrap_or(0);
        findings.expect(least >= 1, &at, || format!("limit has minimum {least}, the standard has 1"));
    }
    for value in ["0", "many"] {
        let reply = server.get(&format!("{path}?limit={value}"))?;
        findings.status(&reply, 400);
    }
    Ok(())
}

fn limit_response(server: &Server, findings: &mut Findings) -> Step {
    limited(server, findings, "/processes", "processes")
}

/// A page has at most as many entries as the limit, and some if there are any.
pub(crate) fn limited(server: &Server, findings: &mut Findings, path: &str, member: &str) -> Step {
    let any = server.document(path)?[member].as_array().is_some_and(|entries| !entries.is_empty());
    for limit in [1, 2, 10_000] {
        let reply = server.get(&format!("{path}?limit={limit}"))?;
        findings.status(&reply, 200);
        let Some(page) = json(findings, &reply) else { continue };
        let entries = page[member].as_array();
        findings.expect(entries.is_some(), &reply.to, || format!("{member} is no array"));
        let count = entries.map_or(0, Vec::len);
        findings.expect(count <= limit, &reply.to, || format!("{count} entries with limit={limit}"));
        findings.expect(count > 0 || !any, &reply.to, || format!("no entries with limit={limit}, though there are some"));
    }
    Ok(())
}

/// `self`, and `alternate` for each other representation that the server claims: HTML, if it declares it.
pub(crate) fn links_of(server: &Server, findings: &mut Findings, path: &str) -> Step {
    let reply = server.get(path)?;
    let list = server.document(path)?;
    findings.expect(!targets(&list, &["self"]).is_empty(), &reply.to, || "no link with the relation self".to_owned());
    let declared = server.document("/conformance")?;
    let html = declared["conformsTo"]
        .as_array()
        .into_iter()
        .flatten()
        .any(|class| class.as_str().is_some_and(|class| class.ends_with("/conf/html")));
    let alternate = targets(&list, &["alternate"]);
    findings.expect(!html || !alternate.is_empty(), &reply.to, || "no link with the relation alternate".to_owned());
    Ok(())
}

fn list_links(server: &Server, findings: &mut Findings) -> Step {
    links_of(server, findings, "/processes")
}

fn descriptions(server: &Server, findings: &mut Findings) -> Step {
    let list = server.document("/processes")?;
    let ids: Vec<&str> =
        list["processes"].as_array().into_iter().flatten().filter_map(|process| process["id"].as_str()).collect();
    if ids.is_empty() {
        return not_applicable("the server lists no process");
    }
    for id in ids {
        let reply = server.get(&format!("/processes/{id}"))?;
        let Some(description) = document(findings, &reply, &PROCESS) else { continue };
        findings
            .expect(description["id"] == id, &reply.to, || format!("the description of {id} has the id {}", description["id"]));
    }
    Ok(())
}

fn no_such_process(server: &Server, findings: &mut Findings) -> Step {
    let reply = server.get("/processes/no-such-process")?;
    exception(findings, &reply, 404, &format!("{EXCEPTIONS_1}/no-such-process"));
    Ok(())
}
