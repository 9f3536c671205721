//! Sends requests and turns answers into values or errors.
//!
//! [`Transport`] owns the HTTP client, the base URL and the credentials. It follows redirects of reading requests only, never
//! repeats a request that changes something, and sends credentials to the base URL's origin and nowhere else. It knows
//! nothing about processes and jobs.

use std::{fmt, sync::Once, time::Duration};

use bytes::Bytes;
use reqwest::{
    Method, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::{
    error::{Error, Result, chain, excerpt},
    problem::Problem,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const MAX_REDIRECTS: usize = 5;

/// Credentials, which are never shown.
#[derive(Clone, Default)]
pub(crate) enum Auth {
    #[default]
    None,
    Bearer(String),
    Basic(String, String),
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Bearer(_) => "Bearer(<secret>)",
            Self::Basic(..) => "Basic(<secret>)",
        })
    }
}

/// A request: what [`Transport::send`] sends.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
}

/// An answer with a good status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

#[derive(Debug)]
pub(crate) struct Transport {
    http: reqwest::Client,
    base: Url,
    auth: Auth,
}

/// Makes `ring` the cryptography of all TLS connections of the process, unless the program has chosen another before.
///
/// One provider serves reqwest and object_store. `ring` needs no C compiler beyond what Rust has and builds in a fraction of
/// the time of aws-lc.
pub(crate) fn ensure_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that a provider is there already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// A client that follows no redirects by itself. Proxies come from `http_proxy`, `https_proxy` and `no_proxy`.
pub(crate) fn http_client(timeout: Option<Duration>) -> Result<reqwest::Client> {
    ensure_tls();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("eoap/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT);
    if let Some(timeout) = timeout {
        builder = builder.timeout(timeout);
    }
    builder.build().map_err(|error| Error::Setup { reason: chain(&error) })
}

impl Transport {
    /// A transport to `base`, whose user name and password, if any, become credentials.
    pub(crate) fn new(base: &str, auth: Auth, timeout: Option<Duration>) -> Result<Self> {
        let advice = "give an absolute http or https URL such as http://host/acme/ogc-api";
        let refuse = |url: &str, reason: String| Error::Url { url: url.to_owned(), reason };
        let mut url =
            Url::parse(base.trim()).map_err(|error| refuse(&without_credentials(base), format!("{error}; {advice}")))?;
        let auth = match (&auth, url.password()) {
            (Auth::None, Some(password)) => Auth::Basic(decode(url.username()), decode(password)),
            _ => auth,
        };
        // Both setters fail only for URLs that cannot have a host, which the next check refuses.
        let _ = url.set_username("").and_then(|()| url.set_password(None));
        url.set_query(None);
        url.set_fragment(None);
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(refuse(&without_credentials(base), advice.to_owned()));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self { http: http_client(timeout)?, base: url, auth })
    }

    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    /// URL of a resource below the base; segments are encoded.
    pub(crate) fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Whether requests to `url` reach the server that the credentials are for.
    pub(crate) fn is_own(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }

    pub(crate) async fn get_json<T: DeserializeOwned>(&self, url: Url, expected: &'static str) -> Result<T> {
        self.send(Request::get(url)).await?.json(expected)
    }

    /// Sends the request. Redirects of reading requests are followed up to five times; a request that changes something is
    /// sent once, and not again wherever it may be redirected to.
    ///
    /// # Errors
    ///
    /// Every answer whose status is not 2xx is an error.
    pub(crate) async fn send(&self, mut request: Request) -> Result<Answer> {
        let mut redirects = 0;
        loop {
            let answer = self.send_once(&request).await?;
            match answer.location() {
                Some(target) if request.is_safe() && answer.status.is_redirection() && redirects < MAX_REDIRECTS => {
                    request.url = target;
                }
                Some(target) if request.is_safe() && answer.status.is_redirection() => {
                    return Err(Error::Http {
                        method: answer.method.to_string(),
                        url: answer.url.into(),
                        status: answer.status.as_u16(),
                        body: format!("more than {MAX_REDIRECTS} redirects, the last to {target}; check the base URL"),
                    });
                }
                _ => return answer.good(),
            }
            redirects += 1;
        }
    }

    /// Where a link of the server leads.
    pub(crate) fn resolve(&self, href: &str) -> Result<Url> {
        self.base.join(href).map_err(|error| Error::Url { url: href.to_owned(), reason: error.to_string() })
    }

    /// Where a link to data leads, which may be anywhere.
    pub(crate) fn external(&self, href: &str) -> Result<Url> {
        self.resolve(href)
    }

    async fn send_once(&self, request: &Request) -> Result<Answer> {
        let (method, url) = (&request.method, &request.url);
        let mut sent = self
            .http
            .request(method.clone(), url.clone())
            .header(ACCEPT, HeaderValue::from_static("application/json, */*;q=0.5"))
            .headers(request.headers.clone());
        if self.is_own(url) {
            sent = match &self.auth {
                Auth::None => sent,
                Auth::Bearer(token) => sent.bearer_auth(token),
                Auth::Basic(user, password) => sent.basic_auth(user, Some(password)),
            };
        }
        if let Some(body) = &request.body {
            sent = sent.body(body.clone());
        }
        let failed = |error: reqwest::Error| {
            let source = error.without_url();
            Error::Connection { method: method.to_string(), url: url.to_string(), reason: chain(&source), source }
        };
        let response = sent.send().await.map_err(failed)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.map_err(failed)?;
        Ok(Answer { method: method.clone(), url: url.clone(), status, headers, body })
    }
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
    /// The URL of the `Location` header (RFC 9110 clause 10.2.2), resolved against the requested one.
    pub(crate) fn location(&self) -> Option<Url> {
        let location = self.headers.get(LOCATION)?.to_str().ok()?;
        self.url.join(location).ok()
    }

    /// Whether the body says nothing: it is empty or `null`.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self.body.trim_ascii(), b"" | b"null")
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, expected: &'static str) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| self.not(expected, error.to_string()))
    }

    pub(crate) fn not(&self, expected: &'static str, reason: String) -> Error {
        Error::Decode { method: self.method.to_string(), url: self.url.to_string(), expected, reason, body: excerpt(&self.body) }
    }

    /// The answer itself if its status is 2xx, otherwise the error that it tells of.
    fn good(self) -> Result<Self> {
        if self.status.is_success() {
            return Ok(self);
        }
        let (method, url, status) = (self.method.to_string(), self.url.to_string(), self.status.as_u16());
        if self.status.is_redirection() {
            let target = self.location().map_or_else(|| "nowhere".to_owned(), String::from);
            let body = format!("the server redirects to {target}; use the base URL it belongs to");
            return Err(Error::Http { method, url, status, body });
        }
        match serde_json::from_slice::<Problem>(&self.body) {
            Ok(problem) if problem.is_telling() => {
                let kind = problem.kind();
                Err(Error::Api { method, url, status, kind, problem: Box::new(problem) })
            }
            _ => Err(Error::Http { method, url, status, body: excerpt(&self.body) }),
        }
    }
}

