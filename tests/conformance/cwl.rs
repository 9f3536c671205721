//! `cwl`: plain packages in the Common Workflow Language.
//!
//! OGC API - Processes - Part 2 (draft): requirements class cwl, the choice of a workflow among several
//! included.

use http::Method;
use serde_json::Value;

use crate::core::exception;
use crate::deploy::{CWL, Deployment, EXCEPTIONS_2, FIRST, SECOND, has_summary, is_deployed, is_duplicate, package};
use crate::findings::{Check, Findings, Step};
use crate::server::Server;

pub(crate) const TESTS: &[(&str, Check)] = &[
    ("cwl/deploy-body", deploy),
    ("cwl/deploy-response", deploy_response),
    ("cwl/deploy-response-body", deploy_success),
    ("cwl/deploy-w-param", chosen_workflow),
    ("cwl/deploy-exception-workflow-not-found", no_such_workflow),
    ("cwl/replace-body", replace),
    ("cwl/replace-response", replace),
];

fn send<'a>(server: &'a Server, id: &str, query: &str) -> Step<Deployment<'a>> {
    Deployment::send(server, id, CWL, &package(FIRST), query)
}

fn deploy(server: &Server, findings: &mut Findings) -> Step {
    let deployment = send(server, FIRST, "")?;
    is_deployed(server, findings, &deployment)?;
    is_duplicate(findings, &deployment.again(CWL, &package(FIRST))?);
    Ok(())
}

fn deploy_response(server: &Server, findings: &mut Findings) -> Step {
    let deployment = send(server, FIRST, "")?;
    is_deployed(server, findings, &deployment)
}

fn deploy_success(server: &Server, findings: &mut Findings) -> Step {
    let deployment = send(server, FIRST, "")?;
    findings.status(&deployment.reply, 201);
    has_summary(findings, &deployment);
    Ok(())
}

/// With `w`, the workflow of that name; without, the first.
fn chosen_workflow(server: &Server, findings: &mut Findings) -> Step {
    for (query, id, title) in [
        ("?w=conformance-second", SECOND, "Conformance, second workflow"),
        ("?w=conformance-first", FIRST, "Conformance, first workflow"),
        ("", FIRST, "Conformance, first workflow"),
    ] {
        let deployment = send(server, id, query)?;
        is_deployed(server, findings, &deployment)?;
        let description = server.document(&format!("/processes/{id}"))?;
        findings.expect(description["title"] == title, &deployment.reply.to, || format!("the title is {}", description["title"]));
    }
    Ok(())
}

fn no_such_workflow(server: &Server, findings: &mut Findings) -> Step {
    let call = server.call(Method::POST, "/processes?w=no-such-workflow").body(CWL, package(FIRST).to_string());
    exception(findings, &server.send(call)?, 400, &format!("{EXCEPTIONS_2}/workflow-not-found"));
    findings.status(&server.get(&format!("/processes/{FIRST}"))?, 404);
    Ok(())
}

/// The process is another one afterwards, under the same id.
fn replace(server: &Server, findings: &mut Findings) -> Step {
    let deployment = send(server, FIRST, "")?;
    is_deployed(server, findings, &deployment)?;
    let mut changed = package(FIRST);
    changed["s:softwareVersion"] = Value::from("2.0.0");
    let reply = deployment.replace(CWL, &changed)?;
    findings.status_in(&reply, &[200, 204]);
    let description = server.document(&format!("/processes/{FIRST}"))?;
    findings.expect(description["version"] == "2.0.0", &reply.to, || format!("the version is {}", description["version"]));
    Ok(())
}
