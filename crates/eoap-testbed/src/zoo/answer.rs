//! An answer of the server, with the headers that it puts on all of them.
//!
//! [`Answer`] knows headers and status codes, not what the body says.

use serde_json::Value;
use wiremock::ResponseTemplate;

const JSON: &str = "application/json;charset=UTF-8";

/// What the server and its filters write on every answer ...
const POWERED_BY: [(&str, &str); 3] =
    [("X-Powered-By", "ZOO-Project-DRU"), ("X-Also-Powered-By", "jwt.securityIn"), ("X-Also-Also-Powered-By", "dru.securityIn")];

/// ... and what the last filter, which exceptions do not reach, writes on the others.
const POWERED_BY_LAST: (&str, &str) = ("X-Also-Also-Also-Powered-By", "dru.securityOut");

/// A status code, headers and a body.
#[derive(Debug)]
pub(super) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    content_type: &'static str,
    last_filter: bool,
}

impl Answer {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string().into_bytes(), content_type: JSON, last_filter: true }
    }

    /// The same answer, from before the last filter.
    pub(super) fn unfiltered(self) -> Self {
        Self { last_filter: false, ..self }
    }

    /// The same answer, with its body as plain text.
    pub(super) fn text(text: &str) -> Self {
        Self { body: text.as_bytes().to_vec(), content_type: "text/plain", ..Self::json(200, &Value::Null) }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn into_response(self) -> ResponseTemplate {
        let last = self.last_filter.then_some(POWERED_BY_LAST);
        let mut response = ResponseTemplate::new(self.status).set_body_raw(self.body, self.content_type);
        for (name, value) in POWERED_BY.into_iter().chain(last) {
            response = response.insert_header(name, value);
        }
        for (name, value) in self.headers {
            response = response.insert_header(name, value);
        }
        response
    }
}
