//! The status of a job (OGC API - Processes - Part 1, clause 7.13 "Retrieve status information",
//! `statusInfo.yaml`).
//!
//! Its types are [`StatusInfo`] and the open enum [`Status`]. They read version 1.0 (`jobID`) and the 2.0
//! draft (`id`), and keep unknown members. They refuse to know how the answer was fetched or when to ask
//! again.

use std::{fmt, time::Duration};

use chrono::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::{
    display::Table,
    draw::theme::Paint,
    ogc::documents::{
        lenient,
        link::Link,
        lossless::{Members, lossless},
    },
};

/// State of a job (`statusCode.yaml`). Values outside the standard, such as ZOO-Project's `paused`, are kept
/// in [`Other`](Status::Other). Other values for the end of a job are recognised: `succeeded`, `finished`,
/// `COMPLETED`, `error`, `cancelled` and the like. [`StatusInfo`] is written with the original value.
///
/// ```
/// use eoap::Status;
///
/// assert!(Status::Dismissed.is_finished() && !Status::Running.is_finished());
/// assert_eq!(Status::from("successful".to_owned()), Status::Successful);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum Status {
    /// Received, not started.
    Accepted,
    /// Being worked on.
    Running,
    /// Finished with results.
    Successful,
    /// Finished with an error.
    Failed,
    /// Cancelled, or removed after its end.
    Dismissed,
    /// A value outside the standard.
    Other(String),
}

impl Status {
    /// The value in the servers' spelling.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Accepted => "accepted",
            Self::Running => "running",
            Self::Successful => "successful",
            Self::Failed => "failed",
            Self::Dismissed => "dismissed",
            Self::Other(word) => word,
        }
    }

    /// Whether the job will not change any more: successful, failed or dismissed. Unknown values count as
    /// unfinished.
    pub fn is_finished(&self) -> bool {
        matches!(self, Self::Successful | Self::Failed | Self::Dismissed)
    }

    /// The colour that the state has wherever it is shown.
    pub(crate) fn paint(&self) -> Paint {
        match self {
            Self::Successful => Paint::Good,
            Self::Failed => Paint::Bad,
            Self::Running => Paint::Water,
            _ => Paint::Idle,
        }
    }
}

impl From<String> for Status {
    fn from(word: String) -> Self {
        // Servers write the standard's values in any case, and have their own values for the end of a job.
        match word.trim().to_ascii_lowercase().as_str() {
            "accepted" => Self::Accepted,
            "running" => Self::Running,
            "successful" | "succeeded" | "success" | "finished" | "completed" | "complete" | "done" => Self::Successful,
            "failed" | "failure" | "error" | "errored" => Self::Failed,
            "dismissed" | "cancelled" | "canceled" | "aborted" => Self::Dismissed,
            _ => Self::Other(word),
        }
    }
}

impl From<Status> for String {
    fn from(status: Status) -> Self {
        status.as_str().to_owned()
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Status information of a job (`statusInfo.yaml`), version 1.0 or 2.0.
///
/// Only [`status`](StatusInfo::status) is required here: ZOO-Project leaves out `type`, `processID`
/// and dates in some answers. Times stay the text that the server sent (RFC 3339 as a rule). A member that is
/// `null` reads as absent.
///
/// ```no_run
/// # async fn run(job: eoap::Job) -> Result<(), eoap::Error> {
/// let status = job.status().await?;
/// println!("{}, {:?} %", status.status, status.progress());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct StatusInfo {
    /// Identifier of the job in version 2.0; ZOO-Project sends it next to [`job_id`](StatusInfo::job_id).
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Identifier of the job in version 1.0 (`jobID`).
    #[serde(rename = "jobID", default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    /// Kind of the job in version 1.0: `process`, or whatever a server writes.
    #[serde(rename = "type", default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub job_type: Option<String>,
    /// Identifier of the process that runs (`processID`).
    #[serde(rename = "processID", default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub process_id: Option<String>,
    /// State of the job.
    #[serde(deserialize_with = "lenient::some_text_into")]
    pub status: Status,
    /// The server's message about the state.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Progress in percent; an integer by the standard, read as any number.
    #[serde(default, deserialize_with = "lenient::number", skip_serializing_if = "Option::is_none")]
    pub progress: Option<Number>,
    /// When the job was created.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// When it began to run.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// When it ended.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub finished: Option<String>,
    /// When this information last changed.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub updated: Option<String>,
    /// Where to go from here: `monitor`, results, logs (`related`).
    #[serde(default, deserialize_with = "lenient::list", skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// All other members, kept as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
    #[serde(skip)]
    members: Members,
}

lossless!(StatusInfo);

impl StatusInfo {
    /// Identifier of the job, in either version of the standard.
    pub fn id(&self) -> Option<&str> {
        self.job_id.as_deref().or(self.id.as_deref())
    }

    /// Progress in percent as a number.
    pub fn progress(&self) -> Option<f64> {
        self.progress.as_ref().and_then(Number::as_f64)
    }

    /// How long the job has run: from its start, or else its creation, to its end. `None` if the server does
    /// not report both.
    pub fn duration(&self) -> Option<Duration> {
        let time = |text: &Option<String>| DateTime::parse_from_rfc3339(text.as_deref()?).ok();
        let begin = time(&self.started).or_else(|| time(&self.created))?;
        (time(&self.finished)? - begin).to_std().ok()
    }

    /// Links to the job's logs, which ZOO-Project marks with the relation `related`.
    pub fn logs(&self) -> impl Iterator<Item = &Link> {
        self.links.iter().filter(|link| link.is("related"))
    }

