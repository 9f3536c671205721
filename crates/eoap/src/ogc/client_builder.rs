//! Settings of a client: credentials, limits, and how executions are asked for.
//!
//! [`ClientBuilder`] only collects; what the settings mean is the business of the transport and the
//! execution.

use std::{sync::Arc, time::Duration};

use futures_util::FutureExt;

use crate::{
    error::Result,
    http::{
        auth::{Auth, Cause, Token},
        links::LinkPolicy,
        retry::Retry,
        transport::{Settings, Transport},
    },
    ogc::{client::Client, documents::prefer::Prefer},
};

/// Settings of a [`Client`], from [`Client::builder`].
///
/// Credentials go only to the origin (scheme, host and port) of the base URL. They are never sent along with
/// a redirect or a link to another origin, or written to a message or log. If credentials are set several
/// times, the last ones count.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    base: String,
    settings: Settings,
    prefer: Prefer,
}

impl Client {
    /// A client of the server at `base`, such as `http://host/acme/ogc-api`, without credentials.
    ///
    /// # Errors
    ///
    /// Those of [`ClientBuilder::build`].
    pub fn new(base: impl AsRef<str>) -> Result<Self> {
        Self::builder(base).build()
    }

    /// Settings for a client of the server at `base`.
    pub fn builder(base: impl AsRef<str>) -> ClientBuilder {
        ClientBuilder::new(base.as_ref())
    }
}

impl ClientBuilder {
    pub(crate) fn new(base: &str) -> Self {
        Self { base: base.to_owned(), settings: Settings::default(), prefer: Prefer::default() }
    }

    /// Sends a bearer token (RFC 6750) with every request to the server.
    pub fn bearer(self, token: impl Into<String>) -> Self {
        self.auth(Auth::Bearer(token.into()))
    }

    /// Sends user name and password (RFC 7617) with every request to the server. The same in the base URL
    /// works, too.
    pub fn basic(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.auth(Auth::Basic(user.into(), password.into()))
    }

    /// Sends this header with every request to the server, for example an API key.
    ///
    /// ```
    /// # fn run() -> Result<(), eoap::Error> {
    /// let client = eoap::Client::builder("http://host/acme/ogc-api").header_auth("X-API-Key", "4f5e").build()?;
    /// # Ok(())
    /// # }
    /// # run().unwrap();
    /// ```
    pub fn header_auth(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.auth(Auth::Header(name.into(), value.into()))
    }

    /// Sends bearer tokens that expire and are renewed. `provider` is called for the first request, shortly
    /// before the token expires, and after the server has refused it (401). If several requests need a token
    /// at once, it is called once.
    ///
    /// After a refusal, a request that only reads is repeated once with the new token. A request that
    /// changes something is not repeated: its error is returned, and the next request has the new token.
    ///
    /// ```
    /// # fn run() -> Result<(), eoap::Error> {
    /// use std::time::Duration;
    /// use eoap::{Client, Token};
    ///
    /// async fn log_in() -> std::io::Result<Token> {
    ///     // Here the identity provider is asked.
    ///     Ok(Token::new("eyJhbGciOi…").expires_in(Duration::from_secs(300)))
    /// }
    /// let client = Client::builder("http://host/acme/ogc-api").token_provider(log_in).build()?;
    /// # Ok(())
    /// # }
    /// # run().unwrap();
    /// ```
    pub fn token_provider<P, F, E>(self, provider: P) -> Self
    where
        P: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<Token, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.auth(Auth::Provider(Arc::new(move || {
            let token = provider();
            async move { token.await.map_err(|error| -> Cause { error.into() }) }.boxed()
        })))
    }

    fn auth(mut self, auth: Auth) -> Self {
        self.settings.auth = auth;
        self
    }

    /// Limits the time of a whole request: all its attempts, redirects and pauses, until the last byte of
    /// the answer. The default is 5 min. Waiting for one of the client's own
    /// [`connections`](Self::connections) does not count. Within that time, connecting may take 10 s, and
    /// silence may last for [`read_timeout`](Self::read_timeout).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// How long the server may be silent before the connection is closed. The default is 60 s. A server that
    /// runs a process synchronously is silent until the process has ended.
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.settings.read_timeout = timeout;
        self
    }

    /// How often a request that only reads is repeated. Other requests are never repeated.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.settings.retry = retry;
        self
    }

    /// What links mean that name another origin than the base URL.
    pub fn links(mut self, links: LinkPolicy) -> Self {
        self.settings.links = links;
        self
    }

    /// How many requests of this client and its clones run at once. The default is 32. Others wait, first
    /// come, first served. This also limits the number of idle connections.
    pub fn connections(mut self, connections: usize) -> Self {
        self.settings.connections = connections;
        self
    }

    /// Largest answer that is read into memory, in bytes; 64 MiB unless set.
    pub fn max_answer(mut self, bytes: usize) -> Self {
        self.settings.max_answer = bytes;
        self
    }

    /// How executions are asked for, unless an [`Execution`](crate::Execution) says otherwise.
    pub fn prefer(mut self, prefer: Prefer) -> Self {
        self.prefer = prefer;
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    ///
    /// [`Error::Url`](crate::Error::Url) for a base URL that is not absolute or not HTTP.
    /// [`Error::Setup`](crate::Error::Setup) for credentials that cannot be in a header, for 0 connections,
    /// or if TLS cannot be set up.
    pub fn build(self) -> Result<Client> {
        Ok(Client::with(Transport::new(&self.base, self.settings)?, self.prefer))
    }
}