fn decode(text: &str) -> String {
    // User name and password of a URL are percent-encoded; form decoding does the same but for `+`, which is kept as it is.
    let text = text.replace('+', "%2B");
    url::form_urlencoded::parse(text.as_bytes()).map(|(name, _)| name.into_owned()).next().unwrap_or_default()
}

/// Text that is not a URL could still hold a password.
fn without_credentials(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transport(base: &str) -> Result<Transport> {
        Transport::new(base, Auth::None, None)
    }

    #[test]
    fn urls_are_built_from_the_base_whatever_its_end() {
        for base in ["http://host/acme/ogc-api", "http://host/acme/ogc-api/", " http://host/acme/ogc-api//?x=1#y "] {
            let url = transport(base).expect("base URL").url(&["processes", "a/b c", "execution"]);
            assert_eq!(url.as_str(), "http://host/acme/ogc-api/processes/a%2Fb%20c/execution");
        }
        assert_eq!(transport("http://host").expect("base URL").url(&["jobs"]).as_str(), "http://host/jobs");
    }

    #[test]
    fn credentials_of_the_url_are_kept_and_hidden() {
        let transport = transport("http://me:s%40cret@host/api").expect("base URL");
        assert_eq!(transport.base().as_str(), "http://host/api");
        assert!(matches!(&transport.auth, Auth::Basic(user, password) if user == "me" && password == "s@cret"));
        assert!(!format!("{transport:?}").contains("cret@"));
    }

    #[test]
    fn bad_base_urls_are_refused_with_advice() {
        for base in ["zoo/acme", "ftp://host/x", "", "me:secret@host"] {
            let error = transport(base).expect_err("must be refused").to_string();
            assert!(error.contains("give an absolute http or https URL"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