    /// The first link with the relation `rel` (see [`Link::is`]).
    pub fn link(&self, rel: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.is(rel))
    }

    /// Shows the status in a notebook: a table, and the same as text.
    pub fn evcxr_display(&self) {
        self.table().bundle().emit();
    }

    pub(crate) fn table(&self) -> Table {
        let mut table = Table::pairs();
        for (name, value) in [("job", self.id()), ("process", self.process_id.as_deref())] {
            if let Some(value) = value {
                table.row([name, value]);
            }
        }
        table.row(["status", self.status.as_str()]).dot(1, self.status.paint());
        if let Some(progress) = &self.progress {
            table.row(["progress".to_owned(), format!("{progress} %")]).bar(1, self.progress().unwrap_or(0.0) / 100.0);
        }
        let mut row = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                table.row([name.to_owned(), value]);
            }
        };
        row("message", self.message.clone());
        row("created", self.created.clone());
        row("started", self.started.clone());
        row("updated", self.updated.clone());
        row("finished", self.finished.clone());
        for link in &self.links {
            let name = if link.relation().is_empty() { "link" } else { link.relation() };
            row(name, Some(link.href.clone()));
        }
        table
    }
}

impl fmt::Display for StatusInfo {
    /// One line: state, progress, message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if let Some(progress) = &self.progress {
            write!(f, " {progress} %")?;
        }
        match self.message.as_deref() {
            Some(message) if !message.is_empty() => write!(f, ": {message}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn round_trip(document: Value) -> StatusInfo {
        let info: StatusInfo = serde_json::from_value(document.clone()).expect("status information");
        assert_eq!(serde_json::to_string(&info).expect("JSON"), document.to_string());
        info
    }

    #[test]
    fn running_answer_of_zoo_survives() {
        let info = round_trip(json!({
            "jobID": "bfafdb8e-902c-11ef-a29c-8e55bd0a3308", "type": "process", "processID": "water-bodies",
            "created": "2024-10-22T04:18:54.378Z", "started": "2024-10-22T04:18:54.378Z",
            "updated": "2024-10-22T04:18:54.378Z", "status": "running",
            "message": "ZOO-Kernel accepted to run your service!",
            "links": [{"title": "Status location", "rel": "monitor", "type": "application/json",
                "href": "http://localhost:8080/acme/ogc-api/jobs/bfafdb8e-902c-11ef-a29c-8e55bd0a3308"}]
        }));
        assert_eq!(info.status, Status::Running);
        assert_eq!(info.id(), Some("bfafdb8e-902c-11ef-a29c-8e55bd0a3308"));
        assert!(info.link("monitor").is_some());
        assert_eq!(info.to_string(), "running: ZOO-Kernel accepted to run your service!");
    }

    #[test]
    fn both_ids_and_log_links_survive() {
        let info = round_trip(json!({
            "progress": 23, "id": "j1", "jobID": "j1", "type": "unknown", "processID": "water-bodies",
            "created": "2024-10-22T04:18:54.378Z", "finished": "2024-10-22T04:22:25.175Z",
            "updated": "2024-10-22T04:22:25.018Z", "status": "successful", "message": "done",
            "links": [
                {"href": "http://h/acme/ogc-api/jobs/j1/results", "title": "Result location",
                 "rel": "https://www.opengis.net/def/rel/ogc/1.0/results", "type": "application/json"},
                {"href": "http://h/acme/temp/water-bodies-j1/node_crop_2.log", "title": "Tool log node_crop_2.log",
                 "rel": "related", "type": "text/plain"},
                {"href": "http://h/only-a-href", "templated": true}
            ]
        }));
        assert_eq!(info.progress(), Some(23.0));
        assert!(info.link("results").is_some());
        assert!(info.status.is_finished());
    }

    #[test]
    fn unknown_words_and_members_survive() {
        let info = round_trip(json!({
            "id": "2.0", "processingEntityType": "process", "status": "paused", "progress": 12.5,
            "request": {"inputs": {"a": [1, 2.0]}}
        }));
        assert_eq!(info.status, Status::Other("paused".into()));
        assert!(!info.status.is_finished());
        assert_eq!(info.id(), Some("2.0"));
        assert_eq!(info.to_string(), "paused 12.5 %");
    }

    #[test]
    fn short_dismissal_survives() {
        let info = round_trip(json!({
            "jobID": "j", "status": "dismissed", "message": "ZOO-Kernel successfully dismissed your service!",
            "links": [{"title": "The job list for the current process", "rel": "parent",
                "type": "application/json", "href": "http://localhost:8080/acme/ogc-api/jobs"}]
        }));
        assert_eq!(info.status.to_string(), "dismissed");
    }

    #[test]
    fn null_reads_as_absent_and_survives() {
        let info = round_trip(json!({"jobID": "p", "finished": null, "status": "running", "links": []}));
        assert_eq!(info.finished, None);
    }

    #[test]
    fn duration_needs_begin_and_end() {
        let mut info = round_trip(json!({
            "status": "successful", "created": "2024-10-22T04:18:54.378Z", "finished": "2024-10-22T04:22:25.175Z"
        }));
        assert_eq!(info.duration(), Some(Duration::from_millis(210_797)));
        info.started = Some("2024-10-22T04:22:25.000Z".into());
        assert_eq!(info.duration(), Some(Duration::from_millis(175)));
        info.finished = Some("soon".into());
        assert_eq!(info.duration(), None);
    }
}
