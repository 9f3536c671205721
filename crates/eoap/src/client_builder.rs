//! Settings of a client: credentials, limits, and how executions are asked for.
//!
//! [`ClientBuilder`] only collects; what the settings mean is the business of the transport and the execution.

use std::time::Duration;

use crate::{
    client::Client,
    error::Result,
    prefer::Prefer,
    transport::{Auth, Transport},
};

/// Settings of a [`Client`], from [`Client::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    base: String,
    auth: Auth,
    timeout: Option<Duration>,
    prefer: Prefer,
}

impl ClientBuilder {
    pub(crate) fn new(base: &str) -> Self {
        Self { base: base.to_owned(), auth: Auth::None, timeout: None, prefer: Prefer::default() }
    }

    /// Sends a bearer token (RFC 6750) with every request to the server.
    pub fn bearer(mut self, token: impl Into<String>) -> Self {
        self.auth = Auth::Bearer(token.into());
        self
    }

    /// Sends user name and password (RFC 7617) with every request to the server. The same in the base URL works, too.
    pub fn basic(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.auth = Auth::Basic(user.into(), password.into());
        self
    }

    /// Limits the time of a whole request. Without it, 10 s are given to connect and 60 s of silence are borne.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How executions are asked for, unless an [`Execution`] says otherwise.
    pub fn prefer(mut self, prefer: Prefer) -> Self {
        self.prefer = prefer;
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] for a base URL that is not absolute or not HTTP, [`Error::Setup`] if TLS cannot be set up.
    pub fn build(self) -> Result<Client> {
        Ok(Client::with(Transport::new(&self.base, self.auth, self.timeout)?, self.prefer))
    }
}
