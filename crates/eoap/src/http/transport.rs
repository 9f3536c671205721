//! Sends requests and turns answers into values or errors.
//!
//! [`Transport`] owns the connections, the base URL and the credentials. It follows redirects only of
//! requests that read. It never repeats a request that changes something. It sends credentials only to the
//! base URL's origin. It knows nothing about processes and jobs.

use std::{fmt, time::Duration};

use serde::de::DeserializeOwned;
use tracing::{Instrument, field::Empty};
use url::Url;

use super::{
    auth::{self, Auth},
    connections::{Connections, READ_TIMEOUT},
    exchange,
    links::LinkPolicy,
    message::{Answer, Request},
    retry::Retry,
    user_info::{decode, strip_user, without_credentials},
};
use crate::error::{Error, Result};

/// The settings of a transport.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) auth: Auth,
    pub(crate) timeout: Duration,
    pub(crate) read_timeout: Duration,
    pub(crate) retry: Retry,
    pub(crate) links: LinkPolicy,
    pub(crate) connections: usize,
    pub(crate) max_answer: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            auth: Auth::None,
            timeout: Duration::from_secs(300),
            read_timeout: READ_TIMEOUT,
            retry: Retry::default(),
            links: LinkPolicy::default(),
            connections: 32,
            max_answer: 64 << 20,
        }
    }
}

pub(crate) struct Transport {
    base: Url,
    pub(super) credentials: auth::Credentials,
    pub(super) connections: Connections,
    pub(super) timeout: Duration,
    pub(super) retry: Retry,
    pub(super) links: LinkPolicy,
    pub(super) max_answer: usize,
}

impl Transport {
    /// A transport to `base`. A user name and password in it become credentials.
    pub(crate) fn new(base: &str, settings: Settings) -> Result<Self> {
        let advice = "give an absolute http or https URL such as http://host/acme/ogc-api";
        let refuse = |reason: String| Error::Url { url: without_credentials(base), reason };
        let mut url = Url::parse(base.trim()).map_err(|error| refuse(format!("{error}; {advice}")))?;
        let auth = match (settings.auth, url.password()) {
            (Auth::None, Some(password)) => Auth::Basic(decode(url.username()), decode(password)),
            (auth, _) => auth,
        };
        strip_user(&mut url);
        url.set_query(None);
        url.set_fragment(None);
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(refuse(advice.to_owned()));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self {
            base: url,
            credentials: auth::Credentials::new(auth)?,
            connections: Connections::new(settings.connections, settings.read_timeout)?,
            timeout: settings.timeout,
            retry: settings.retry,
            links: settings.links,
            max_answer: settings.max_answer,
        })
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

    /// Sends the request and reads the whole answer, within the client's time limit. A request that reads is
    /// repeated as [`Retry`] says, and redirected up to five times. A request that changes something is sent
    /// once.
    ///
    /// # Errors
    ///
    /// Every answer whose status is not 2xx is an error.
    pub(crate) async fn send(&self, mut request: Request) -> Result<Answer> {
        strip_user(&mut request.url);
        let span = tracing::debug_span!(
            "request",
            method = %request.method,
            url = %request.url,
            status = Empty,
            attempts = Empty,
            elapsed_ms = Empty
        );
        let begin = tokio::time::Instant::now();
        let mut exchange = exchange::Exchange::new(self, request);
        let outcome = exchange.run().instrument(span.clone()).await;
        let status = outcome.as_ref().map_or_else(Error::http_status, |answer| Some(answer.status.as_u16()));
        span.record("status", status);
        span.record("attempts", exchange.sent());
        span.record("elapsed_ms", begin.elapsed().as_millis() as u64);
        outcome
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::AUTHORIZATION;

    use super::*;

    fn transport(base: &str) -> Result<Transport> {
        Transport::new(base, Settings::default())
    }

    #[test]
    fn urls_are_built_from_the_base_whatever_its_end() {
        for base in ["http://host/acme/ogc-api", "http://host/acme/ogc-api/", " http://host/acme/ogc-api//?x=1#y "] {
            let url = transport(base).expect("base URL").url(&["processes", "a/b c", "execution"]);
            assert_eq!(url.as_str(), "http://host/acme/ogc-api/processes/a%2Fb%20c/execution");
        }
        assert_eq!(transport("http://host").expect("base URL").url(&["jobs"]).as_str(), "http://host/jobs");
    }

    #[tokio::test]
    async fn credentials_of_the_url_are_kept_and_hidden() {
        let transport = transport("http://me:s%40cret@host/api").expect("base URL");
        assert_eq!(transport.base().as_str(), "http://host/api");
        let (name, value) = transport.credentials.header(transport.base()).await.expect("credentials").expect("a header");
        // "me:s@cret" in base64.
        assert_eq!((name, value.to_str().expect("text")), (AUTHORIZATION, "Basic bWU6c0BjcmV0"));
        assert!(!format!("{transport:?} {value:?}").contains("bWU6"));
    }

    #[test]
    fn bad_base_urls_are_refused_with_advice() {
        for base in ["zoo/acme", "ftp://host/x", "", "me:secret@host"] {
            let error = transport(base).expect_err("must be refused").to_string();
            assert!(error.contains("give an absolute http or https URL"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn requests_can_be_sent_from_any_thread() {
        fn sendable<T: Send>(_: T) {}
        let transport = transport("http://host/api").expect("base URL");
        sendable(transport.send(Request::get(transport.url(&["jobs"]))));
    }
}
