//! The page that shows a testbed at work, for a projector: the files in `page/`, and the state that they
//! draw.
//!
//! [`Page`] sends the document of [`State`] on request. It also sends it after each change, as server-sent
//! events (HTML Living Standard, 9.2). It only shows: nothing can be changed through it.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};

use super::state::State;
use crate::http::{Answer, BoxError, plain, whole};

/// How often a change is looked for. On a screen it is at once.
const PACE: Duration = Duration::from_millis(200);

/// After this many checks without a change a comment is sent, so that both ends know that the connection is
/// open.
const QUIET: u32 = 75;

/// The page of one testbed.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    state: State,
}

impl Page {
    pub(crate) fn new(state: State) -> Self {
        Self { state }
    }

    /// The answer, if the path is one of the page's.
    pub(crate) fn answer(&self, request: &Request<Incoming>) -> Option<Answer> {
        let (media_type, body) = match request.uri().path() {
            "/" => ("text/html; charset=utf-8", whole(include_str!("page.html"))),
            "/page.css" => ("text/css; charset=utf-8", whole(include_str!("page.css"))),
            "/page.js" => ("text/javascript; charset=utf-8", whole(include_str!("page.js"))),
            "/icon.svg" => ("image/svg+xml", whole(include_str!("icon.svg"))),
            "/state.json" => ("application/json", whole(self.state.document().to_string())),
            "/events" => ("text/event-stream", self.events()),
            _ => return None,
        };
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut refusal = plain(StatusCode::METHOD_NOT_ALLOWED, "testbed: this page can only be looked at".to_owned());
            refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return Some(refusal);
        }
        let mut answer = Response::new(body);
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // The page shows texts from clients: none of them may be executed, and nothing is loaded from
        // elsewhere.
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'self'"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        Some(answer)
    }

    /// The document now, and whenever it has changed.
    fn events(&self) -> http_body_util::combinators::BoxBody<Bytes, BoxError> {
        let watch = (self.state.clone(), String::new());
        let events = futures::stream::unfold(watch, |(state, last)| async move {
            let (event, document) = next(&state, last).await;
            Some((Ok(Frame::data(Bytes::from(event))), (state, document)))
        });
        StreamBody::new(events).boxed()
    }
}

/// The next event, and the document in it. The first event comes at once.
async fn next(state: &State, last: String) -> (String, String) {
    for look in 0..QUIET {
        if look > 0 || !last.is_empty() {
            tokio::time::sleep(PACE).await;
        }
        let document = state.document().to_string();
        if document != last {
            return (format!("data: {document}\n\n"), document);
        }
    }
    (": nothing new\n\n".to_owned(), last)
}
