//! `dru`: processes are deployed, replaced and undeployed, and those that came with the server stay.
//!
//! OGC API - Processes - Part 2 (draft): requirements class deploy-replace-undeploy. How a package may be
//! written is in `package` and `cwl`.

use http::Method;
use serde_json::{Value, json};

use crate::core::{self, RELATIONS, exception};
use crate::documents::{self, PROCESS_SUMMARY};
use crate::findings::{Check, Findings, Step, broken, not_applicable};
use crate::http::{Call, Reply};
use crate::process::Process;
use crate::server::Server;

pub(crate) const TESTS: &[(&str, Check)] = &[
    ("dru/static-indicator", static_indicator),
    ("dru/process-list-success", static_indicator),
    ("dru/deploy-post-op", deploy_post),
    ("dru/deploy-content-type", deploy_unsupported),
    ("dru/deploy-unsupported-content-type", deploy_unsupported),
    ("dru/deploy-unsupported-media-type", deploy_unsupported),
    ("dru/deploy-response-pid", deploy_id),
    ("dru/deploy-response-immutable", deploy_immutable),
    ("dru/replace-put-op", replace_put),
    ("dru/replace-content-type", replace_unsupported),
    ("dru/replace-unsupported-content-type", replace_unsupported),
    ("dru/undeploy-delete-op", undeploy_delete),
    ("dru/undeploy-response", undeploy),
    ("dru/undeploy-response-immutable", undeploy_immutable),
    ("dru/undeploy-response-immutable-success", undeploy_immutable),
    ("dru/package-get-op", package_operation),
    ("dru/package-response-body", package_body),
    ("dru/package-response-success", package_operation),
];

/// What an identifier of an exception of Part 2 starts with.
pub(crate) const EXCEPTIONS_2: &str = "http://www.opengis.net/def/exceptions/ogcapi-processes-2/1.0";

pub(crate) const CWL: &str = "application/cwl";

/// The first workflow of the package.
pub(crate) const FIRST: &str = "conformance-first";

/// The second workflow of the package.
pub(crate) const SECOND: &str = "conformance-second";

/// An application package in CWL whose first workflow has this id.
pub(crate) fn package(id: &str) -> Value {
    let text = include_str!("package.cwl.json").replace(FIRST, id);
    serde_json::from_str(&text).expect("package.cwl.json is JSON, whatever the id")
}

/// A process that is deployed for one test and gone after it.
pub(crate) struct Deployment<'a> {
    server: &'a Server,
    pub(crate) id: String,
    /// The answer to its deployment.
    pub(crate) reply: Reply,
}

impl<'a> Deployment<'a> {
    /// The first workflow of the package, as CWL.
    pub(crate) fn new(server: &'a Server) -> Step<Self> {
        let deployment = Self::send(server, FIRST, CWL, &package(FIRST), "")?;
        match deployment.reply.status {
            201 => Ok(deployment),
            status => broken(&deployment.reply.to, format!("status {status}, where the test needs a deployed process")),
        }
    }

    /// The answer to a deployment. What is still deployed at the end is undeployed.
    pub(crate) fn send(server: &'a Server, id: &str, content_type: &str, body: &Value, query: &str) -> Step<Self> {
        // An interrupted earlier run may have left the process.
        server.send(server.call(Method::DELETE, &format!("/processes/{id}")))?;
        let call = server.call(Method::POST, &format!("/processes{query}")).body(content_type, body.to_string());
        Ok(Self { server, id: id.to_owned(), reply: server.send(call)? })
    }

    /// The same again.
    pub(crate) fn again(&self, content_type: &str, body: &Value) -> Step<Reply> {
        self.server.send(self.server.call(Method::POST, "/processes").body(content_type, body.to_string()))
    }

    /// Another package in its place.
    pub(crate) fn replace(&self, content_type: &str, body: &Value) -> Step<Reply> {
        let path = format!("/processes/{}", self.id);
        self.server.send(self.server.call(Method::PUT, &path).body(content_type, body.to_string()))
    }

