//! Status, list, results and dismissal of jobs.
//!
//! [`JobPages`] writes what the service knows of a job. It does not know how jobs are created and move on.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::answer::Answer;
use super::exception::Exception;
use super::format::Format;
use super::outcome::{self, Content, Outcome};
use super::paging::Page;
use crate::http::Request;
use crate::scenario::{Generation, Version};
use crate::service::{Job, Phase};

const RESULTS: &str = "http://www.opengis.net/def/rel/ogc/1.0/results";

/// What pages about jobs have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct JobPages<'a> {
    pub(super) root: &'a str,
    pub(super) version: &'a Version,
}

impl JobPages<'_> {
    /// The status document. In a list, the titles of its links have lost the job's id.
    pub(super) fn status(self, job: &Job, in_list: bool) -> Value {
        let mut document = json!({
            "type": "process",
            "processID": job.process.id,
            "jobID": job.id,
            "status": status(job),
            "message": message(job),
            "progress": progress(job, self.version.generation()),
            "parameters": null,
            "created": date(job.created()),
            "started": date(job.created()),
            "finished": job.finished().map(date),
            "updated": date(job.updated()),
        });
        if let Some(members) = document.as_object_mut()
            && matches!(status(job), "accepted" | "running" | "successful")
        {
            members.insert("links".to_owned(), self.links(job, in_list).into());
        }
        document
    }

    /// A job that has not ended promises bytes of some kind.
    fn links(self, job: &Job, in_list: bool) -> Vec<Value> {
        let results = format!("{}/jobs/{}/results", self.root, job.id);
        let media_type = match job.phase() {
            Phase::Successful => Outcome::of(job).media_type,
            _ => "application/octet-stream".to_owned(),
        };
        let id = if in_list { "None" } else { &job.id };
        let link = |href: String, media_type: &str, title: String| json!({"href": href, "rel": RESULTS, "type": media_type, "title": title});
        let title = format!("Results of job {id} as {media_type}");
        let own = link(results.clone(), &media_type, title);
        match self.version.generation() {
            Generation::V0_24 => vec![own],
            Generation::V0_21 => {
                let mut links = vec![
                    link(format!("{results}?f=html"), "text/html", "Results of job as HTML".to_owned()),
                    link(format!("{results}?f=json"), "application/json", "Results of job as JSON".to_owned()),
                ];
                if !matches!(media_type.as_str(), "application/json" | "text/html") {
                    links.push(own);
                }
                links
            }
        }
    }

    /// `GET /jobs`: a page of the jobs in the order of their creation, printed from the last one started to
    /// the first.
    pub(super) fn list(self, jobs: &[&Job], request: &Request) -> Result<Value, Exception> {
        let page = Page::of(request)?;
        let mut shown: Vec<&Job> = jobs.iter().skip(page.offset).take(page.limit).copied().collect();
        shown.sort_by_key(|job| std::cmp::Reverse(job.created()));
        let href = format!("{}/jobs", self.root);
        let mut links = vec![
            json!({"href": format!("{href}?f=html"), "rel": "alternate", "type": "text/html", "title": "Jobs list as HTML"}),
            json!({"href": format!("{href}?f=json"), "rel": "self", "type": "application/json", "title": "Jobs list as JSON"}),
        ];
        links.extend(page.links(request, &href, shown.len(), jobs.len()));
        let entries: Vec<Value> = shown.into_iter().map(|job| self.status(job, true)).collect();
        Ok(json!({"jobs": entries, "links": links}))
    }

    /// `DELETE /jobs/{id}`: JSON that says it is HTML, and has lost all other headers.
    pub(super) fn dismissed(self, id: &str) -> Answer {
        let href = format!("{}/jobs", self.root);
        let title = "The job list for the current process";
        let document = json!({
            "jobID": id,
            "status": "dismissed",
            "message": "Job dismissed",
            "progress": 100,
            "links": [{"href": href, "rel": "up", "type": "application/json", "title": title}],
        });
        Answer::document(200, &document, None).unsigned()
    }
}

/// `GET /jobs/{id}/results`: JSON only on request.
pub(super) fn results(job: &Job, format: Option<Format>) -> Result<Answer, Exception> {
    match status(job) {
        "successful" => {}
        "failed" => return Err(Exception::invalid("job failed")),
        "accepted" => return Err(Exception::result_not_ready("job accepted but not yet running")),
        _ => return Err(Exception::result_not_ready("job still running")),
    }
    let outcome = Outcome::of(job);
    Ok(match outcome.content {
        Content::Json(value) if outcome.media_type == outcome::JSON => {
            let format = if format == Some(Format::Json) { Format::Json } else { Format::Html };
            Answer::document(200, &value, Some(format))
        }
        content => Answer::raw(200, &outcome.media_type, content.into_bytes()),
    })
}

/// The error, in the answer to a synchronous request and in the message of a job.
pub(super) fn failure(job: &Job) -> String {
    format!("Error executing process: {}", job.now().map_or("", |status| &status.message))
}

fn status(job: &Job) -> &str {
    job.now().map_or("accepted", |status| &status.status)
}

/// pygeoapi has its own texts for what it decides itself.
fn message(job: &Job) -> String {
    match (job.phase(), job.now()) {
        (Phase::Successful, _) => "Job complete".to_owned(),
        (Phase::Failed, _) => format!("InvalidParameterValue: {}", failure(job)),
        (_, Some(status)) => status.message.clone(),
        (_, None) => "Job accepted and ready for execution".to_owned(),
    }
}

/// The progress of a failed job is that of the start, or of writing the results.
fn progress(job: &Job, generation: Generation) -> Value {
    match (job.phase(), job.now()) {
        (Phase::Successful, _) => 100.into(),
        (Phase::Failed, _) if Outcome::failure(job, generation).is_some() => 95.into(),
        (Phase::Running, Some(status)) => status.progress.clone().unwrap_or_else(|| 5.into()),
        _ => 5.into(),
    }
}

fn date(date: DateTime<Utc>) -> String {
    date.to_rfc3339_opts(SecondsFormat::Micros, true)
}
