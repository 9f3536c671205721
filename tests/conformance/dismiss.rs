//! `dismiss`: a job is cancelled, or its results are thrown away.
//!
//! OGC 18-062r2, clause 12 and A.10.

use http::Method;

use crate::core;
use crate::documents::STATUS_INFO;
use crate::findings::{Check, Findings, Step};
use crate::process::Process;
use crate::server::Server;

pub(crate) const TESTS: &[(&str, Check)] = &[("dismiss/job-dismiss-op", operation), ("dismiss/job-dismiss-success", success)];

fn dismissed(server: &Server, findings: &mut Findings, job: &str) -> Step {
    let reply = server.send(server.call(Method::DELETE, &format!("/jobs/{job}")).header("accept", "application/json"))?;
    let Some(status) = core::document(findings, &reply, &STATUS_INFO) else { return Ok(()) };
    findings.expect(status["status"] == "dismissed", &reply.to, || format!("the status is {}, not dismissed", status["status"]));
    findings.expect(status["jobID"] == *job, &reply.to, || format!("the jobID is {}, not {job}", status["jobID"]));
    Ok(())
}

/// A running job, and what is known of it afterwards: that it was dismissed, or nothing.
fn operation(server: &Server, findings: &mut Findings) -> Step {
    let (_, job) = server.any_job()?;
    dismissed(server, findings, &job)?;
    let reply = server.get(&format!("/jobs/{job}"))?;
    findings.status_in(&reply, &[200, 404]);
    let status = reply.json().unwrap_or_default();
    let gone = reply.status == 404 || status["status"] == "dismissed";
    findings.expect(gone, &reply.to, || format!("the job is {} after it was dismissed", status["status"]));
    Ok(())
}

/// Running and finished jobs of every process.
fn success(server: &Server, findings: &mut Findings) -> Step {
    for process in server.processes_that("can be executed asynchronously", Process::can_async)? {
        dismissed(server, findings, &server.start(&process)?)?;
        let over = server.start(&process)?;
        server.wait(&over)?;
        dismissed(server, findings, &over)?;
    }
    Ok(())
}