    /// Its package, in this media type.
    pub(crate) fn package(&self, media_type: &str) -> Step<Reply> {
        let path = format!("/processes/{}/package", self.id);
        self.server.send(self.server.call(Method::GET, &path).header("accept", media_type))
    }
}

impl Drop for Deployment<'_> {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.server.send(self.server.call(Method::DELETE, &format!("/processes/{}", self.id)));
    }
}

/// Whether the server claims to deploy processes at all.
pub(crate) fn is_declared(server: &Server) -> Step<bool> {
    let classes = server.document("/conformance")?;
    let mut all = classes["conformsTo"].as_array().into_iter().flatten().filter_map(Value::as_str);
    Ok(all.any(|class| class.ends_with("ogcapi-processes-2/1.0/conf/deploy-replace-undeploy")))
}

/// 201 or 202; with 201, where the process is, and its summary (`processSummary.yaml`).
pub(crate) fn is_deployed(server: &Server, findings: &mut Findings, deployment: &Deployment<'_>) -> Step {
    let reply = &deployment.reply;
    if !findings.status_in(reply, &[201, 202]) || reply.status == 202 {
        return Ok(());
    }
    has_summary(findings, deployment);
    let described = server.get(&format!("/processes/{}", deployment.id))?;
    findings.status(&described, 200);
    Ok(())
}

/// `Location` leads to the process, and the body sums it up.
pub(crate) fn has_summary(findings: &mut Findings, deployment: &Deployment<'_>) {
    let reply = &deployment.reply;
    let location = reply.header("location").unwrap_or_default();
    let end = format!("/processes/{}", deployment.id);
    findings.expect(location.ends_with(&end), &reply.to, || format!("Location {location:?} does not end with {end}"));
    let Some(summary) = core::json(findings, reply) else { return };
    findings.extend(&reply.to, documents::problems(&PROCESS_SUMMARY, &summary));
    findings.expect(summary["id"] == *deployment.id, &reply.to, || format!("the summary has the id {}", summary["id"]));
}

/// 409, and which exception.
pub(crate) fn is_duplicate(findings: &mut Findings, reply: &Reply) {
    exception(findings, reply, 409, &format!("{EXCEPTIONS_2}/duplicated-process"));
}

/// Every address of the process list, with something behind it.
fn addresses(server: &Server, behind: &str) -> Step<Vec<String>> {
    let page = server.document("/")?;
    let mut all: Vec<String> =
        core::targets(&page, &[&format!("{RELATIONS}/processes")]).iter().map(|href| server.reachable(href)).collect();
    all.push(format!("{}/processes", server.root));
    all.dedup();
    Ok(all.iter().map(|address| format!("{address}{behind}")).collect())
}

fn mutable(server: &Server, wanted: bool) -> Step<Vec<Process>> {
    let what = if wanted { "is mutable" } else { "is immutable" };
    server.processes_that(what, |process| process.description["mutable"] == wanted)
}

fn static_indicator(server: &Server, findings: &mut Findings) -> Step {
    for address in addresses(server, "")? {
        let reply = server.send(Call::new(Method::GET, address).header("accept", "application/json"))?;
        findings.status(&reply, 200);
        let Some(list) = core::json(findings, &reply) else { continue };
        for process in list["processes"].as_array().into_iter().flatten() {
            findings.expect(process["mutable"].is_boolean(), &reply.to, || format!("mutable is {}", process["mutable"]));
        }
    }
    Ok(())
}

/// The operation is there, whatever it says to a request without a package.
fn supported(server: &Server, findings: &mut Findings, method: &Method, behind: &str) -> Step {
    for address in addresses(server, behind)? {
        let reply = server.send(Call::new(method.clone(), address))?;
        findings.expect(reply.status != 405, &reply.to, || "405 Method not allowed".to_owned());
    }
    Ok(())
}

fn deploy_post(server: &Server, findings: &mut Findings) -> Step {
    supported(server, findings, &Method::POST, "")
}

fn replace_put(server: &Server, findings: &mut Findings) -> Step {
    supported(server, findings, &Method::PUT, "/not-existing-process")
}

fn undeploy_delete(server: &Server, findings: &mut Findings) -> Step {
    supported(server, findings, &Method::DELETE, "/not-existing-process")
}

