//! Starts the servers of a scenario and stops them.
//!
//! A [`Testbed`] owns one thread with a runtime of its own, so that it can be used from any code, asynchronous or not. What the
//! servers say is not known here.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::service::S3Service;
use tokio::net::TcpListener;
use tokio::sync::{mpsc as channel, oneshot};
use wiremock::{Mock, MockServer, matchers};

use crate::proxy::{self, Refused};
use crate::responder::{self, Server, Shared};
use crate::route::Routes;
use crate::scenario::{Parts, Personality};
use crate::service::Service;
use crate::store::Store;
use crate::{Error, Scenario, callback, s3};

/// A running OGC API server with its object store, reachable through a forward proxy; it stops when it is dropped.
#[derive(Debug)]
pub struct Testbed {
    parts: Arc<Parts>,
    refused: Refused,
    proxy_url: String,
    addresses: Addresses,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Clone, Copy)]
struct Addresses {
    proxy: SocketAddr,
    server: SocketAddr,
    s3: SocketAddr,
}

impl Testbed {
    /// Starts the servers and returns when they answer. Every testbed has a state of its own.
    ///
    /// # Errors
    /// [`Error::Start`], where the system gives no thread or no port on loopback.
    pub fn start(scenario: &Scenario) -> Result<Self, Error> {
        let failed = |what| move |source| Error::Start { what, source };
        let parts = Arc::clone(&scenario.parts);
        let refused = Refused::default();
        let (started, ready) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let served = (Arc::clone(&parts), refused.clone());
        let personality = scenario.personality;
        let thread = thread::Builder::new()
            .name("testbed".to_owned())
            .spawn(move || run(served.0, personality, served.1, &started, stopped))
            .map_err(failed("the thread of the servers"))?;
        let addresses = ready
            .recv()
            .unwrap_or_else(|_| Err(io::Error::other("the thread ended")))
            .map_err(failed("the servers on loopback"))?;
        let proxy_url = format!("http://{}", addresses.proxy);
        Ok(Self { parts, refused, proxy_url, addresses, stop: Some(stop), thread: Some(thread) })
    }

    /// Address of the forward proxy, for `http_proxy`.
    pub fn proxy_url(&self) -> &str {
        &self.proxy_url
    }

    /// Address of the OGC API on loopback, for a client that goes round the proxy.
    pub fn ogc_url(&self) -> String {
        format!("http://{}{}", self.addresses.server, self.parts.server.base_path)
    }

    /// Address of the object store on loopback, for a client that goes round the proxy.
    pub fn s3_url(&self) -> String {
        format!("http://{}", self.addresses.s3)
    }

    /// The environment that a client needs: proxies, the object store's documented address and credentials, and a polling interval
    /// for clients that know `EOAP_POLL_INTERVAL` (a job goes on with every status request, so nobody has to wait).
    pub fn environment(&self) -> BTreeMap<String, String> {
        let s3 = &self.parts.s3;
        let proxies = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
        let more = [
            ("no_proxy", ""),
            ("NO_PROXY", ""),
            ("AWS_ACCESS_KEY_ID", &s3.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", &s3.secret_access_key),
            ("AWS_DEFAULT_REGION", &s3.region),
            ("AWS_REGION", &s3.region),
            ("AWS_ENDPOINT_URL", &s3.endpoint),
            ("EOAP_POLL_INTERVAL", "5ms"),
        ];
        let all = proxies.into_iter().map(|name| (name, self.proxy_url())).chain(more);
        all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Values that must never reach a snapshot or a log.
    pub fn secrets(&self) -> Vec<String> {
        vec![self.parts.s3.secret_access_key.clone(), self.parts.s3.access_key_id.clone()]
    }

    /// Hosts that a client asked for and that the scenario does not serve, in order, each once.
    pub fn refused_hosts(&self) -> Vec<String> {
        self.refused.hosts()
    }
}

impl Drop for Testbed {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It ends on its own account; if it panicked, the panic has been reported.
            let _ = thread.join();
        }
    }
}

/// The life of the servers' thread.
fn run(
    parts: Arc<Parts>,
    personality: Personality,
    refused: Refused,
    started: &mpsc::Sender<io::Result<Addresses>>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    runtime.block_on(async move {
        match open(parts, personality, refused).await {
            Ok((addresses, _server)) => {
                let _ = started.send(Ok(addresses));
                // Ends when the testbed drops its end.
                let _ = stopped.await;
            }
            Err(error) => {
                let _ = started.send(Err(error));
            }
        }
    });
}

/// Opens the ports and spawns the servers on this runtime, with which they end; the mock server ends when it is dropped.
async fn open(parts: Arc<Parts>, personality: Personality, refused: Refused) -> io::Result<(Addresses, MockServer)> {
    let loopback = (Ipv4Addr::LOCALHOST, 0);
    let server = std::net::TcpListener::bind(loopback)?;
    let s3 = TcpListener::bind(loopback).await?;
    let proxy = TcpListener::bind(loopback).await?;
    let addresses = Addresses { proxy: proxy.local_addr()?, server: server.local_addr()?, s3: s3.local_addr()? };
    let routes = Routes::new(&parts.server.hosts, &parts.s3.hosts, addresses.server, addresses.s3);
    let store = Store::new(&parts.buckets);

    tokio::spawn(serve_s3(s3, s3::service(&parts.s3, store.clone(), routes.clone())));
    let service = Shared::new(Service::new(&parts, store));
    let responder = responder::of(personality, parts);
    let (subscribed, jobs) = channel::unbounded_channel();
    let caller = callback::Caller::new(service.clone(), Arc::clone(&responder), routes.clone(), refused.clone());
    tokio::spawn(caller.serve(jobs));
    tokio::spawn(proxy::serve(proxy, routes, refused));
    let mock = MockServer::builder().listener(server).disable_request_recording().start().await;
    Mock::given(matchers::any()).respond_with(Server::new(service, responder, subscribed)).mount(&mock).await;
    Ok((addresses, mock))
}

async fn serve_s3(listener: TcpListener, service: S3Service) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let service = service.clone();
        tokio::spawn(async move {
            // A client that hangs up is no concern of the server.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
