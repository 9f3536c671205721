//! The error documents that servers send (RFC 7807 "problem details"; `exception.yaml` of OGC API -
//! Processes).
//!
//! A [`Problem`] keeps what was sent. [`ProblemKind`] classifies it. Neither knows about requests: see
//! [`Error::Api`](crate::Error::Api).

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ogc::documents::{
    lenient,
    lossless::{Members, lossless},
};

/// An error document. ZOO-Project sends `title`, `type` and `detail`; pygeoapi sends `code`, `type` and
/// `description`.
///
/// ```
/// let problem: eoap::Problem = serde_json::from_str(
///     r#"{"type": "about:blank", "title": "Forbidden", "instance": "/processes/water/execution"}"#,
/// )?;
/// assert_eq!(problem.problem_type.as_deref(), Some("about:blank"));
/// assert_eq!(problem.instance.as_deref(), Some("/processes/water/execution"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct Problem {
    /// URI, or just a name, of the kind of problem.
    #[serde(rename = "type", default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub problem_type: Option<String>,
    /// Short name of the kind of problem.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// HTTP status code, if the document repeats it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Value>,
    /// What happened, for a person.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// URI of this occurrence.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Name of the kind of problem, as pygeoapi and OGC API - Features write it.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What happened, as pygeoapi writes it.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// All other members, kept as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
    #[serde(skip)]
    members: Members,
}

lossless!(Problem);

impl Problem {
    /// The kind: by the last segment of `type`, then by `title`, then by `code`. The first known one wins.
    ///
    /// ```
    /// use eoap::{Problem, ProblemKind};
    /// let problem: Problem = serde_json::from_str(
    ///     r#"{"type": "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/no-such-job"}"#,
    /// )?;
    /// assert_eq!(problem.kind(), ProblemKind::NoSuchJob);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn kind(&self) -> ProblemKind {
        let last_of_type = self.problem_type.as_deref().and_then(|t| t.rsplit(['/', '#']).next());
        let names = [last_of_type, self.title.as_deref(), self.code.as_deref()];
        names.into_iter().flatten().find_map(ProblemKind::known).unwrap_or_else(|| {
            let name =
                [self.title.as_deref(), self.code.as_deref(), last_of_type].into_iter().flatten().find(|name| !name.is_empty());
            ProblemKind::Other(name.unwrap_or("unknown").to_owned())
        })
    }

    /// The kind, or else the kind of the answer's status code, for documents that name no known kind. See
    /// [`ProblemKind::of_status`].
    pub(crate) fn kind_with_status(&self, status: u16) -> ProblemKind {
        match self.kind() {
            ProblemKind::Other(name) => ProblemKind::of_status(status).unwrap_or(ProblemKind::Other(name)),
            kind => kind,
        }
    }

    /// Whether the document names a known kind of problem, or one of the URIs of such kinds.
    pub(crate) fn is_of_a_known_kind(&self) -> bool {
        !matches!(self.kind(), ProblemKind::Other(_))
            || self.problem_type.as_deref().is_some_and(|kind| kind.contains("/exceptions/") || kind.contains("/exception/"))
    }

    /// Whether the document has any content of an error document.
    pub(crate) fn is_telling(&self) -> bool {
        [&self.problem_type, &self.title, &self.detail, &self.code, &self.description].iter().any(|member| member.is_some())
    }
}

impl fmt::Display for Problem {
    /// Kind and text, such as `NoSuchJob (The JobID …)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind())?;
        match self.detail.as_deref().or(self.description.as_deref()) {
            Some(text) if !text.is_empty() => write!(f, " ({})", text.trim()),
            _ => Ok(()),
        }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $slug:literal $(| $other:literal)*;)*) => {
        /// Kinds of problems that OGC API - Processes Part 1 and Part 2 and ZOO-Project name.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ProblemKind {
            $($(#[$doc])* $name,)*
            /// A kind that is not in this list, by the name that the server gave.
            Other(String),
        }

        impl ProblemKind {
            fn known(name: &str) -> Option<Self> {
                let slug: String = name
                    .chars()
                    .filter(char::is_ascii_alphanumeric)
                    .map(|c| c.to_ascii_lowercase())
                    .collect();
                match slug.as_str() {
                    $($slug $(| $other)* => Some(Self::$name),)*
                    _ => None,
                }
            }
        }

        impl fmt::Display for ProblemKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => stringify!($name),)*
                    Self::Other(name) => name,
                })
            }
        }
    };
}

kinds! {
    /// No process has this identifier.
    NoSuchProcess = "nosuchprocess";
    /// No job has this identifier, or no longer.
    NoSuchJob = "nosuchjob";
    /// The process has no such output.
    NoSuchOutput = "nosuchoutput";
    /// The job has not finished yet.
    ResultNotReady = "resultnotready" | "resultsnotready";
    /// The job ended without results.
    ResultNotAvailable = "resultnotavailable" | "resultsnotavailable";
    /// A value is not acceptable.
    InvalidParameterValue = "invalidparametervalue";
    /// A required value is missing.
    MissingParameterValue = "missingparametervalue";
    /// The process cannot be run in this mode.
    NoSuchMode = "nosuchmode";
    /// The server does not have this option.
    OptionNotSupported = "optionnotsupported";
    /// The server does not support any of the accepted versions.
    VersionNegotiationFailed = "versionnegotiationfailed";
    /// The server does not have this operation.
    OperationNotSupported = "operationnotsupported";
    /// A query parameter cannot be read.
    InvalidQueryParameterValue = "invalidqueryparametervalue";
    /// A process with this identifier is deployed already (Part 2).
    DuplicatedProcess = "duplicatedprocess";
    /// The process cannot be replaced or removed (Part 2).
    ImmutableProcess = "immutableprocess";
    /// The server does not take this media type (Part 2).
    UnsupportedMediaType = "unsupportedmediatype";
    /// The package does not contain the requested workflow (Part 2).
    WorkflowNotFound = "workflownotfound";
    /// Access is refused.
    NotAllowed = "notallowed";
    /// No acceptable representation exists.
    NotAcceptable = "notacceptable";
    /// The resource does not have this method.
    InvalidMethod = "invalidmethod";
    /// The resource does not exist.
    NotFound = "notfound";
    /// The request makes no sense to the server.
    BadRequest = "badrequest";
    /// The server says that none of its codes applies.
    NoApplicableCode = "noapplicablecode";
    /// The server failed.
    InternalError = "internalerror";
}

