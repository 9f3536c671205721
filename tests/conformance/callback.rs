//! `callback`: what the server POSTs to the addresses that a request subscribes with.
//!
//! OGC 18-062r2, clause 11 and A.9.

use std::time::Duration;

use serde_json::{Value, json};

use crate::findings::{Check, Findings, Step, broken, not_applicable};
use crate::http::essence;
use crate::listener::{Listener, Posted};
use crate::process::Process;
use crate::server::{ASYNC, Server, job_of};

pub(crate) const TESTS: &[(&str, Check)] = &[("callback/job-callback", callback)];

/// How long a callback may take after the job is over.
const PATIENCE: Duration = Duration::from_secs(5);

fn callback(server: &Server, findings: &mut Findings) -> Step {
    let Some(address) = server.listen.as_deref() else {
        return not_applicable("CONFORMANCE_LISTEN has to name an address that the server can reach");
    };
    for process in server.processes_that("can be executed asynchronously", Process::can_async)? {
        let inputs = Value::Object(server.inputs(&process)?);
        subscribed(server, findings, &process, &inputs, address, "success", "failed")?;
        if let Some(inputs) = server.failing_inputs(&process) {
            subscribed(server, findings, &process, &inputs, address, "failed", "success")?;
        }
    }
    Ok(())
}

/// A job with these inputs calls the first address once, the second never, and says in between how it goes
/// on.
fn subscribed(
    server: &Server,
    findings: &mut Findings,
    process: &Process,
    inputs: &Value,
    address: &str,
    called: &str,
    silent: &str,
) -> Step {
    let listener = match Listener::start(address, &Value::Null) {
        Ok(listener) => listener,
        Err(error) => return broken(address, format!("cannot listen there: {error}")),
    };
    let url = |path: &str| listener.url(&format!("/{path}"));
    let subscriber = json!({"successUri": url("success"), "inProgressUri": url("progress"), "failedUri": url("failed")});
    let request = json!({"inputs": inputs, "response": "document", "subscriber": subscriber});
    let reply = server.execute(process, &request, Some(ASYNC))?;
    findings.status(&reply, 201);
    let Some(job) = job_of(&reply) else { return Ok(()) };
    server.wait(&job)?;

    let posted = listener.posted_to(&format!("/{called}"), PATIENCE);
    let at = &reply.to;
    findings.expect(posted.len() == 1, at, || format!("{} messages to the {called}Uri, there has to be one", posted.len()));
    if let Some(message) = posted.first() {
        findings.expect(essence(&message.content_type) == "application/json", at, || {
            format!("the message to the {called}Uri has the media type {:?}", message.content_type)
        });
        let body = document(message);
        let wanted = server.get(&format!("/jobs/{job}/results"))?.json().ok();
        // A failure has only to be an exception: it need not be worded as at the results.
        let right = if called == "success" { body == wanted } else { body.is_some_and(|body| body["type"].is_string()) };
        findings.expect(right, at, || format!("the message to the {called}Uri is not what the results of the job are"));
    }
    let wrong = listener.posted_to(&format!("/{silent}"), Duration::ZERO);
    findings.expect(wrong.is_empty(), at, || format!("a message to the {silent}Uri of a job that is none"));
    let progress = listener.posted_to("/progress", PATIENCE);
    findings.expect(!progress.is_empty(), at, || "no message to the inProgressUri".to_owned());
    for message in progress {
        let told = document(&message).is_some_and(|status| status["status"].is_string());
        findings.expect(told, at, || "a message to the inProgressUri is no status info".to_owned());
    }
    Ok(())
}

fn document(message: &Posted) -> Option<Value> {
    serde_json::from_slice(&message.body).ok()
}
