//! `core`: the results of an asynchronous execution, in the form that its request asked for.
//!
//! OGC 18-062r2, 7.13.3: the same forms as those of a synchronous answer, which is where they are checked.

use crate::findings::{Check, Findings, Step};
use crate::http::Reply;
use crate::process::Process;
use crate::server::{ASYNC, Server, job_of};
use crate::sync::{self, Wanted};

pub(crate) const TESTS: &[(&str, Check)] = &[
    ("core/job-results-async-document", document),
    ("core/job-results-async-raw-value-one", raw_value_one),
    ("core/job-results-async-raw-value-multi", raw_value_multi),
    ("core/job-results-async-raw-ref", raw_reference),
    ("core/job-results-async-raw-mixed-multi", raw_mixed),
];

/// The results of a job, for a request with these outputs in this form. A server may answer at once. Then
/// that answer replaces the results, or the job named by its `Link` does.
fn results(
    server: &Server,
    findings: &mut Findings,
    process: &Process,
    response: &str,
    wanted: &Wanted<'_>,
) -> Step<Option<Reply>> {
    let request = Process::request(&server.inputs(process)?, response, wanted);
    let reply = server.execute(process, &request, Some(ASYNC))?;
    let job = match reply.status {
        201 => job_of(&reply),
        200 | 204 if process.can_sync() => {
            let monitor = reply.links(Some("monitor")).first().cloned();
            match monitor.and_then(|link| link.trim_end_matches('/').rsplit('/').next().map(str::to_owned)) {
                Some(job) => Some(job),
                None => return Ok(Some(reply)),
            }
        }
        _ => None,
    };
    let Some(job) = job else {
        findings.status(&reply, 201);
        return Ok(None);
    };
    let status = server.wait(&job)?;
    findings.expect(status["status"] == "successful", &reply.to, || {
        format!("the job ends as {}: {}", status["status"], status["message"])
    });
    // The request asks for a form. A server that could also show a page must know that none is wanted.
    let accept = if response == "document" { "application/json" } else { "multipart/related, application/json, */*;q=0.5" };
    server.send(server.call(http::Method::GET, &format!("/jobs/{job}/results")).header("accept", accept)).map(Some)
}

/// The processes that make jobs, have so many outputs and give them in these ways.
fn able(server: &Server, what: &str, outputs: usize, modes: &[&str]) -> Step<Vec<Process>> {
    let able = |process: &Process| {
        process.can_async() && process.outputs().count() >= outputs && modes.iter().all(|mode| process.transmits(mode))
    };
    server.processes_that(what, able)
}

fn document(server: &Server, findings: &mut Findings) -> Step {
    for process in able(server, "can be executed asynchronously", 1, &["value"])? {
        let wanted: Wanted<'_> = process.outputs().map(|(name, _)| (name, "value")).collect();
        if let Some(reply) = results(server, findings, &process, "document", &wanted)? {
            sync::is_document(findings, &process, &wanted, &reply);
        }
    }
    Ok(())
}

fn raw_value_one(server: &Server, findings: &mut Findings) -> Step {
    for process in able(server, "can be executed asynchronously and gives values", 1, &["value"])? {
        for (name, output) in process.outputs() {
            if let Some(reply) = results(server, findings, &process, "raw", &vec![(name, "value")])? {
                sync::is_raw_value(findings, name, output, &reply);
            }
        }
    }
    Ok(())
}

fn raw_value_multi(server: &Server, findings: &mut Findings) -> Step {
    for process in able(server, "has several outputs and can be executed asynchronously", 2, &["value"])? {
        let wanted: Wanted<'_> = process.outputs().map(|(name, _)| (name, "value")).collect();
        if let Some(reply) = results(server, findings, &process, "raw", &wanted)? {
            sync::is_raw_multi(findings, &process, &wanted, &reply);
        }
    }
    Ok(())
}

fn raw_reference(server: &Server, findings: &mut Findings) -> Step {
    for process in able(server, "can be executed asynchronously and gives references", 1, &["reference"])? {
        let wanted: Wanted<'_> = process.outputs().map(|(name, _)| (name, "reference")).collect();
        if let Some(reply) = results(server, findings, &process, "raw", &wanted)? {
            sync::is_raw_reference(findings, &wanted, &reply);
        }
    }
    Ok(())
}

fn raw_mixed(server: &Server, findings: &mut Findings) -> Step {
    let what = "has several outputs, by value and by reference, and can be executed asynchronously";
    for process in able(server, what, 2, &["value", "reference"])? {
        let wanted = sync::mixed(&process);
        if let Some(reply) = results(server, findings, &process, "raw", &wanted)? {
            sync::is_raw_multi(findings, &process, &wanted, &reply);
        }
    }
    Ok(())
}
