//! What an error says of a server's answer: its status, the kind of its problem.

use super::Error;
use crate::error::problem::ProblemKind;

impl Error {
    /// HTTP status code of the answer, for errors that a server answered with. If there were several
    /// answers, the status of the last.
    pub fn http_status(&self) -> Option<u16> {
        match self {
            Self::Api { status, .. } | Self::Http { status, .. } | Self::Redirect { status, .. } => Some(*status),
            Self::RetriesExhausted { last, .. } | Self::RetryAfter { last, .. } => last.http_status(),
            Self::JobLost { .. } => Some(404),
            _ => None,
        }
    }

    /// Kind of the problem: from the error document. If there is none, or it names no known kind, from the
    /// status (see [`ProblemKind::of_status`]).
    pub fn problem_kind(&self) -> Option<ProblemKind> {
        match self {
            Self::Api { kind, .. } => Some(kind.clone()),
            Self::Http { status, .. } => ProblemKind::of_status(*status),
            Self::RetriesExhausted { last, .. } | Self::RetryAfter { last, .. } => last.problem_kind(),
            Self::JobLost { problem, .. } => Some(problem.kind()),
            _ => None,
        }
    }

    /// Whether no server was there to answer.
    pub(crate) fn is_unanswered(&self) -> bool {
        match self {
            Self::Connection { source, .. } => source.is_connect(),
            Self::RetriesExhausted { last, .. } => last.is_unanswered(),
            _ => false,
        }
    }

    /// Whether the server does not know the job. pygeoapi answers `InvalidParameterValue` where the standard
    /// has `NoSuchJob`. At the URL of a job, with status 404, both mean the same.
    pub fn is_no_such_job(&self) -> bool {
        match self {
            Self::Api { kind: ProblemKind::NoSuchJob, .. } | Self::JobLost { .. } => true,
            Self::Api { url, status: 404, kind: ProblemKind::InvalidParameterValue, .. } => {
                url.rsplit('/').nth(1).is_some_and(|parent| parent == "jobs")
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::problem::Problem;

    #[test]
    fn unknown_job_is_recognised_however_the_server_says_it() {
        let error = |url: &str, status, document| {
            let problem: Problem = serde_json::from_value(document).expect("problem");
            Error::Api {
                method: "GET".into(),
                url: url.into(),
                status,
                kind: problem.kind_with_status(status),
                problem: problem.into(),
            }
        };
        let pygeoapi = serde_json::json!({"code": "InvalidParameterValue", "description": "job not found"});
        let zoo = serde_json::json!({"title": "NoSuchJob"});
        assert!(error("http://h/jobs/1", 404, pygeoapi.clone()).is_no_such_job());
        assert!(error("http://h/jobs/1/results", 404, zoo).is_no_such_job());
        assert!(!error("http://h/jobs/1", 400, pygeoapi.clone()).is_no_such_job());
        assert!(!error("http://h/processes/jobs", 404, pygeoapi).is_no_such_job());
    }
}
