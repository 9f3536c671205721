//! `core`: the status of a job, and its results before there are any.
//!
//! OGC 18-062r2, 7.12 and 7.13. What results look like is in `results`.

use serde_json::json;

use crate::core::{self, EXCEPTIONS_1, exception};
use crate::documents::STATUS_INFO;
use crate::findings::{Check, Findings, Step, not_applicable};
use crate::process::Process;
use crate::server::{ASYNC, Server, job_of};

pub(crate) const TESTS: &[(&str, Check)] = &[
    ("core/job-op", status),
    ("core/job-success", every_status),
    ("core/job-exception-no-such-job", no_such_job),
    ("core/job-results", results),
    ("core/job-results-sync", results_of_sync),
    ("core/job-results-exception-no-such-job", results_of_no_job),
    ("core/job-results-exception-results-not-ready", results_not_ready),
    ("core/job-results-failed", results_of_failed_job),
];

/// An id that no server gives.
const NO_JOB: &str = "00000000-0000-0000-0000-000000000000";

fn status(server: &Server, findings: &mut Findings) -> Step {
    let (_, job) = server.any_job()?;
    let reply = server.get(&format!("/jobs/{job}"))?;
    let Some(document) = core::document(findings, &reply, &STATUS_INFO) else { return Ok(()) };
    findings.expect(document["jobID"] == *job, &reply.to, || format!("the status of {job} has the jobID {}", document["jobID"]));
    Ok(())
}

/// Not only the first: what a job shows while it runs and when it is over.
fn every_status(server: &Server, findings: &mut Findings) -> Step {
    for process in server.processes_that("can be executed asynchronously", Process::can_async)? {
        let job = server.start(&process)?;
        let path = format!("/jobs/{job}");
        core::document(findings, &server.get(&path)?, &STATUS_INFO);
        let last = server.wait(&job)?;
        core::document(findings, &server.get(&path)?, &STATUS_INFO);
        let at = format!("GET {path}");
        findings.expect(last["status"] == "successful", &at, || format!("the job ends as {}", last["status"]));
        let results = last["links"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|link| link["rel"].as_str().is_some_and(|rel| rel.rsplit('/').next() == Some("results")));
        findings.expect(results, &at, || "a successful job has no link to its results".to_owned());
    }
    Ok(())
}

fn no_such_job(server: &Server, findings: &mut Findings) -> Step {
    let reply = server.get(&format!("/jobs/{NO_JOB}"))?;
    exception(findings, &reply, 404, &format!("{EXCEPTIONS_1}/no-such-job"));
    Ok(())
}

fn results(server: &Server, findings: &mut Findings) -> Step {
    let (_, job) = server.any_job()?;
    server.wait(&job)?;
    let reply = server.get(&format!("/jobs/{job}/results"))?;
    findings.status_in(&reply, &[200, 204]);
    Ok(())
}

/// Only a server that keeps a job of a synchronous execution has to show it.
fn results_of_sync(server: &Server, findings: &mut Findings) -> Step {
    let mut jobs = 0;
    for process in server.processes_that("can be executed synchronously", Process::can_sync)? {
        let request = json!({"inputs": server.inputs(&process)?, "response": "document"});
        let reply = server.execute(&process, &request, None)?;
        for monitor in reply.links(Some("monitor")) {
            jobs += 1;
            let reply = server.send(crate::http::Call::new(http::Method::GET, server.reachable(&monitor)))?;
            let Some(status) = core::document(findings, &reply, &STATUS_INFO) else { continue };
            findings.expect(status["status"] == "successful", &reply.to, || format!("the job is {}", status["status"]));
        }
    }
    if jobs == 0 {
        return not_applicable("a synchronous execution makes no job: no Link with the relation monitor");
    }
    Ok(())
}

fn results_of_no_job(server: &Server, findings: &mut Findings) -> Step {
    let reply = server.get(&format!("/jobs/{NO_JOB}/results"))?;
    exception(findings, &reply, 404, &format!("{EXCEPTIONS_1}/no-such-job"));
    Ok(())
}

/// The job has only just been created; one that is over already shows nothing.
fn results_not_ready(server: &Server, findings: &mut Findings) -> Step {
    let mut running = 0;
    for process in server.processes_that("can be executed asynchronously", Process::can_async)? {
        let job = server.start(&process)?;
        let reply = server.get(&format!("/jobs/{job}/results"))?;
        if reply.status == 200 {
            continue;
        }
        running += 1;
        exception(findings, &reply, 404, &format!("{EXCEPTIONS_1}/result-not-ready"));
    }
    if running == 0 { not_applicable("no job takes long enough") } else { Ok(()) }
}

fn results_of_failed_job(server: &Server, findings: &mut Findings) -> Step {
    let failing = |process: &Process| process.can_async() && server.failing_inputs(process).is_some();
    for process in server.processes_that("has inputs that are known to make it fail", failing)? {
        let reply = server.execute(&process, &json!({"inputs": server.failing_inputs(&process)}), Some(ASYNC))?;
        findings.status(&reply, 201);
        let Some(job) = job_of(&reply) else { continue };
        let status = server.wait(&job)?;
        findings.expect(status["status"] == "failed", &reply.to, || format!("the job ends as {}", status["status"]));
        let reply = server.get(&format!("/jobs/{job}/results"))?;
        let is_error = (400..600).contains(&reply.status) && reply.status != 404;
        findings.expect(is_error, &reply.to, || format!("status {}, the standard has an error that is not 404", reply.status));
        let Some(document) = core::json(findings, &reply) else { continue };
        findings.extend(&reply.to, crate::documents::problems(&crate::documents::EXCEPTION, &document));
        let named = document["type"].as_str().is_some_and(|kind| !kind.is_empty());
        findings.expect(named, &reply.to, || "the exception does not say what failed".to_owned());
    }
    Ok(())
}