/// The requirement calls the exception `unsupported-media-type`, one of the abstract tests
/// `unsupported-content-type`: the requirement has it right.
fn unsupported(server: &Server, findings: &mut Findings, method: &Method, behind: &str) -> Step {
    for address in addresses(server, behind)? {
        let reply = server.send(Call::new(method.clone(), address).body("text/plain", "this is no package"))?;
        exception(findings, &reply, 415, &format!("{EXCEPTIONS_2}/unsupported-media-type"));
    }
    Ok(())
}

fn deploy_unsupported(server: &Server, findings: &mut Findings) -> Step {
    unsupported(server, findings, &Method::POST, "")
}

fn replace_unsupported(server: &Server, findings: &mut Findings) -> Step {
    let deployment = Deployment::new(server)?;
    unsupported(server, findings, &Method::PUT, &format!("/{}", deployment.id))
}

/// The id that the package has for it is the id of the process.
fn deploy_id(server: &Server, findings: &mut Findings) -> Step {
    for id in [FIRST, "conformance-renamed"] {
        let deployment = Deployment::send(server, id, CWL, &package(id), "")?;
        is_deployed(server, findings, &deployment)?;
        let listed = server.document("/processes?limit=10000")?;
        let is_listed = listed["processes"].as_array().into_iter().flatten().any(|process| process["id"] == id);
        findings.expect(is_listed, &deployment.reply.to, || format!("{id} is not in the process list"));
        let process = server.document(&format!("/processes/{id}"))?;
        findings.expect(process["mutable"] == true, &deployment.reply.to, || format!("{id} is not mutable"));
    }
    Ok(())
}

fn deploy_immutable(server: &Server, findings: &mut Findings) -> Step {
    for process in mutable(server, false)? {
        let call = server.call(Method::POST, "/processes").body(CWL, package(&process.id).to_string());
        exception(findings, &server.send(call)?, 403, &format!("{EXCEPTIONS_2}/immutable-process"));
    }
    Ok(())
}

fn undeploy(server: &Server, findings: &mut Findings) -> Step {
    let deployment = Deployment::new(server)?;
    let path = format!("/processes/{}", deployment.id);
    let reply = server.send(server.call(Method::DELETE, &path))?;
    findings.status(&reply, 204);
    findings.expect(reply.body.is_empty(), &reply.to, || format!("a 204 has a body: {}", reply.start()));
    findings.status(&server.get(&path)?, 404);
    Ok(())
}

fn undeploy_immutable(server: &Server, findings: &mut Findings) -> Step {
    let processes = mutable(server, false)?;
    for process in processes {
        for address in addresses(server, &format!("/{}", process.id))? {
            let reply = server.send(Call::new(Method::DELETE, address))?;
            exception(findings, &reply, 403, &format!("{EXCEPTIONS_2}/immutable-process"));
        }
        findings.status(&server.get(&format!("/processes/{}", process.id))?, 200);
    }
    Ok(())
}

fn package_operation(server: &Server, findings: &mut Findings) -> Step {
    let deployment = Deployment::new(server)?;
    let reply = deployment.package(CWL)?;
    findings.status(&reply, 200);
    Ok(())
}

/// What was deployed comes back: after a deployment, and after a replacement.
fn package_body(server: &Server, findings: &mut Findings) -> Step {
    let deployment = Deployment::new(server)?;
    let first = package(FIRST);
    let mut second = first.clone();
    second["s:softwareVersion"] = json!("2.0.0");
    returned(findings, &deployment.package(CWL)?, &first);
    let reply = deployment.replace(CWL, &second)?;
    if ![200, 204].contains(&reply.status) {
        return not_applicable("a process can only be replaced later");
    }
    returned(findings, &deployment.package(CWL)?, &second);
    Ok(())
}

/// The answer is this package.
pub(crate) fn returned(findings: &mut Findings, reply: &Reply, wanted: &Value) {
    findings.status(reply, 200);
    let found = reply.json().ok();
    findings.expect(found.as_ref() == Some(wanted), &reply.to, || "the body is not the package that was deployed".to_owned());
}
