//! An answer of the server, with the headers that it puts on all of them.
//!
//! [`Answer`] knows headers and status codes. It does not know the content of the body.

use bytes::Bytes;
use http::Response;
use hyper::ext::ReasonPhrase;
use serde_json::Value;

use crate::http::response;

/// The media type of every JSON document.
pub(super) const JSON: &str = "application/json;charset=UTF-8";

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
    content_types: Vec<String>,
    last_filter: bool,
    signed: bool,
    links: Option<String>,
}

impl Answer {
    pub(super) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let content_types = vec![content_type.to_owned()];
        Self { status, headers: Vec::new(), body: body.into(), content_types, last_filter: true, signed: true, links: None }
    }

    /// A document; the links that it has are repeated in a header.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self { links: links(body), ..Self::new(status, JSON, body.to_string()) }
    }

    /// The same answer as an older server gives it: without links in a header.
    pub(super) fn without_links(self) -> Self {
        Self { links: None, ..self }
    }

    /// An answer that has no body.
    pub(super) fn empty(status: u16) -> Self {
        Self { content_types: Vec::new(), ..Self::new(status, JSON, Vec::new()) }
    }

    /// The same answer with another media type.
    pub(super) fn typed(self, content_type: &str) -> Self {
        Self { content_types: vec![content_type.to_owned()], ..self }
    }

    /// The same answer, from before the last filter.
    pub(super) fn unfiltered(self) -> Self {
        Self { last_filter: false, ..self }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same answer with one more `Content-Type`: the server does write two on a raw output.
    pub(super) fn and_content_type(mut self, content_type: &str) -> Self {
        self.content_types.push(content_type.to_owned());
        self
    }

    /// The same answer without what the kernel and its filters write: another server gives it.
    pub(super) fn unsigned(self) -> Self {
        Self { signed: false, ..self }
    }

    pub(super) fn into_response(self) -> Response<Bytes> {
        let last = self.last_filter.then_some(POWERED_BY_LAST);
        let content_types = self.content_types.iter().map(|one| ("Content-Type", one.as_str()));
        let others = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let others = others.chain(self.links.as_deref().map(|links| ("Link", links)));
        let signature: &[_] = if self.signed { &POWERED_BY } else { &[] };
        let headers = signature.iter().copied().chain(last.filter(|_| self.signed)).chain(content_types).chain(others);
        let mut response = response(self.status, headers, self.body);
        // Two statuses have other reason phrases than the standard's.
        match self.status {
            400 => response.extensions_mut().insert(ReasonPhrase::from_static(b"Bad request")),
            500 => response.extensions_mut().insert(ReasonPhrase::from_static(b"Not Implemented")),
            _ => None,
        };
        response
    }
}

/// The links of a document as RFC 8288 writes them.
fn links(document: &Value) -> Option<String> {
    let links = document.get("links")?.as_array()?.iter().filter_map(|link| {
        let text = |name: &str| link[name].as_str();
        let parameters = ["rel", "type", "title"].into_iter().filter_map(|name| Some(format!("; {name}=\"{}\"", text(name)?)));
        Some(format!("<{}>{}", text("href")?, parameters.collect::<String>()))
    });
    Some(links.collect::<Vec<_>>().join(", ")).filter(|links| !links.is_empty())
}
