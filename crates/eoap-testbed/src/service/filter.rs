//! Which jobs a list shows.
//!
//! [`Filter`] holds what was asked for (OGC 18-062r2, 11.2: processID, status, type, datetime, duration),
//! [`Interval`] reads a time interval. How the query spells it, and what an unreadable one is answered, is
//! not known here.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::job::Job;

/// A job has to meet every part of it; a list names alternatives, and an empty one anything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) processes: Vec<String>,
    /// Status words; a job that has only been created counts as running.
    pub(crate) statuses: Vec<String>,
    pub(crate) types: Vec<String>,
    /// When it was created.
    pub(crate) created: Option<Interval>,
    pub(crate) at_least: Option<TimeDelta>,
    pub(crate) at_most: Option<TimeDelta>,
}

impl Filter {
    pub(super) fn lets_through(&self, job: &Job) -> bool {
        let one_of = |wanted: &[String], value: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == value);
        one_of(&self.processes, &job.process.id)
            && one_of(&self.statuses, job.now().map_or("running", |status| &status.status))
            && one_of(&self.types, &job.process.kind)
            && self.created.is_none_or(|interval| interval.holds(job.created()))
            && self.at_least.is_none_or(|least| job.duration() >= least)
            && self.at_most.is_none_or(|most| job.duration() <= most)
    }
}

/// A time interval with both ends in it; an end that is not there is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interval {
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
}

impl Interval {
    /// An instant, or two that a slash separates, of which one may be `..` or nothing; `None` if it is
    /// neither. A date without a time means the whole day.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let Some((from, to)) = text.split_once('/') else {
            return Some(Self { from: Some(instant(text, NaiveTime::MIN)?), to: Some(instant(text, last_of_day()?)?) });
        };
        let end = |text: &str, time| match text {
            "" | ".." => Some(None),
            text => instant(text, time).map(Some),
        };
        let interval = Self { from: end(from, NaiveTime::MIN)?, to: end(to, last_of_day()?)? };
        match interval {
            Self { from: None, to: None } => None,
            Self { from: Some(from), to: Some(to) } if from > to => None,
            interval => Some(interval),
        }
    }

    pub(crate) fn holds(self, date: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from <= date) && self.to.is_none_or(|to| date <= to)
    }
}

/// The last moment of a day that a date with milliseconds can name.
fn last_of_day() -> Option<NaiveTime> {
    NaiveTime::from_hms_milli_opt(23, 59, 59, 999)
}

fn instant(text: &str, time: NaiveTime) -> Option<DateTime<Utc>> {
    let exact = DateTime::parse_from_rfc3339(text).map(|date| date.to_utc());
    exact.ok().or_else(|| Some(text.parse::<NaiveDate>().ok()?.and_time(time).and_utc()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_may_be_open_and_dates_mean_days() {
        let date: DateTime<Utc> = "2025-08-20T13:41:42.566Z".parse().unwrap();
        let holds = |text: &str| Interval::parse(text).map(|interval| interval.holds(date));
        for (text, held) in [
            ("2025-08-20", true),
            ("2025-08-20T13:41:42.566Z", true),
            ("2025-08-20T15:41:42.566+02:00", true),
            ("2025-08-20T13:41:42Z", false),
            ("2025-08-20/..", true),
            ("../2025-08-20", true),
            ("/2025-08-19", false),
            ("2025-08-21/", false),
            ("2025-08-19/2025-08-21T00:00:00Z", true),
        ] {
            assert_eq!(holds(text), Some(held), "{text}");
        }
        for text in ["yesterday", "../..", "", "2025-08-21/2025-08-20", "2025-08-20/x"] {
            assert_eq!(holds(text), None, "{text}");
        }
    }
}
