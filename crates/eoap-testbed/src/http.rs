//! Answers of HTTP as the servers of a testbed hand them on.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};

/// Any error, boxed.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An answer whose body may still be on its way.
pub(crate) type Answer = Response<BoxBody<Bytes, BoxError>>;

/// A short answer in words.
pub(crate) fn plain(status: StatusCode, line: String) -> Answer {
    let mut response = Response::new(whole(line + "\n"));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// A body that is there at once.
pub(crate) fn whole(body: impl Into<Bytes>) -> BoxBody<Bytes, BoxError> {
    Full::new(body.into()).map_err(|never| match never {}).boxed()
}
