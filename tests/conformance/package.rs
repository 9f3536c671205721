//! `ogcapppkg` and `docker`: application packages in the standard's own envelope.
//!
//! OGC API - Processes - Part 2 (draft): requirements classes ogcapppkg and docker, and `ogcapppkg.yaml`.

use serde_json::{Value, json};

use crate::deploy::{Deployment, FIRST, has_summary, is_deployed, is_duplicate, package, returned};
use crate::findings::{Check, Findings, Step};
use crate::server::Server;

pub(crate) const TESTS: &[(&str, Check)] = &[
    ("ogcapppkg/deploy-body", |server, findings| deploy(server, findings, &envelope())),
    ("ogcapppkg/deploy-response", deploy_response),
    ("ogcapppkg/deploy-response-success", deploy_success),
    ("ogcapppkg/deploy-response-duplicate", deploy_duplicate),
    ("ogcapppkg/replace-body", |server, findings| replace(server, findings, &envelope())),
    ("ogcapppkg/replace-response", |server, findings| replace(server, findings, &envelope())),
    ("docker/deploy-body", |server, findings| deploy(server, findings, &image())),
    ("docker/replace-body", |server, findings| replace(server, findings, &image())),
];

pub(crate) const OGCAPPPKG: &str = "application/ogcapppkg+json";

/// The CWL package as a qualified value.
fn envelope() -> Value {
    json!({"executionUnit": {"value": package(FIRST), "mediaType": "application/cwl+json"}})
}

/// An image, which needs a separate description.
fn image() -> Value {
    json!({
        "processDescription": {"process": {
            "id": FIRST,
            "version": "1.2.3",
            "jobControlOptions": ["async-execute"],
            "inputs": {"word": {"schema": {"type": "string"}}},
            "outputs": {"text": {"schema": {"type": "string"}}},
        }},
        "executionUnit": {"type": "docker", "image": "docker.io/library/alpine:3"},
    })
}

fn send<'a>(server: &'a Server, body: &Value) -> Step<Deployment<'a>> {
    Deployment::send(server, FIRST, OGCAPPPKG, body, "")
}

fn deploy(server: &Server, findings: &mut Findings, body: &Value) -> Step {
    let deployment = send(server, body)?;
    is_deployed(server, findings, &deployment)?;
    returned(findings, &deployment.package(OGCAPPPKG)?, body);
    is_duplicate(findings, &deployment.again(OGCAPPPKG, body)?);
    Ok(())
}

fn deploy_response(server: &Server, findings: &mut Findings) -> Step {
    let deployment = send(server, &envelope())?;
    is_deployed(server, findings, &deployment)
}

fn deploy_success(server: &Server, findings: &mut Findings) -> Step {
    let deployment = send(server, &envelope())?;
    findings.status(&deployment.reply, 201);
    has_summary(findings, &deployment);
    Ok(())
}

fn deploy_duplicate(server: &Server, findings: &mut Findings) -> Step {
    let deployment = send(server, &envelope())?;
    is_deployed(server, findings, &deployment)?;
    is_duplicate(findings, &deployment.again(OGCAPPPKG, &envelope())?);
    Ok(())
}

/// The process is another one afterwards, under the same id.
fn replace(server: &Server, findings: &mut Findings, body: &Value) -> Step {
    let deployment = send(server, body)?;
    is_deployed(server, findings, &deployment)?;
    let text = body.to_string().replace("1.2.3", "2.0.0");
    let changed: Value = serde_json::from_str(&text).unwrap_or_default();
    let reply = deployment.replace(OGCAPPPKG, &changed)?;
    findings.status_in(&reply, &[200, 202, 204]);
    if matches!(reply.status, 200 | 204) {
        let description = server.document(&format!("/processes/{}", deployment.id))?;
        findings.expect(description["version"] == "2.0.0", &reply.to, || format!("the version is {}", description["version"]));
    }
    Ok(())
}
