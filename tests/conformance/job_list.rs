//! `job-list`: the list of jobs: its entries, links and pages.
//!
//! OGC 18-062r2, clause 10 and A.8. The parameters that choose among jobs are in `list_filters`.

use serde_json::{Value, json};

use crate::core;
use crate::documents::JOB_LIST;
use crate::findings::{Check, Findings, Step};
use crate::openapi::OpenApi;
use crate::process::Process;
use crate::server::Server;

pub(crate) const TESTS: &[(&str, Check)] = &[
    ("job-list/job-list-op", list),
    ("job-list/limit-definition", limit_definition),
    ("job-list/limit-response", limit_response),
    ("job-list/job-list-success", list_success),
    ("job-list/links", links),
    ("job-list/processID-mandatory", process_id_mandatory),
];

/// Jobs of every process that makes them: one that is over, one that failed (if it is known how to make a
/// job fail), and one that has just begun.
pub(crate) fn populate(server: &Server) -> Step<Vec<String>> {
    let mut all = Vec::new();
    for process in server.processes_that("can be executed asynchronously", Process::can_async)? {
        let over = server.start(&process)?;
        server.wait(&over)?;
        all.push(over);
        if let Some(inputs) = server.failing_inputs(&process) {
            let failed = server.start_with(&process, &json!({"inputs": inputs}))?;
            server.wait(&failed)?;
            all.push(failed);
        }
        all.push(server.start(&process)?);
    }
    Ok(all)
}

/// The jobs that the list has with this query.
pub(crate) fn jobs(server: &Server, findings: &mut Findings, query: &str) -> Step<Vec<Value>> {
    let reply = server.get(&format!("/jobs{query}"))?;
    findings.status(&reply, 200);
    let list = core::json(findings, &reply).unwrap_or_default();
    Ok(list["jobs"].as_array().cloned().unwrap_or_default())
}

fn list(server: &Server, findings: &mut Findings) -> Step {
    core::document(findings, &server.get("/jobs")?, &JOB_LIST);
    Ok(())
}

fn list_success(server: &Server, findings: &mut Findings) -> Step {
    let created = populate(server)?;
    let reply = server.get("/jobs?limit=10000")?;
    let Some(list) = core::document(findings, &reply, &JOB_LIST) else { return Ok(()) };
    for job in created {
        let listed = list["jobs"].as_array().into_iter().flatten().any(|entry| entry["jobID"] == *job);
        findings.expect(listed, &reply.to, || "a job that was created is not in the list".to_owned());
    }
    Ok(())
}

fn limit_definition(server: &Server, findings: &mut Findings) -> Step {
    core::limit(server, findings, &OpenApi::of(server)?, "/jobs")
}

fn limit_response(server: &Server, findings: &mut Findings) -> Step {
    populate(server)?;
    core::limited(server, findings, "/jobs", "jobs")
}

fn links(server: &Server, findings: &mut Findings) -> Step {
    populate(server)?;
    core::links_of(server, findings, "/jobs")
}

fn process_id_mandatory(server: &Server, findings: &mut Findings) -> Step {
    populate(server)?;
    for job in jobs(server, findings, "")? {
        findings.expect(job["processID"].is_string(), "GET /jobs", || "a job has no processID".to_owned());
    }
    Ok(())
}
