//! An answer of the server, with the headers that it puts on most of them.
//!
//! [`Answer`] knows status codes, headers and formats. It does not know the content of the body.

use bytes::Bytes;
use http::Response;
use serde_json::Value;

use super::format::Format;
use crate::http::response;
use crate::scenario::Version;

const FRAMEWORK: &str = "text/html; charset=utf-8";

/// A status code, headers and a body.
#[derive(Debug)]
pub(super) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    content_type: String,
    body: Vec<u8>,
    /// Whether pygeoapi signs it; the web framework below it does not.
    is_signed: bool,
}

impl Answer {
    /// A document in the format that was asked for, which is JSON without a preference.
    pub(super) fn document(status: u16, document: &Value, format: Option<Format>) -> Self {
        let format = format.unwrap_or(Format::Json);
        let body = match format {
            Format::Json | Format::JsonLd => document.to_string(),
            Format::Html => {
                let text = format!("{document:#}").replace('&', "&amp;").replace('<', "&lt;");
                format!("<!doctype html>\n<html lang=\"en\">\n<title>pygeoapi</title>\n<pre>{text}</pre>\n")
            }
        };
        Self::raw(status, format.media_type(), body)
    }

    /// A body as it is.
    pub(super) fn raw(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), content_type: content_type.to_owned(), body: body.into(), is_signed: true }
    }

    /// A page of the web framework.
    pub(super) fn page(status: u16, title: &str, text: &str) -> Self {
        let body = format!("<!doctype html>\n<html lang=en>\n<title>{status} {title}</title>\n<h1>{title}</h1>\n<p>{text}</p>\n");
        Self::raw(status, FRAMEWORK, body).unsigned()
    }

    /// The same body without pygeoapi's headers, its media type among them.
    pub(super) fn unsigned(self) -> Self {
        Self { is_signed: false, content_type: FRAMEWORK.to_owned(), ..self }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn into_response(self, version: &Version) -> Response<Bytes> {
        let signature = format!("pygeoapi {}", version.text());
        let mut headers = vec![("Content-Type", self.content_type.as_str())];
        if self.is_signed {
            headers.extend([("X-Powered-By", signature.as_str()), ("Content-Language", "en-US")]);
        }
        headers.extend(self.headers.iter().map(|(name, value)| (*name, value.as_str())));
        response(self.status, headers, self.body)
    }
}
