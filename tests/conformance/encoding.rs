//! `json` and `html`: the representations of the resources.
//!
//! OGC 18-062r2, clauses 9.1 and 9.2, A.5 and A.6.

use crate::core;
use crate::findings::{Check, Findings, Step};
use crate::process::Process;
use crate::server::{ASYNC, Server};

pub(crate) const TESTS: &[(&str, Check)] =
    &[("json/definition", json_definition), ("html/definition", html_definition), ("html/content", html_content)];

/// The resources that every server has, and those that need a process or a job.
fn resources(server: &Server) -> Step<Vec<String>> {
    let mut paths = vec!["/".to_owned(), "/conformance".to_owned(), "/processes".to_owned()];
    let processes = server.processes()?;
    paths.extend(processes.iter().map(|process| format!("/processes/{}", process.id)));
    if let Some(process) = processes.iter().find(|process| process.can_async()) {
        paths.push(format!("/jobs/{}", server.start(process)?));
    }
    Ok(paths)
}

fn json_definition(server: &Server, findings: &mut Findings) -> Step {
    for path in resources(server)? {
        let reply = server.get(&path)?;
        findings.status(&reply, 200);
        findings.media_type(&reply, "application/json");
        core::json(findings, &reply);
    }
    for process in server.processes()? {
        let request = crate::execute::document_of(&server.inputs(&process)?);
        let modes = [(process.can_sync(), None, 200), (process.can_async() && !process.can_sync(), Some(ASYNC), 201)];
        for (_, prefer, status) in modes.into_iter().filter(|(able, ..)| *able) {
            let reply = server.execute(&process, &request, prefer)?;
            findings.status(&reply, status);
            findings.media_type(&reply, "application/json");
            core::json(findings, &reply);
        }
    }
    Ok(())
}

fn html(server: &Server, path: &str) -> Step<crate::http::Reply> {
    server.send(server.call(http::Method::GET, path).header("accept", "text/html"))
}

fn html_definition(server: &Server, findings: &mut Findings) -> Step {
    for path in resources(server)? {
        let reply = html(server, &path)?;
        findings.status(&reply, 200);
        findings.media_type(&reply, "text/html");
    }
    Ok(())
}

/// The links of the JSON document are links of the page, and the names of the processes are on it.
fn html_content(server: &Server, findings: &mut Findings) -> Step {
    for path in ["/", "/processes"] {
        let reply = html(server, path)?;
        let page = String::from_utf8_lossy(&reply.body).into_owned();
        findings.expect(page.contains("<body"), &reply.to, || "no body element".to_owned());
        let document = server.document(path)?;
        let links = document["links"].as_array().into_iter().flatten().filter_map(|link| link["href"].as_str());
        for href in links {
            let path = href.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or(href, |(_, path)| path);
            findings.expect(page.contains(path), &reply.to, || format!("the page has no link to {href}"));
        }
    }
    let reply = html(server, "/processes")?;
    let page = String::from_utf8_lossy(&reply.body).into_owned();
    for Process { id, .. } in server.processes()? {
        findings.expect(page.contains(&id), &reply.to, || format!("the page does not name {id}"));
    }
    Ok(())
}
