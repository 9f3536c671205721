//! Connections to servers: how many at once, how long they may be silent, which are used again.
//!
//! Hands out HTTP clients; what is sent through them is the business of the exchange.

use std::{sync::Once, time::Duration};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::{Error, Result, chain};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How many redirects lead to a file at most.
const MAX_REDIRECTS: usize = 5;
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// Makes `ring` the cryptography of all TLS connections of the process, unless the program has chosen another
/// before.
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

/// A client for files on any server, without credentials: it follows a few redirects, as servers of files
/// hand out addresses that are valid for some time, and says nobody where it comes from, which may be an
/// address with a signature.
pub(crate) fn file_client() -> Result<reqwest::Client> {
    build(settings(READ_TIMEOUT).redirect(reqwest::redirect::Policy::limited(MAX_REDIRECTS)).referer(false))
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

    /// Waits until a request may be sent; it holds what it gets until its answer is there. First come, first
    /// served.
    pub(crate) async fn slot(&self) -> SemaphorePermit<'_> {
        self.slots.acquire().await.expect("the semaphore is never closed")
    }

    /// The client for a request. One that changes something gets a connection of its own: a kept one may have
    /// been closed by the server in the meantime, and then it is either sent again behind our back or nobody
    /// knows whether it arrived.
    pub(crate) fn client(&self, is_safe: bool) -> &reqwest::Client {
        if is_safe { &self.kept } else { &self.fresh }
    }
}
