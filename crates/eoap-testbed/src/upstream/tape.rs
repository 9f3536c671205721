//! Passes requests on to a live server and keeps the exchanges.
//!
//! [`Tape`] has the exchanges of one client in their order, with documented addresses in place of live ones.
//! It keeps no header of a request, and no header of an answer that depends on a person or a moment. The
//! credentials in them are remembered only to be removed from everything else.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, COOKIE, DATE, HOST, HeaderName, LOCATION,
    PROXY_AUTHENTICATE, SET_COOKIE, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::upstream::Live;
use crate::exchange::{Asked, Content, Exchange, Given};
use crate::http::{Answer, BoxError, whole};

/// Headers of an answer that say nothing about the resource.
const PASSING: [HeaderName; 8] =
    [CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, DATE, PROXY_AUTHENTICATE, SET_COOKIE, TRANSFER_ENCODING, UPGRADE];

/// Request headers with credentials, beyond the standard ones.
const KEYS: [&str; 4] = ["x-api-key", "api-key", "apikey", "x-auth-token"];

/// A shorter text is not removed as a secret: it would be part of many words.
const SHORTEST_SECRET: usize = 6;

/// The exchanges of one client with live servers; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Tape {
    live: Arc<Live>,
    client: reqwest::Client,
    kept: Arc<Mutex<Kept>>,
}

/// The content of a tape.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept {
    pub(crate) exchanges: Vec<Exchange>,
    /// Credentials that were sent either way.
    pub(crate) secrets: Vec<String>,
}

impl Tape {
    pub(crate) fn new(live: Arc<Live>) -> Result<Self, BoxError> {
        // The first in this process decides. All of them do the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // The client under record follows redirections itself.
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { live, client, kept: Arc::default() })
    }

    /// The content so far.
    pub(crate) fn kept(&self) -> Kept {
        self.lock().clone()
    }

    /// The live server's answer to a request.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Result<Answer, BoxError> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let named = head.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = head.uri.authority().map(http::uri::Authority::as_str).or(named).unwrap_or_default().to_owned();
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let url = self.live.upstream_of(&host, path).ok_or_else(|| format!("no live server is known for {host}"))?;

        let mut headers = head.headers.clone();
        for name in [HOST, CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION] {
            headers.remove(name);
        }
        headers.remove("proxy-connection");
        // Only uncompressed bodies are readable in a recording.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let sent = match std::str::from_utf8(&body) {
            Ok(text) => Bytes::from(self.live.upstream(text)),
            Err(_) => body.clone(),
        };
        let asked = self.client.request(head.method.clone(), &url).headers(headers);
        let response = if sent.is_empty() { asked } else { asked.body(sent) }.send().await?;

        let (status, received) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await?;
        let bytes = match std::str::from_utf8(&bytes) {
            Ok(text) => Bytes::from(self.live.documented(text)),
            Err(_) => bytes,
        };
        let headers = self.documented(&received, &url);
        let mut kept = self.lock();
        kept.secrets.extend(secrets(&head.headers).chain(secrets(&received)));
        kept.exchanges.push(Exchange {
            request: Asked { method: head.method.to_string(), url: format!("http://{host}{path}"), body: Content::of(&body) },
            response: Given { status: status.as_u16(), headers: headers.clone(), body: Content::of(&bytes) },
        });
        drop(kept);
        let mut answer = Response::builder().status(status);
        for (name, value) in &headers {
            answer = answer.header(name, value);
        }
        // The client's own cookies are its own business.
        for cookie in received.get_all(SET_COOKIE) {
            answer = answer.header(SET_COOKIE, cookie);
        }
        Ok(answer.body(whole(bytes))?)
    }

    /// The headers that are kept, with documented addresses; `url` is what a relative location starts from.
    fn documented(&self, headers: &HeaderMap, url: &str) -> Vec<(String, String)> {
        let kept = headers.iter().filter(|(name, _)| !PASSING.contains(name));
        kept.filter_map(|(name, value)| {
            let value = value.to_str().ok()?;
            let absolute = match reqwest::Url::parse(url).and_then(|base| base.join(value)) {
                Ok(absolute) if *name == LOCATION => absolute.to_string(),
                _ => value.to_owned(),
            };
            Some((name.to_string(), self.live.documented(&absolute)))
        })
        .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The credentials in headers: those of a scheme, without the scheme's name, and the values of keys and
/// cookies.
fn secrets(headers: &HeaderMap) -> impl Iterator<Item = String> {
    let mut all = Vec::new();
    for (name, value) in headers {
        let Ok(value) = value.to_str() else { continue };
        if *name == AUTHORIZATION {
            let credentials = value.split_once(' ').map_or(value, |(_, rest)| rest);
            all.push(credentials.to_owned());
            all.extend(basic(credentials));
        } else if *name == COOKIE || *name == SET_COOKIE {
            let pairs = value.split(';').take(if *name == COOKIE { usize::MAX } else { 1 });
            all.extend(pairs.filter_map(|pair| Some(pair.split_once('=')?.1.trim().to_owned())));
        } else if KEYS.contains(&name.as_str()) {
            all.push(value.to_owned());
        }
    }
    all.retain(|secret| secret.len() >= SHORTEST_SECRET);
    all.into_iter()
}

/// The password in the credentials of HTTP's scheme `Basic` (RFC 7617).
fn basic(credentials: &str) -> Option<String> {
    use base64::Engine;
    let decoded = base64::engine::general_purpose::STANDARD.decode(credentials).ok()?;
    Some(String::from_utf8(decoded).ok()?.split_once(':')?.1.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_known_wherever_they_are_sent() {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Basic dXNlcjpvcGVuc2VzYW1l"));
        headers.append(COOKIE, HeaderValue::from_static("session=0123456789; theme=dark"));
        headers.append(SET_COOKIE, HeaderValue::from_static("session=abcdefghij; Path=/jobs/list"));
        headers.append("x-api-key", HeaderValue::from_static("key-of-somebody"));
        let found: Vec<String> = secrets(&headers).collect();
        assert_eq!(found, ["dXNlcjpvcGVuc2VzYW1l", "opensesame", "0123456789", "abcdefghij", "key-of-somebody"]);
    }
}
