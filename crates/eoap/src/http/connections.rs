//! Connections to servers: how many at once, how long they may be silent, and which are reused.
//!
//! Provides HTTP clients. The exchange decides what is sent through them.

use std::{sync::Once, time::Duration};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::{Error, Result, chain};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How many redirects lead to a file at most.
const MAX_REDIRECTS: usize = 5;
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// Makes `ring` the cryptography of all TLS connections of the process, unless the program has already
/// chosen one.
///
/// One provider serves reqwest and object_store. `ring` needs no C compiler beyond what Rust has and builds
/// in a fraction of the time of aws-lc.
pub(crate) fn ensure_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that a provider is there already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// A client for files on any server, without credentials. It follows a few redirects, since file servers
/// hand out temporary addresses. It sends no `Referer`, since that may be an address with a signature.
pub(crate) fn file_client() -> Result<reqwest::Client> {
    build(settings(READ_TIMEOUT).redirect(reqwest::redirect::Policy::limited(MAX_REDIRECTS)).referer(false))
}

/// A client for signed requests. It follows no redirect, since a signature is for one server.
pub(crate) fn signed_client() -> Result<reqwest::Client> {
    build(settings(READ_TIMEOUT))
}

/// A client that neither follows redirects nor repeats requests. Proxies come from `http_proxy`,
/// `https_proxy` and `no_proxy`.
fn settings(read_timeout: Duration) -> reqwest::ClientBuilder {
    ensure_tls();
    reqwest::Client::builder()
        .user_agent(concat!("eoap/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(read_timeout)
}

fn build(builder: reqwest::ClientBuilder) -> Result<reqwest::Client> {
    builder.build().map_err(|error| Error::Setup { reason: chain(&error) })
}

/// The connections of one client.
#[derive(Debug)]
pub(crate) struct Connections {
    kept: reqwest::Client,
    fresh: reqwest::Client,
    slots: Semaphore,
}

impl Connections {
    /// # Errors
    ///
    /// [`Error::Setup`] without any connection, or if TLS cannot be set up.
    pub(crate) fn new(limit: usize, read_timeout: Duration) -> Result<Self> {
        if limit == 0 {
            return Err(Error::Setup { reason: "with 0 connections nothing can be sent; give 1 or more".to_owned() });
        }
        Ok(Self {
            kept: build(settings(read_timeout).pool_max_idle_per_host(limit))?,
            fresh: build(settings(read_timeout).pool_max_idle_per_host(0))?,
            slots: Semaphore::new(limit.min(Semaphore::MAX_PERMITS)),
        })
    }

    /// Waits for permission to send a request. The permit is kept until the answer is complete. First come,
    /// first served.
    pub(crate) async fn slot(&self) -> SemaphorePermit<'_> {
        self.slots.acquire().await.expect("the semaphore is never closed")
    }

    /// The client for a request. A request that changes something gets a new connection. The server may have
    /// closed a kept one in the meantime. Then the request would be sent twice without our knowledge, or
    /// nobody would know whether it arrived.
    pub(crate) fn client(&self, is_safe: bool) -> &reqwest::Client {
        if is_safe { &self.kept } else { &self.fresh }
    }
}