impl ProblemKind {
    /// The kind that a status code alone implies. 401 and 403 are [`NotAllowed`](Self::NotAllowed), 405
    /// [`InvalidMethod`](Self::InvalidMethod), 406 [`NotAcceptable`](Self::NotAcceptable), 409
    /// [`DuplicatedProcess`](Self::DuplicatedProcess), 415
    /// [`UnsupportedMediaType`](Self::UnsupportedMediaType). The others (400, 404, 500, …) may mean several
    /// kinds. They are not guessed.
    pub fn of_status(status: u16) -> Option<Self> {
        Some(match status {
            401 | 403 => Self::NotAllowed,
            405 => Self::InvalidMethod,
            406 => Self::NotAcceptable,
            409 => Self::DuplicatedProcess,
            415 => Self::UnsupportedMediaType,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kind(document: Value) -> ProblemKind {
        let problem: Problem = serde_json::from_value(document.clone()).expect("problem");
        assert_eq!(serde_json::to_value(&problem).expect("JSON"), document);
        problem.kind()
    }

    #[test]
    fn type_title_and_code_are_tried_in_this_order() {
        let prefix = "https://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0";
        assert_eq!(
            kind(json!({"title": "NoSuchJob", "type": format!("{prefix}/result-not-ready")})),
            ProblemKind::ResultNotReady
        );
        assert_eq!(kind(json!({"title": "MissingParameterValue", "type": "about:blank"})), ProblemKind::MissingParameterValue);
        assert_eq!(
            kind(json!({"code": "InvalidParameterValue", "type": "InvalidParameterValue", "description": "job not found"})),
            ProblemKind::InvalidParameterValue
        );
        assert_eq!(
            kind(json!({"title": "None", "type": "None", "detail": "The synchronous mode is not allowed"})),
            ProblemKind::Other("None".into())
        );
        assert_eq!(kind(json!({})), ProblemKind::Other("unknown".into()));
    }

    #[test]
    fn every_exception_of_the_standard_is_known_by_its_uri_and_by_its_title() {
        for (slug, title, kind) in [
            ("no-such-process", "NoSuchProcess", ProblemKind::NoSuchProcess),
            ("no-such-job", "NoSuchJob", ProblemKind::NoSuchJob),
            ("no-such-output", "NoSuchOutput", ProblemKind::NoSuchOutput),
            ("result-not-ready", "ResultNotReady", ProblemKind::ResultNotReady),
            ("result-not-available", "ResultNotAvailable", ProblemKind::ResultNotAvailable),
            ("invalid-query-parameter-value", "InvalidQueryParameterValue", ProblemKind::InvalidQueryParameterValue),
            ("duplicated-process", "DuplicatedProcess", ProblemKind::DuplicatedProcess),
            ("immutable-process", "ImmutableProcess", ProblemKind::ImmutableProcess),
            ("unsupported-media-type", "UnsupportedMediaType", ProblemKind::UnsupportedMediaType),
            ("workflow-not-found", "WorkflowNotFound", ProblemKind::WorkflowNotFound),
            ("no-such-mode", "NoSuchMode", ProblemKind::NoSuchMode),
            ("option-not-supported", "OptionNotSupported", ProblemKind::OptionNotSupported),
            ("version-negotiation-failed", "VersionNegotiationFailed", ProblemKind::VersionNegotiationFailed),
            ("operation-not-supported", "OperationNotSupported", ProblemKind::OperationNotSupported),
        ] {
            for prefix in ["http://www.opengis.net/def/rel/ogc/1.0/exception", "https://www.opengis.net/def/exceptions/x/1.0"] {
                let problem: Problem = serde_json::from_value(json!({"type": format!("{prefix}/{slug}")})).expect("problem");
                assert_eq!(problem.kind_with_status(500), kind);
            }
            let problem: Problem = serde_json::from_value(json!({"title": title, "type": title})).expect("problem");
            assert_eq!((problem.kind_with_status(415), kind.to_string()), (kind, title.to_owned()));
        }
    }

    #[test]
    fn status_is_the_last_resort_and_several_meanings_are_not_guessed() {
        let problem: Problem = serde_json::from_value(json!({"title": "Forbidden", "detail": "x"})).expect("problem");
        assert_eq!(problem.kind_with_status(403), ProblemKind::NotAllowed);
        assert_eq!(problem.kind_with_status(415), ProblemKind::UnsupportedMediaType);
        for status in [400, 404, 422, 500, 503] {
            assert_eq!(problem.kind_with_status(status), ProblemKind::Other("Forbidden".into()));
        }
    }

    #[test]
    fn text_names_kind_and_detail() {
        let problem: Problem = serde_json::from_value(json!({
            "title": "NoSuchJob", "type": "http://www.opengis.net/def/rel/ogc/1.0/exception/no-such-job",
            "detail": "The JobID from the request does not match any of the Jobs running on this server"
        }))
        .expect("problem");
        assert_eq!(
            problem.to_string(),
            "NoSuchJob (The JobID from the request does not match any of the Jobs running on this server)"
        );
    }
}
