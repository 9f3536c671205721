//! Which jobs match the filters of a list (OGC API - Processes - Part 1, clause 12.4), judged by their
//! status.
//!
//! Servers ignore filters that they do not know. A member that a status lacks counts as a match.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, Utc};

use super::documents::status::{Status, StatusInfo};

/// The filters that are set.
#[derive(Clone, Debug, Default)]
pub(crate) struct JobFilter {
    pub(crate) processes: Vec<String>,
    pub(crate) states: Vec<Status>,
    pub(crate) kinds: Vec<String>,
    pub(crate) created: Interval,
    pub(crate) at_least: Option<Duration>,
    pub(crate) at_most: Option<Duration>,
}

/// An interval of time. A missing end is open.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Interval {
    begin: Option<DateTime<FixedOffset>>,
    end: Option<DateTime<FixedOffset>>,
}

impl Interval {
    /// The interval that a text in the notation of RFC 3339 describes. Unbounded if the text cannot be read.
    pub(crate) fn of(text: &str) -> Self {
        let time = |text: &str| DateTime::parse_from_rfc3339(text).ok();
        let (begin, end) = text.split_once('/').unwrap_or((text, text));
        Self { begin: time(begin), end: time(end) }
    }

    fn holds(&self, time: DateTime<FixedOffset>) -> bool {
        self.begin.is_none_or(|begin| begin <= time) && self.end.is_none_or(|end| time <= end)
    }
}

impl JobFilter {
    pub(crate) fn keeps(&self, job: &StatusInfo) -> bool {
        // ZOO-Project writes `unknown` for the type of some jobs.
        let named = |wanted: &[String], own: &Option<String>| match own.as_deref() {
            Some("unknown") | None => true,
            Some(own) => wanted.is_empty() || wanted.iter().any(|wanted| wanted == own),
        };
        let created = job.created.as_deref().and_then(|created| DateTime::parse_from_rfc3339(created).ok());
        named(&self.processes, &job.process_id)
            && named(&self.kinds, &job.job_type)
            && (self.states.is_empty() || self.states.contains(&job.status))
            && created.is_none_or(|created| self.created.holds(created))
            && run_time(job).is_none_or(|time| {
                self.at_least.is_none_or(|least| time >= least) && self.at_most.is_none_or(|most| time <= most)
            })
    }
}

/// How long a job ran, or has been running.
fn run_time(job: &StatusInfo) -> Option<Duration> {
    job.duration().or_else(|| {
        let started = DateTime::parse_from_rfc3339(job.started.as_deref()?).ok()?;
        let is_running = job.status == Status::Running;
        is_running.then(|| (Utc::now() - started.to_utc()).to_std().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn job(document: serde_json::Value) -> StatusInfo {
        serde_json::from_value(document).expect("a status")
    }

    #[test]
    fn what_is_known_not_to_fit_is_left_out() {
        let failed = job(json!({
            "jobID": "1", "status": "FAILED", "type": "process", "processID": "water",
            "created": "2024-10-22T04:00:00Z", "started": "2024-10-22T04:00:00Z", "finished": "2024-10-22T04:00:30Z"
        }));
        let silent = job(json!({"jobID": "2", "status": "failed"}));
        let filter = |set: fn(&mut JobFilter)| {
            let mut filter = JobFilter::default();
            set(&mut filter);
            (filter.keeps(&failed), filter.keeps(&silent))
        };
        assert_eq!(filter(|_| ()), (true, true));
        assert_eq!(filter(|filter| filter.processes = vec!["fire".into()]), (false, true));
        assert_eq!(filter(|filter| filter.states = vec![Status::Failed]), (true, true));
        assert_eq!(filter(|filter| filter.states = vec![Status::Running]), (false, false));
        assert_eq!(filter(|filter| filter.kinds = vec!["provider".into()]), (false, true));
        assert_eq!(filter(|filter| filter.at_least = Some(Duration::from_secs(31))), (false, true));
        assert_eq!(filter(|filter| filter.at_most = Some(Duration::from_secs(30))), (true, true));
        for (interval, fits) in [
            ("2024-10-22T06:00:00+02:00", true),
            ("2024-10-22T05:00:00Z/..", false),
            ("../2024-10-22T05:00:00Z", true),
            ("2024-10-21T00:00:00Z/2024-10-22T00:00:00Z", false),
            ("yesterday", true),
        ] {
            let filter = JobFilter { created: Interval::of(interval), ..JobFilter::default() };
            assert_eq!((filter.keeps(&failed), filter.keeps(&silent)), (fits, true), "{interval}");
        }
    }
}
