//! The requests to a testbed and their outcomes, for logs and for the page.
//!
//! [`Requests`] keeps the latest and sends each to its listeners. It knows no body, and removes credentials
//! from addresses: its content may be shown to anybody.

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

/// How many are kept.
const KEPT: usize = 200;

/// Who answered a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answerer {
    /// The OGC API server.
    Ogc,
    /// The object store.
    S3,
    /// The catalogue of scenes, or the server of their files.
    Scenes,
    /// The proxy itself: no server of the scenario has that host.
    Refused,
}

/// A request and what became of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Answered {
    /// Which one it was of this testbed, counted from one.
    pub number: u64,
    /// When it came.
    pub time: SystemTime,
    /// Who answered it.
    pub by: Answerer,
    /// `GET` and so on.
    pub method: String,
    /// The host that was asked for, with its port where it has one.
    pub host: String,
    /// Path and query; values of a query that are credentials or signatures are `***`.
    pub path: String,
    /// The status code of HTTP.
    pub status: u16,
    /// Length of the answer's body, in bytes.
    pub bytes: u64,
    /// From the request's head to the answer's.
    pub took: Duration,
}

impl Answered {
    /// Its time as RFC 3339 writes it, in UTC, with milliseconds.
    pub fn timestamp(&self) -> String {
        DateTime::<Utc>::from(self.time).to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    /// It as JSON, for a log and the page. The members are `number`, `time`, `by` (`ogc`, `s3`, `scenes` or
    /// `refused`), `method`, `host`, `path`, `status`, `bytes`, `ms`.
    pub fn to_json(&self) -> Value {
        let by = match self.by {
            Answerer::Ogc => "ogc",
            Answerer::S3 => "s3",
            Answerer::Scenes => "scenes",
            Answerer::Refused => "refused",
        };
        // A tenth of a millisecond is as exact as anybody reads.
        let milliseconds = (self.took.as_secs_f64() * 1e4).round() / 10.0;
        json!({
            "number": self.number, "time": self.timestamp(), "by": by, "method": self.method, "host": self.host, "path": self.path,
            "status": self.status, "bytes": self.bytes, "ms": milliseconds,
        })
    }
}

/// The requests of one testbed; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Requests(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    total: u64,
    latest: VecDeque<Answered>,
    listeners: Vec<Sender<Answered>>,
}

impl Requests {
    /// Notes a request and gives it its number.
    pub(crate) fn note(&self, mut answered: Answered) {
        let mut noted = self.lock();
        noted.total += 1;
        answered.number = noted.total;
        noted.listeners.retain(|listener| listener.send(answered.clone()).is_ok());
        if noted.latest.len() == KEPT {
            noted.latest.pop_front();
        }
        noted.latest.push_back(answered);
    }

    /// Every request from now on.
    pub(crate) fn listen(&self) -> Receiver<Answered> {
        let (sender, receiver) = mpsc::channel();
        self.lock().listeners.push(sender);
        receiver
    }

    /// The number of all requests, and the latest of them, the newest first.
    pub(crate) fn latest(&self, most: usize) -> (u64, Vec<Answered>) {
        let noted = self.lock();
        (noted.total, noted.latest.iter().rev().take(most).cloned().collect())
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(path: &str) -> Answered {
        Answered {
            number: 0,
            time: SystemTime::UNIX_EPOCH,
            by: Answerer::Ogc,
            method: "GET".to_owned(),
            host: "zoo".to_owned(),
            path: path.to_owned(),
            status: 200,
            bytes: 3,
            took: Duration::from_micros(1_250),
        }
    }

    #[test]
    fn the_latest_come_first_and_are_counted_on() {
        let requests = Requests::default();
        for number in 0..KEPT + 5 {
            requests.note(answered(&format!("/{number}")));
        }
        let (total, latest) = requests.latest(2);
        assert_eq!(total, 205);
        assert_eq!(latest.iter().map(|one| (one.number, one.path.as_str())).collect::<Vec<_>>(), [(205, "/204"), (204, "/203")]);
        assert_eq!(requests.latest(usize::MAX).1.len(), KEPT);
    }

    #[test]
    fn who_listens_is_told_from_then_on() {
        let requests = Requests::default();
        requests.note(answered("/before"));
        let listener = requests.listen();
        requests.note(answered("/after"));
        assert_eq!(listener.try_iter().map(|one| one.path).collect::<Vec<_>>(), ["/after"]);
    }

    #[test]
    fn a_line_of_a_log_is_json() {
        assert_eq!(
            answered("/p").to_json(),
            json!({
                "number": 0, "time": "1970-01-01T00:00:00.000Z", "by": "ogc", "method": "GET", "host": "zoo", "path": "/p", "status": 200,
                "bytes": 3, "ms": 1.3,
            })
        );
    }
}
