//! HTTP messages: requests and answers.
//!
//! A [`Request`] knows whether it may be sent again. An [`Answer`] becomes a value or an error. Neither
//! sends anything.

use std::time::Duration;

use bytes::Bytes;
use reqwest::{
    Method, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::{
    error::{Error, Result, excerpt, problem::Problem},
    http::{retry, user_info::strip_user},
};

/// A request: what [`Transport::send`](crate::http::transport::Transport::send) sends.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
}

/// An answer; one that `send` returns has a good status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: None }
    }

    pub(crate) fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    /// Sets a header, in place of the transport's own value if it has one.
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    pub(crate) fn body(self, media_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        let mut request = self.header(CONTENT_TYPE, media_type);
        request.body = Some(body.into());
        request
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body(HeaderValue::from_static("application/json"), body.to_string())
    }

    /// Whether the request only reads (RFC 9110 clause 9.2.1), and may be sent again.
    pub(crate) fn is_safe(&self) -> bool {
        self.method.is_safe()
    }
}

impl Answer {
    /// The first of the `Content-Type` headers. ZOO-Project sends that of the output before that of all its
    /// answers.
    pub(crate) fn content_type(&self) -> Option<String> {
        self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned)
    }

    /// The URL of the `Location` header (RFC 9110 clause 10.2.2), resolved against the requested one, without
    /// credentials.
    pub(crate) fn location(&self) -> Option<Url> {
        let location = self.headers.get(LOCATION)?.to_str().ok()?;
        let mut url = self.url.join(location).ok()?;
        strip_user(&mut url);
        Some(url)
    }

    /// How long the server asks to wait before the next request (`Retry-After`, RFC 9110 clause 10.2.3).
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        retry::retry_after(&self.headers)
    }

    /// Whether the body says nothing: it is empty or `null`.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self.body.trim_ascii(), b"" | b"null")
    }

    /// The body as JSON, whatever its media type: pygeoapi labels some of its JSON as HTML.
    pub(crate) fn json<T: DeserializeOwned>(&self, expected: &'static str) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| self.not(expected, error.to_string()))
    }

    pub(crate) fn not(&self, expected: &'static str, reason: String) -> Error {
        Error::Decode { method: self.method.to_string(), url: self.url.to_string(), expected, reason, body: excerpt(&self.body) }
    }

    /// Whether the answer says that the resource is somewhere else. 300 and 304 say something else.
    pub(crate) fn is_redirect(&self) -> bool {
        matches!(self.status.as_u16(), 301 | 302 | 303 | 307 | 308)
    }

    /// The error for an answer without a good status.
    pub(crate) fn into_error(self) -> Error {
        match serde_json::from_slice::<Problem>(&self.body) {
            Ok(problem) if problem.is_telling() => self.api(problem),
            _ => Error::Http {
                method: self.method.to_string(),
                url: self.url.to_string(),
                status: self.status.as_u16(),
                body: excerpt(&self.body),
            },
        }
    }

    /// The error for a problem document that came in place of another document, whatever the status.
    pub(crate) fn problem(&self, document: Value) -> Error {
        match serde_json::from_value(document) {
            Ok(problem) => self.api(problem),
            Err(error) => self.not("an error document (RFC 7807)", error.to_string()),
        }
    }

    fn api(&self, problem: Problem) -> Error {
        let status = self.status.as_u16();
        let kind = problem.kind_with_status(status);
        let (method, url) = (self.method.to_string(), self.url.to_string());
        Error::Api { method, url, status, kind, problem: Box::new(problem) }
    }
}
