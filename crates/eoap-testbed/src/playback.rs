//! Plays a recording back: every recorded request gets its recorded answer.
//!
//! [`Recorded`] gives the answers to one request in the order of the recording. So a job that ran for five
//! status requests does so again. A request that was never recorded, or comes once too often, is refused by
//! name: a recording invents nothing.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::Response;
use serde_json::Value;

use crate::exchange::{Asked, Content, Exchange};
use crate::http::{Request, response};
use crate::personality::Responder;
use crate::refused::Refused;
use crate::scenario::Recording;
use crate::service::{Job, Service};

/// The server of one testbed that plays a recording back.
#[derive(Debug)]
pub(crate) struct Recorded {
    exchanges: Vec<Arc<Recording>>,
    /// How often each has been given.
    given: Mutex<Vec<usize>>,
    refused: Refused,
}

impl Recorded {
    /// Plays these back. Requests that were not recorded are added to `refused`.
    pub(crate) fn new(exchanges: Vec<Arc<Recording>>, refused: Refused) -> Self {
        Self { given: Mutex::new(vec![0; exchanges.len()]), exchanges, refused }
    }

    /// The answer that is due.
    fn find(&self, asked: &Asked) -> Result<&Exchange, String> {
        let by_host = self.exchanges.iter().any(|one| one.exchange.request.host().eq_ignore_ascii_case(asked.host()));
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let alike: Vec<usize> =
            (0..self.exchanges.len()).filter(|index| self.exchanges[*index].exchange.request.is_like(asked, by_host)).collect();
        let due = alike.iter().copied().find(|index| given[*index] == 0);
        // A request that only reads gets the last answer again. One that changes something does not.
        let again = alike.last().copied().filter(|_| matches!(asked.method.as_str(), "GET" | "HEAD" | "OPTIONS"));
        if let Some(index) = due.or(again) {
            given[index] += 1;
            return Ok(&self.exchanges[index].exchange);
        }
        let what = format!("{} {}", asked.method, asked.url);
        if !alike.is_empty() {
            let times = if alike.len() == 1 { "once".to_owned() } else { format!("{} times", alike.len()) };
            return Err(format!("{what} was recorded only {times}"));
        }
        let nearest = self.exchanges.iter().max_by_key(|one| one.exchange.request.nearness(asked));
        Err(match nearest {
            None => format!("{what} was not recorded: nothing was"),
            Some(nearest) => {
                let request = &nearest.exchange.request;
                format!(
                    "{what} was not recorded; nearest is {} {} ({}): another {}",
                    request.method,
                    request.url,
                    nearest.file,
                    request.difference(asked)
                )
            }
        })
    }
}

impl Responder for Recorded {
    fn respond(&self, _: &mut Service, request: &Request) -> Response<Bytes> {
        let host = request.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
        let query = request.url.query().map_or_else(String::new, |query| format!("?{query}"));
        let asked = Asked {
            method: request.method.to_string(),
            url: format!("http://{host}{}{query}", request.url.path()),
            body: Content::of(&request.body),
        };
        match self.find(&asked) {
            Ok(Exchange { response: given, .. }) => {
                let body = given.body.as_ref().map(Content::bytes).unwrap_or_default();
                response(given.status, given.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())), body)
            }
            Err(reason) => {
                self.refused.add(&reason);
                let line = format!("testbed: {reason}; record it with `nbsnap record`\n");
                // Not a status that invites to try again.
                response(501, [("Content-Type", "text/plain")], line)
            }
        }
    }

    /// Callbacks are not recorded.
    fn notice(&self, _: &Job) -> Option<Value> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Given;

    fn recorded(exchanges: &[(&str, &str, u16)]) -> Recorded {
        let recording = |(number, (method, url, status)): (usize, &(&str, &str, u16))| {
            let request = asked(method, url);
            let response = Given { status: *status, headers: Vec::new(), body: None };
            Arc::new(Recording { file: format!("{number}.json"), exchange: Exchange { request, response } })
        };
        Recorded::new(exchanges.iter().enumerate().map(recording).collect(), Refused::default())
    }

    fn asked(method: &str, url: &str) -> Asked {
        Asked { method: method.to_owned(), url: url.to_owned(), body: None }
    }

    #[test]
    fn answers_come_in_their_order_and_the_last_one_stays() {
        let server =
            recorded(&[("GET", "http://a/jobs/1", 201), ("GET", "http://a/other", 202), ("GET", "http://a/jobs/1", 203)]);
        let get = || server.find(&asked("GET", "http://a/jobs/1")).unwrap().response.status;
        assert_eq!([get(), get(), get()], [201, 203, 203]);
    }

    #[test]
    fn what_acts_is_not_done_again() {
        let server = recorded(&[("POST", "http://a/p", 201)]);
        assert!(server.find(&asked("POST", "http://a/p")).is_ok());
        assert_eq!(server.find(&asked("POST", "http://a/p")).unwrap_err(), "POST http://a/p was recorded only once");
    }

    #[test]
    fn what_was_not_recorded_is_told_with_what_is_nearest() {
        let server = recorded(&[("GET", "http://a/processes?limit=2", 200), ("GET", "http://a/jobs", 200)]);
        assert_eq!(
            server.find(&asked("GET", "http://a/processes?limit=3")).unwrap_err(),
            "GET http://a/processes?limit=3 was not recorded; nearest is GET http://a/processes?limit=2 (0.json): another query"
        );
        assert!(server.find(&asked("DELETE", "http://a/jobs")).unwrap_err().ends_with("(1.json): another method"));
        // Directly to the port, by any name.
        assert!(server.find(&asked("GET", "http://127.0.0.1:99/jobs")).is_ok());
    }
}
