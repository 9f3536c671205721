//! `oas30`: the API definition against what the server does.
//!
//! OGC 18-062r2, clause 9.3 and A.7.

use http::Method;
use serde_json::{Value, json};

use crate::core;
use crate::deploy::{CWL, Deployment, package};
use crate::findings::{Check, Findings, Step, not_applicable};
use crate::http::{Call, Reply, essence};
use crate::openapi::{OpenApi, Operation};
use crate::server::{ASYNC, Server};

pub(crate) const TESTS: &[(&str, Check)] = &[
    ("oas30/completeness", |server, findings| named(server, findings, |_| true)),
    ("oas30/exceptions-codes", |server, findings| named(server, findings, |status| status >= 400)),
    ("oas30/oas-definition-1", available),
    ("oas30/oas-definition-2", valid),
    ("oas30/oas-impl", implemented),
    ("oas30/security", security),
];

/// What a client meets in a session: answers of every resource, good and bad, with the method and the path of
/// each.
fn traffic(server: &Server) -> Step<Vec<(Method, String, Reply)>> {
    let mut calls: Vec<(Method, String, Option<Value>, Option<&str>)> = Vec::new();
    let plain = ["/", "/conformance", "/api", "/processes", "/processes?limit=many", "/processes/no-such-process"];
    let jobs = ["/jobs", "/jobs/no-such-job", "/jobs/no-such-job/results"];
    calls.extend(plain.into_iter().chain(jobs).map(|path| (Method::GET, path.to_owned(), None, None)));
    for process in server.processes()? {
        calls.push((Method::GET, format!("/processes/{}", process.id), None, None));
        let path = format!("/processes/{}/execution", process.id);
        let request = crate::execute::document_of(&server.inputs(&process)?);
        calls.push((Method::POST, path.clone(), Some(request.clone()), None));
        if process.can_async() {
            calls.push((Method::POST, path.clone(), Some(request), Some(ASYNC)));
            let job = server.start(&process)?;
            calls.extend(["", "/results"].map(|end| (Method::GET, format!("/jobs/{job}{end}"), None, None)));
            calls.push((Method::DELETE, format!("/jobs/{job}"), None, None));
            calls.push((Method::DELETE, format!("/jobs/{job}"), None, None));
        }
        if process.inputs().any(|(_, input)| crate::process::is_required(input)) {
            calls.push((Method::POST, path, Some(json!({"inputs": {}})), process.can_async().then_some(ASYNC)));
        }
    }
    calls.push((Method::POST, "/processes/no-such-process/execution".to_owned(), Some(json!({"inputs": {}})), None));
    let mut all = Vec::new();
    for (method, path, body, prefer) in calls {
        let mut call = server.call(method.clone(), &path).header("accept", "application/json");
        if let Some(prefer) = prefer {
            call = call.header("prefer", prefer);
        }
        if let Some(body) = body {
            call = call.body("application/json", body.to_string());
        }
        let plain = path.split('?').next().unwrap_or_default().to_owned();
        all.push((method, plain, server.send(call)?));
    }
    if crate::deploy::is_declared(server)? {
        all.extend(deployment(server)?);
    }
    Ok(all)
}

/// The same for what Part 2 adds.
fn deployment(server: &Server) -> Step<Vec<(Method, String, Reply)>> {
    let deployment = Deployment::new(server)?;
    let path = format!("/processes/{}", deployment.id);
    let package = package(&deployment.id).to_string();
    let calls = [
        (Method::POST, "/processes".to_owned(), "text/plain", "no package"),
        (Method::POST, "/processes".to_owned(), CWL, package.as_str()),
        (Method::PUT, path.clone(), CWL, &package),
        (Method::GET, format!("{path}/package"), "", ""),
        (Method::DELETE, path.clone(), "", ""),
        (Method::DELETE, path, "", ""),
    ];
    let mut all = Vec::new();
    for (method, path, content_type, body) in calls {
        let mut call = server.call(method.clone(), &path).header("accept", CWL);
        if !content_type.is_empty() {
            call = call.body(content_type, body.to_owned());
        }
        all.push((method, path, server.send(call)?));
    }
    Ok(all)
}

/// Every status that is met is one that the definition names for its operation.
fn named(server: &Server, findings: &mut Findings, counts: impl Fn(u16) -> bool) -> Step {
    let api = OpenApi::of(server)?;
    for (method, path, reply) in traffic(server)?.into_iter().filter(|(.., reply)| counts(reply.status)) {
        let Some(operation) = api.operation(method.as_str(), &path) else {
            // A definition may write out its processes: then what it does not have is not there.
            findings
                .expect(reply.status == 404, &reply.to, || format!("the definition has no operation {method} {}", shape(&path)));
            continue;
        };
        findings.expect(api.names(&operation, reply.status), &reply.to, || {
            format!("the definition does not name {} for {method} {}", reply.status, shape(&path))
        });
    }
    Ok(())
}

/// A path with its identifiers taken out: the same for every process and job.
fn shape(path: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    if let [_, "processes" | "jobs", id, ..] = parts.as_mut_slice() {
        *id = "{id}";
    }
    parts.join("/")
}

