//! How an execution is requested: the header `Prefer` (RFC 7240) and the member `response` (OGC API -
//! Processes - Part 1, clause 7.11.2).
//!
//! Knows the values, but not how servers interpret them. ZOO-Project searches the header's value for parts,
//! pygeoapi compares the whole.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::error::{Error, Result};

/// The form of the results (`response` in `execute.yaml`, version 1.0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    /// The plain outputs: a single one is the body of the answer, several are its parts.
    Raw,
    /// One JSON document with a member per output.
    Document,
}

impl Response {
    /// The value in the standard's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Document => "document",
        }
    }
}

/// How an execution is asked for: the `Prefer` header (RFC 7240; clause 7.11.2.3 "Execution mode").
///
/// ```
/// use eoap::{Execution, Prefer};
///
/// let execution = Execution::new().input("text", "hello").prefer(Prefer::RespondAsync);
/// assert_eq!(Prefer::RespondAsync.as_str(), Some("respond-async"));
/// assert_eq!(Prefer::default(), Prefer::RespondAsyncRepresentation);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Prefer {
    /// `respond-async;return=representation`: a job, whose results are a document. ZOO-Project documents
    /// this form, and it is the default. (RFC 7240 has a comma where ZOO-Project has a semicolon.)
    #[default]
    RespondAsyncRepresentation,
    /// `respond-async`: a job. The only form that pygeoapi takes.
    RespondAsync,
    /// `return=representation`: the results as one document, at once where the server can.
    Representation,
    /// `return=minimal`: the plain (raw) outputs, or references to them, synchronously if the server
    /// supports that.
    Minimal,
    /// Another value.
    Custom(String),
    /// No header: the server chooses.
    Nothing,
}

impl Prefer {
    /// `wait=seconds`: how long the caller is willing to wait for an answer (RFC 7240 clause 4.3).
    pub fn wait(seconds: u32) -> Self {
        Self::Custom(format!("wait={seconds}"))
    }

    /// `respond-async, wait=seconds`: the results if they are ready in this time, otherwise a job (RFC 7240
    /// clause 4.3).
    pub fn respond_async_after(seconds: u32) -> Self {
        Self::Custom(format!("respond-async, wait={seconds}"))
    }

    /// The header's value, if there is a header.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::RespondAsyncRepresentation => Some("respond-async;return=representation"),
            Self::RespondAsync => Some("respond-async"),
            Self::Representation => Some("return=representation"),
            Self::Minimal => Some("return=minimal"),
            Self::Custom(words) => Some(words),
            Self::Nothing => None,
        }
    }

    /// The same for a synchronous execution. If the value asks for a job, it is replaced by the one for the
    /// wanted form of the results.
    pub(crate) fn synchronous(&self, response: Option<Response>) -> Self {
        let asks_for_job = self.as_str().is_some_and(|words| words.contains("respond-async"));
        match response {
            _ if !asks_for_job => self.clone(),
            Some(Response::Raw) => Self::Minimal,
            _ => Self::Representation,
        }
    }

    /// The form of the results that the value asks for.
    pub(crate) fn response(&self) -> Option<Response> {
        let words = self.as_str().unwrap_or("");
        if words.contains("return=minimal") {
            Some(Response::Raw)
        } else if words.contains("return=representation") {
            Some(Response::Document)
        } else {
            None
        }
    }

    pub(crate) fn put_into(&self, headers: &mut HeaderMap) -> Result<()> {
        if let Some(words) = self.as_str() {
            let value = HeaderValue::from_str(words).map_err(|error| Error::Setup {
                reason: format!("{words:?} cannot be the value of the Prefer header: {error}"),
            })?;
            headers.insert(HeaderName::from_static("prefer"), value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefer_that_no_header_can_hold_is_refused() {
        let error = Prefer::Custom("a\nb".into()).put_into(&mut HeaderMap::new()).expect_err("must be refused");
        assert!(error.to_string().contains("Prefer header"), "{error}");
    }

    #[test]
    fn synchronous_forms_never_ask_for_a_job() {
        for (prefer, response, expected) in [
            (Prefer::default(), None, Prefer::Representation),
            (Prefer::default(), Some(Response::Raw), Prefer::Minimal),
            (Prefer::RespondAsync, Some(Response::Document), Prefer::Representation),
            (Prefer::respond_async_after(5), None, Prefer::Representation),
            (Prefer::wait(5), Some(Response::Raw), Prefer::wait(5)),
            (Prefer::Nothing, None, Prefer::Nothing),
        ] {
            assert_eq!(prefer.synchronous(response), expected);
        }
    }
}
