//! Requests and answers of HTTP as the servers of a testbed hand them on.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use url::Url;

/// Any error, boxed.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An answer whose body may still be arriving.
pub(crate) type Answer = Response<BoxBody<Bytes, BoxError>>;

/// A short answer as plain text.
pub(crate) fn plain(status: StatusCode, line: String) -> Answer {
    let mut response = Response::new(whole(line + "\n"));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// A body that is complete.
pub(crate) fn whole(body: impl Into<Bytes>) -> BoxBody<Bytes, BoxError> {
    Full::new(body.into()).map_err(|never| match never {}).boxed()
}

/// A request that has arrived completely.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// With the host that was asked for.
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// Waits for the rest of a request.
    pub(crate) async fn read(request: http::Request<Incoming>) -> Result<Self, BoxError> {
        let (head, body) = request.into_parts();
        let asked = head.uri.authority().map(|authority| authority.as_str().to_owned());
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        Self::new(head.method, asked, path, head.headers, body.collect().await?.to_bytes())
    }

    /// A request for a path with its query. The host is the requested one, or else that of the headers.
    pub(crate) fn new(
        method: Method,
        host: Option<String>,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Self, BoxError> {
        let named = headers.get(HOST).and_then(|host| host.to_str().ok());
        let url = Url::parse(&format!("http://{}{path}", host.as_deref().or(named).unwrap_or("localhost")))?;
        Ok(Self { method, url, headers, body })
    }
}

/// An answer with this status. Headers that HTTP cannot express are left out: no other server could send
/// them either.
pub(crate) fn response<'a>(
    status: u16,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