/// JSON by `service-desc`, HTML by `service-doc`.
fn available(server: &Server, findings: &mut Findings) -> Step {
    let page = server.document("/")?;
    let wanted = [("service-desc", "application/vnd.oai.openapi+json", Some("version=3.0")), ("service-doc", "text/html", None)];
    for (relation, media_type, parameter) in wanted {
        let links = core::targets(&page, &[relation]);
        findings.expect(!links.is_empty(), "GET /", || format!("no link with the relation {relation}"));
        for href in links {
            let reply = server.send(Call::new(Method::GET, server.reachable(&href)).header("accept", media_type))?;
            findings.status(&reply, 200);
            findings.media_type(&reply, media_type);
            let whole = reply.header("content-type").unwrap_or_default();
            let has = parameter.is_none_or(|parameter| whole.replace(' ', "").contains(parameter));
            findings.expect(has, &reply.to, || format!("media type {whole:?} without {}", parameter.unwrap_or_default()));
        }
    }
    Ok(())
}

fn valid(server: &Server, findings: &mut Findings) -> Step {
    findings.extend("the API definition", OpenApi::of(server)?.problems());
    Ok(())
}

/// Every operation of the definition is served: one that only reads gives what it promises, one that changes
/// something is known.
fn implemented(server: &Server, findings: &mut Findings) -> Step {
    let api = OpenApi::of(server)?;
    let processes = server.processes()?;
    let job =
        processes.iter().find(|process| process.can_async()).map(|process| Ok((process, server.start(process)?))).transpose()?;
    if let Some((_, job)) = &job {
        server.wait(job)?;
    }
    for operation in api.operations() {
        let reads = operation.method == "get";
        let of_package = operation.path.ends_with("/package");
        let process = match &job {
            Some((process, _)) if operation.path.contains("/jobs/") => Some(*process),
            _ => processes.iter().find(|process| !of_package || process.is_mutable()),
        };
        if reads && of_package && process.is_none() {
            // Nothing was deployed, so there is no package to read.
            continue;
        }
        let output = process.and_then(|process| process.outputs().next()).map_or("no-such-output", |(name, _)| name);
        let values = |name: &str| match name.to_ascii_lowercase() {
            _ if !reads => "no-such-thing".to_owned(),
            name if name.contains("process") => process.map_or("no-such-process", |process| process.id.as_str()).to_owned(),
            name if name.contains("job") => job.as_ref().map_or("no-such-job", |(_, job)| job.as_str()).to_owned(),
            name if name.contains("output") => output.to_owned(),
            _ => "no-such-thing".to_owned(),
        };
        let Ok(method) = operation.method.to_uppercase().parse::<Method>() else { continue };
        let call = server.call(method, &filled(operation.path, values)).header("accept", promised(&api, &operation));
        let reply = server.send(call)?;
        let at = format!("{} {}", operation.method.to_uppercase(), operation.path);
        if reads {
            let served = (200..400).contains(&reply.status);
            findings.expect(served, &reply.to, || format!("{at} is defined and answers {}", reply.status));
        } else {
            let known = ![405, 501].contains(&reply.status);
            findings.expect(known, &reply.to, || format!("{at} is defined and answers {}", reply.status));
        }
    }
    Ok(())
}

/// A template with its parameters filled in.
fn filled(template: &str, values: impl Fn(&str) -> String) -> String {
    let part = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        Some(name) => values(name),
        None => part.to_owned(),
    };
    template.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// The media types that the definition promises for a good answer.
fn promised(api: &OpenApi, operation: &Operation<'_>) -> String {
    let good = operation.body["responses"].as_object().into_iter().flatten().filter(|(status, _)| status.starts_with('2'));
    let mut types: Vec<String> = Vec::new();
    for (_, response) in good {
        let content = api.resolved(response)["content"].as_object();
        types.extend(content.into_iter().flatten().map(|(media_type, _)| essence(media_type)));
    }
    if types.is_empty() { "*/*".to_owned() } else { types.join(", ") }
}

/// A server that asks for credentials must say so in the definition.
fn security(server: &Server, findings: &mut Findings) -> Step {
    let api = OpenApi::of(server)?;
    let schemes = api.security_schemes();
    let mut guarded = false;
    for path in ["/", "/processes", "/jobs"] {
        let reply = server.get(path)?;
        let asked = matches!(reply.status, 401 | 403);
        guarded |= asked;
        findings.expect(!asked || !schemes.is_empty(), &reply.to, || {
            "credentials are asked for, and no scheme is declared".to_owned()
        });
    }
    for name in api.required_schemes() {
        let declared = schemes.iter().any(|(scheme, _)| *scheme == name);
        findings.expect(declared, "the API definition", || format!("the security scheme {name} is required and not declared"));
    }
    for (name, scheme) in &schemes {
        let known = ["apiKey", "http", "oauth2", "openIdConnect"].iter().any(|kind| scheme["type"] == *kind);
        findings.expect(known, "the API definition", || format!("the security scheme {name} has the type {}", scheme["type"]));
    }
    if !guarded && schemes.is_empty() {
        return not_applicable("the server asks for no credentials and declares no security scheme");
    }
    Ok(())
}
