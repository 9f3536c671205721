//! `core`: the execution of a process: the request, and which mode the server chooses.
//!
//! OGC 18-062r2, 7.11.1 to 7.11.3. What inputs may look like is in `inputs`, what a synchronous answer looks
//! like in `sync`.

use serde_json::{Map, Value, json};

use crate::core;
use crate::documents::{self, EXECUTE, RESULTS, STATUS_INFO};
use crate::findings::{Check, Findings, Step};
use crate::http::Reply;
use crate::process::Process;
use crate::server::{ASYNC, Server, job_of};

pub(crate) const TESTS: &[(&str, Check)] = &[
    ("core/process-execute-op", operation),
    ("core/process-execute-request", request),
    ("core/process-execute-default-execution-mode", default_mode),
    ("core/process-execute-auto-execution-mode", auto_mode),
    ("core/process-execute-default-outputs", default_outputs),
    ("core/process-execute-success-async", success_async),
];

/// The process runs with this request, in the mode that it is made for, and succeeds: its results, as a
/// document.
pub(crate) fn succeeds(server: &Server, findings: &mut Findings, process: &Process, request: &Value) -> Step<Option<Value>> {
    if process.can_sync() {
        let reply = server.execute(process, request, None)?;
        findings.status(&reply, 200);
        return Ok(if reply.status == 200 { core::json(findings, &reply) } else { None });
    }
    let reply = server.execute(process, request, Some(ASYNC))?;
    let Some(job) = created(findings, &reply) else { return Ok(None) };
    let status = server.wait(&job)?;
    let at = format!("GET /jobs/ of {}", process.id);
    findings
        .expect(status["status"] == "successful", &at, || format!("the job ends as {}: {}", status["status"], status["message"]));
    let reply = server.get(&format!("/jobs/{job}/results"))?;
    findings.status(&reply, 200);
    Ok(if reply.status == 200 { core::json(findings, &reply) } else { None })
}

/// The answer says that a job was created, and which.
fn created(findings: &mut Findings, reply: &Reply) -> Option<String> {
    let created = findings.status(reply, 201);
    job_of(reply).filter(|_| created)
}

/// A request for all outputs in one document.
pub(crate) fn document_of(inputs: &Map<String, Value>) -> Value {
    json!({"inputs": inputs, "response": "document"})
}

/// The answer is that of one of the modes: results, or a job.
fn answers(server: &Server, findings: &mut Findings, reply: &Reply, statuses: &[u16]) -> Step {
    if findings.status_in(reply, statuses) && reply.status == 201 {
        return is_job(server, findings, reply);
    }
    if reply.status == 200
        && let Some(results) = core::json(findings, reply)
    {
        findings.extend(&reply.to, documents::problems(&RESULTS, &results));
    }
    Ok(())
}

fn operation(server: &Server, findings: &mut Findings) -> Step {
    for process in server.processes()? {
        let request = document_of(&server.inputs(&process)?);
        if process.can_sync() {
            answers(server, findings, &server.execute(&process, &request, None)?, &[200])?;
        }
        if process.can_async() {
            answers(server, findings, &server.execute(&process, &request, Some(ASYNC))?, may(&process))?;
        }
    }
    Ok(())
}

/// What a request that prefers an asynchronous answer may get.
fn may(process: &Process) -> &'static [u16] {
    match (process.can_sync(), process.can_async()) {
        (true, true) => &[200, 201],
        (false, true) => &[201],
        _ => &[200],
    }
}

/// The request that every other test begins with is one of `execute.yaml`, and the server understands all of
/// its members.
fn request(server: &Server, findings: &mut Findings) -> Step {
    for process in server.processes()? {
        let outputs: Vec<(&str, &str)> = process.outputs().map(|(name, _)| (name, "value")).collect();
        let request = Process::request(&server.inputs(&process)?, "document", &outputs);
        findings.extend(&format!("the request to {}", process.id), documents::problems(&EXECUTE, &request));
        let results = succeeds(server, findings, &process, &request)?;
        let Some(results) = results else { continue };
        for (name, _) in outputs {
            findings
                .expect(results.get(name).is_some(), &process.id, || format!("the output {name} was asked for and is missing"));
        }
    }
    Ok(())
}

fn default_mode(server: &Server, findings: &mut Findings) -> Step {
    for process in server.processes()? {
        let reply = server.execute(&process, &document_of(&server.inputs(&process)?), None)?;
        answers(server, findings, &reply, if process.can_sync() { &[200] } else { &[201] })?;
    }
    Ok(())
}

fn auto_mode(server: &Server, findings: &mut Findings) -> Step {
    for process in server.processes()? {
        let reply = server.execute(&process, &document_of(&server.inputs(&process)?), Some(ASYNC))?;
        answers(server, findings, &reply, may(&process))?;
    }
    Ok(())
}

/// `Location` leads to the status of the job that the body describes.
fn is_job(server: &Server, findings: &mut Findings, reply: &Reply) -> Step {
    let Some(document) = core::json(findings, reply) else { return Ok(()) };
    findings.extend(&reply.to, documents::problems(&STATUS_INFO, &document));
    let location = reply.header("location");
    findings.expect(location.is_some(), &reply.to, || "no Location header".to_owned());
    let Some(location) = location else { return Ok(()) };
    let id = document["jobID"].as_str().unwrap_or_default();
    findings
        .expect(location.ends_with(&format!("/jobs/{id}")), &reply.to, || format!("Location {location:?} is not that of {id}"));
    let status = server.send(crate::http::Call::new(http::Method::GET, server.reachable(location)))?;
    findings.status(&status, 200);
    Ok(())
}

fn default_outputs(server: &Server, findings: &mut Findings) -> Step {
    for process in server.processes()? {
        let Some(results) = succeeds(server, findings, &process, &document_of(&server.inputs(&process)?))? else { continue };
        for (name, _) in process.outputs() {
            findings.expect(results.get(name).is_some(), &process.id, || format!("the output {name} is missing"));
        }
    }
    Ok(())
}

fn success_async(server: &Server, findings: &mut Findings) -> Step {
    for process in server.processes_that("can be executed asynchronously", Process::can_async)? {
        let reply = server.execute(&process, &document_of(&server.inputs(&process)?), Some(ASYNC))?;
        if reply.status == 200 && process.can_sync() {
            // It may: the preference is one (RFC 7240, 2).
            continue;
        }
        findings.status(&reply, 201);
        is_job(server, findings, &reply)?;
    }
    Ok(())
}
