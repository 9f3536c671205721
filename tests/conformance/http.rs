//! A bare HTTP/1.1 client: one connection a request, no redirect followed, nothing hidden.
//!
//! [`Client`] shows status, headers and body as they came. It knows no OGC word and has no opinion.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Uri, Version};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// How long a server may take for one answer, a synchronous execution included.
const PATIENCE: Duration = Duration::from_secs(120);

/// Sends requests and waits for each answer.
pub(crate) struct Client {
    runtime: Runtime,
}

/// A request, as a person would write it down.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) url: String,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
}

/// What came back.
pub(crate) struct Reply {
    /// Method and path of the request, for messages about the answer.
    pub(crate) to: String,
    pub(crate) version: Version,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    pub(crate) fn new(method: Method, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), headers: Vec::new(), body: Bytes::new() }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }
}

impl Client {
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self { runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()? })
    }

    /// The answer, whatever its status.
    ///
    /// # Errors
    /// Says why there is no answer.
    pub(crate) fn send(&self, call: Call) -> Result<Reply, String> {
        let answer = self.runtime.block_on(async { tokio::time::timeout(PATIENCE, answer(call)).await });
        match answer {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
        }
    }
}

async fn answer(call: Call) -> Result<Reply, Box<dyn std::error::Error>> {
    let uri: Uri = call.url.parse()?;
    if uri.scheme_str() != Some("http") {
        return Err("only plain HTTP is spoken here".into());
    }
    let authority = uri.authority().ok_or("an address needs a host")?.clone();
    let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let to = format!("{} {path}", call.method);
    let stream = TcpStream::connect((authority.host(), authority.port_u16().unwrap_or(80))).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut request = Request::builder().method(call.method).uri(path).header("host", authority.as_str());
    for (name, value) in &call.headers {
        request = request.header(*name, value);
    }
    let (parts, body) = sender.send_request(request.body(Full::new(call.body))?).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(Reply { to, version: parts.version, status: parts.status.as_u16(), headers: parts.headers, body })
}

impl Reply {
    /// Every value of a header, in order.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    /// The media type without its parameters, in lower case (RFC 9110, 8.3.1).
    pub(crate) fn media_type(&self) -> String {
        essence(self.header("content-type").unwrap_or_default())
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// Shows the start of a body that is not JSON.
    pub(crate) fn json(&self) -> Result<Value, String> {
        serde_json::from_slice(&self.body).map_err(|error| format!("the body is no JSON ({error}): {}", self.start()))
    }

    /// The start of the body, for messages about it.
    pub(crate) fn start(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        match text.char_indices().nth(200) {
            Some((end, _)) => format!("{:?}...", &text[..end]),
            None => format!("{text:?}"),
        }
    }

    /// Targets of the `Link` headers (RFC 8288) with this relation; with `None`, of all of them.
    pub(crate) fn links(&self, relation: Option<&str>) -> Vec<String> {
        let all = self.all("link").join(", ");
        let mut targets = Vec::new();
        for part in all.split('<').skip(1) {
            let Some((target, parameters)) = part.split_once('>') else { continue };
            let related = parameters
                .split(';')
                .filter_map(|parameter| parameter.trim().strip_prefix("rel="))
                .any(|value| relation.is_none_or(|wanted| value.trim_end_matches([',', ' ']).trim_matches('"') == wanted));
            if related || relation.is_none() {
                targets.push(target.to_owned());
            }
        }
        targets
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.to, self.status, self.start())
    }
}

/// A media type without its parameters, in lower case.
pub(crate) fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Text as a query parameter carries it (RFC 3986, 2.1).
pub(crate) fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
