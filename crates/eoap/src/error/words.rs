//! Parts of messages: advice, lists, causes, the beginning of a body.
//!
//! Does not know which error they are for.

use std::iter::successors;

use crate::{
    error::{Error, problem::ProblemKind},
    ogc::documents::status::StatusInfo,
};

/// Advice about a problem, as the rest of a message. Empty if there is no advice for this request.
pub(super) fn hint(kind: &ProblemKind, status: u16, url: &str) -> &'static str {
    let path = url.split('?').next().unwrap_or(url).trim_end_matches('/');
    let of_job = path.rsplit_once("/jobs/").is_some_and(|(_, rest)| rest.contains('/'));
    match kind {
        ProblemKind::NoSuchProcess => "; `client.processes().await?` lists what is there",
        ProblemKind::NoSuchJob => "; check the job's id: a dismissed job is gone, and each namespace has its own jobs",
        ProblemKind::ResultNotReady => "; wait for the job with `job.wait().await?` first",
        ProblemKind::InvalidParameterValue | ProblemKind::MissingParameterValue if path.ends_with("/execution") => {
            "; `client.process(id).await?` describes the inputs"
        }
        // Some servers refuse the results of a failed job in this way. Credentials do not help then.
        ProblemKind::NotAllowed if status != 401 && of_job => "; `job.status().await?` says whether the job has any",
        ProblemKind::NotAllowed => "; give credentials, for example `Client::builder(url).bearer(token)`",
        _ => "",
    }
}

pub(super) fn hint_of_status(status: u16, url: &str) -> &'static str {
    ProblemKind::of_status(status).map_or("", |kind| hint(&kind, status, url))
}

pub(super) fn after_attempts(attempts: u32, last: &Option<Box<Error>>) -> String {
    match (attempts, last) {
        (0, _) => " (nothing was sent: there was no token in time)".to_owned(),
        (_, Some(last)) => format!(" ({attempts} sent; before that: {last})"),
        (1, None) => String::new(),
        (_, None) => format!(" ({attempts} sent)"),
    }
}

pub(super) fn message(status: &StatusInfo) -> &str {
    status.message.as_deref().map_or("the server gives no reason", str::trim)
}

/// What to do next about a failed job, if its status leads to logs.
pub(super) fn where_logs_are(status: &StatusInfo) -> &'static str {
    match status.logs().next() {
        Some(_) => "; see its log links with `job.status().await?`",
        None => "",
    }
}

pub(super) fn last_status(last: &Option<Box<StatusInfo>>) -> String {
    match last {
        Some(status) => format!("last status: {status}"),
        None => "no status was seen".to_owned(),
    }
}

pub(super) fn list(names: &[String]) -> String {
    if names.is_empty() {
        "none at all".to_owned()
    } else {
        names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
    }
}

/// An error and all its causes in one line. A cause that the text before it includes is left out.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        cause = error.source();
    }
    text
}

/// What to do where no answer came. A proxy that opens no tunnel is known by the words of its cause alone:
/// the type of that has no public name.
pub(crate) fn advice_without_answer(error: &(dyn std::error::Error + 'static)) -> &'static str {
    let mut causes = successors(Some(error), |error| error.source()).map(ToString::to_string);
    let tunnel = causes.find_map(|cause| cause.strip_prefix("tunnel error: ").map(str::to_owned));
    match tunnel.as_deref() {
        None => "check that the address is right and the server is up",
        Some("unsuccessful") => {
            "the proxy refuses this host or does not reach it; check HTTPS_PROXY and what that proxy allows, or name the host in NO_PROXY"
        }
        Some("proxy authorization required") => {
            "the proxy wants a name and a password: HTTPS_PROXY=http://name:password@proxy:port"
        }
        Some(_) => "the proxy did not answer; check that HTTPS_PROXY is right and the proxy is up",
    }
}

/// The first characters of a body, on one line.
pub(crate) fn excerpt(body: &[u8]) -> String {
    const LENGTH: usize = 300;
    let text = String::from_utf8_lossy(body);
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() {
        return "(nothing)".to_owned();
    }
    let line = words.join(" ");
    let mut begin: String = line.chars().take(LENGTH).collect();
    if begin.len() < line.len() {
        begin.push('…');
    }
    begin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_is_given_where_it_helps() {
        let refused = |status, url| hint_of_status(status, url);
        assert!(refused(403, "http://h/api/processes").contains("bearer"));
        assert!(refused(401, "http://h/api/jobs/1/results").contains("bearer"));
        assert!(refused(403, "http://h/api/jobs/1/results?x=1").contains("job.status"));
        let invalid = |url| hint(&ProblemKind::InvalidParameterValue, 400, url);
        assert!(invalid("http://h/api/processes/p/execution").contains("client.process"));
        assert_eq!(invalid("http://h/api/jobs?limit=x"), "");
    }

    #[test]
    fn excerpt_is_short_and_on_one_line() {
        assert_eq!(excerpt(b" a\n\tb "), "a b");
        assert_eq!(excerpt(b""), "(nothing)");
        assert_eq!(excerpt("é".repeat(400).as_bytes()).chars().count(), 301);
    }
}
