//! The files behind links: tool logs of jobs, and outputs that were requested by reference.
//!
//! If the scenario has no text for a log, it is the job's own history. How the links are made is not known
//! here.

use chrono::SecondsFormat;

use super::answer::Answer;
use super::exception::Exception;
use super::jobs;
use crate::scenario::{ANONYMOUS, Fixtures};
use crate::service::{Job, NoSuchJob, Phase, Service};

/// Namespace and file of `/temp/...` or `/{namespace}/temp/...`.
pub(super) fn split(path: &str) -> Option<(&str, &str)> {
    let (namespace, file) = match path.strip_prefix("/temp/") {
        Some(file) => (ANONYMOUS, file),
        None => {
            let (namespace, rest) = path.strip_prefix('/')?.split_once('/')?;
            (namespace, rest.strip_prefix("temp/")?)
        }
    };
    // The server itself writes a slash too many.
    Some((namespace, file.trim_start_matches('/')))
}

pub(super) fn file(fixtures: &Fixtures, service: &mut Service, namespace: &str, path: &str) -> Result<Answer, Exception> {
    // The files of all namespaces are in one folder.
    if let Some(file) = jobs::file(fixtures, service, &fixtures.server.namespace, path) {
        return Ok(file);
    }
    let log = path.split_once('/').and_then(|(folder, name)| log(service, namespace, folder, name));
    if let Some(text) = log {
        return Ok(Answer::new(200, "text/plain", text));
    }
    let file = service.files.get(path).ok_or_else(|| Exception::not_found(path))?;
    Ok(Answer::new(200, &file.media_type, file.body.clone()))
}

/// The log of this name in the folder `{process}-{job}` of a job that has succeeded.
fn log(service: &mut Service, namespace: &str, folder: &str, name: &str) -> Option<String> {
    let at = folder.len().checked_sub(36).filter(|at| folder.is_char_boundary(*at))?;
    let job = match service.jobs.get(namespace, &folder[at..]) {
        Ok(job) if folder[..at].strip_suffix('-') == Some(&job.process.id) && job.phase() == Phase::Successful => job,
        Ok(_) | Err(NoSuchJob) => return None,
    };
    if let Some((_, text)) = job.process.log_texts.iter().find(|(known, _)| known == name) {
        return Some(text.clone());
    }
    let links = job.process.logs.as_array()?;
    let is_linked = links.iter().any(|link| link["href"].as_str().is_some_and(|href| href.rsplit('/').next() == Some(name)));
    is_linked.then(|| diary(job, name))
}

fn diary(job: &Job, name: &str) -> String {
    let stage = name.strip_suffix(".log").unwrap_or(name);
    let mut before = "";
    let mut lines = vec![format!("{stage} of job {}", job.id)];
    for (date, message) in job.diary() {
        if message != before {
            lines.push(format!("[{}] {message}", date.to_rfc3339_opts(SecondsFormat::Millis, true)));
        }
        before = message;
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_a_namespace() {
        assert_eq!(split("/temp//a.json"), Some((ANONYMOUS, "a.json")));
        assert_eq!(split("/acme/temp/p-j/a.log"), Some(("acme", "p-j/a.log")));
        assert_eq!(split("/acme/ogc-api/temp"), None);
    }
}
