//! Answers about jobs: the list, the status, the results, one result, and the dismissal.
//!
//! Jobs move on in the service; here they are only shown.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::call::Call;
use super::exception::Exception;
use super::{query, status, synchronous};
use crate::scenario::{Fixtures, SetUp};
use crate::service::{Job, Output, Phase, Service};

pub(super) fn list(call: Call<'_>) -> Result<Answer, Exception> {
    let filter = query::filter(call.request, call.fixtures.server.set_up)?;
    let jobs = call.service.jobs.list(call.namespace, &filter);
    let entries = jobs.into_iter().map(|job| status::document(call.fixtures, job));
    let href = format!("{}/jobs", call.fixtures.server.root_of(call.namespace));
    Ok(Answer::json(200, &query::page("jobs", entries, &href, call.request)))
}

pub(super) fn status(call: Call<'_>, id: &str) -> Result<Answer, Exception> {
    let job = call.service.jobs.poll(call.namespace, id)?;
    Ok(Answer::json(200, &status::document(call.fixtures, job)))
}

pub(super) fn dismiss(call: Call<'_>, id: &str) -> Result<Answer, Exception> {
    let job = call.service.jobs.dismiss(call.namespace, id)?;
    let mut document = status::dismissed(call.fixtures, &job);
    if let (false, Some(members)) = (call.fixtures.server.set_up.has_database(), document.as_object_mut()) {
        members.retain(|name, _| !matches!(name.as_str(), "type" | "processID" | "created" | "started" | "finished" | "updated"));
    }
    Ok(Answer::json(200, &document))
}

/// All results. The server ignores the query `outputs`.
pub(super) fn results(call: Call<'_>, id: &str) -> Result<Answer, Exception> {
    let job = call.service.jobs.get(call.namespace, id)?;
    if let Some(elsewhere) = elsewhere(call.fixtures, job)? {
        return Ok(elsewhere);
    }
    let job = finished(job)?.clone();
    for (name, output) in &job.outputs {
        if job.execution.by_reference(name) {
            call.service.files.put(reference_name(&job, name), synchronous::file(&Output::of(output)));
        }
    }
    Ok(Answer::json(200, &Value::Object(document(call.fixtures, &job))))
}

/// One result by itself: its address, or its value.
pub(super) fn result(call: Call<'_>, id: &str, output: &str) -> Result<Answer, Exception> {
    let job = call.service.jobs.get(call.namespace, id)?;
    if let Some(elsewhere) = elsewhere(call.fixtures, job)? {
        return Ok(elsewhere);
    }
    let job = finished(job)?.clone();
    let value = job.outputs.get(output).filter(|_| job.execution.wants(output));
    let value = value.ok_or_else(|| Exception::no_such_output(output))?;
    let file = synchronous::file(&Output::of(value));
    if job.execution.by_reference(output) {
        call.service.files.put(reference_name(&job, output), file);
        return Ok(Answer::empty(301).header("Location", reference(call.fixtures, &job, output)));
    }
    if let Some(href) = value["href"].as_str() {
        return Ok(Answer::empty(301).header("Location", href));
    }
    Ok(Answer::new(200, &file.media_type, file.body))
}

/// Without a database the kernel answers with the address of its file. It does not check which output was
/// requested, or whether the job has failed.
fn elsewhere(fixtures: &Fixtures, job: &Job) -> Result<Option<Answer>, Exception> {
    let file = format!("{}//{}.json", fixtures.server.files, job.id);
    let phase = job.phase();
    match fixtures.server.set_up {
        SetUp::Database => Ok(None),
        _ if matches!(phase, Phase::New | Phase::Running) => Err(Exception::result_not_ready()),
        SetUp::Bare => Ok(Some(Answer::json(200, &json!({})).header("Location", file))),
        // Apache turns the header into a redirection, with its own page.
        SetUp::Apache => {
            let page = format!(
                "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\" \"http://www.w3.org/TR/html4/strict.dtd\">\n<html><head>\n\
                 <title>302 Found</title>\n</head><body>\n<h1>Found</h1>\n<p>The document has moved <a href=\"{file}\">here</a>.</p>\n\
                 </body></html>\n"
            );
            Ok(Some(Answer::new(302, "text/html; charset=iso-8859-1", page).unsigned().header("Location", file)))
        }
    }
}

/// The file in which a kernel without a database keeps the outcome of a job: its results, or the exception,
/// with the same status.
pub(super) fn file(fixtures: &Fixtures, service: &mut Service, namespace: &str, name: &str) -> Option<Answer> {
    if fixtures.server.set_up.has_database() {
        return None;
    }
    let job = service.jobs.get(namespace, name.strip_suffix(".json")?).ok()?;
    let document = match job.phase() {
        Phase::Successful => Value::Object(document(fixtures, job)),
        Phase::Failed => Exception::failed_job(job).document(&fixtures.server),
        Phase::New | Phase::Running => return None,
    };
    Some(Answer::json(200, &document).typed("application/json").unsigned())
}

/// The results document of a job that has succeeded.
pub(super) fn document(fixtures: &Fixtures, job: &Job) -> Map<String, Value> {
    let wanted = job.outputs.iter().filter(|(name, _)| job.execution.wants(name));
    let shown = wanted.map(|(name, output)| match job.execution.by_reference(name) {
        true => (name.clone(), synchronous::link(&Output::of(output), &reference(fixtures, job, name))),
        false => (name.clone(), output.clone()),
    });
    shown.collect()
}

fn finished(job: &Job) -> Result<&Job, Exception> {
    match job.phase() {
        Phase::Successful => Ok(job),
        Phase::Failed => Err(Exception::failed()),
        Phase::New | Phase::Running => Err(Exception::result_not_ready()),
    }
}

fn reference(fixtures: &Fixtures, job: &Job, output: &str) -> String {
    synchronous::reference(fixtures, &reference_name(job, output))
}

fn reference_name(job: &Job, output: &str) -> String {
    synchronous::file_name(&job.process.id, output, &job.id, &Output::of(&job.outputs[output]))
}
