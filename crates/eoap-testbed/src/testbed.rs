//! Starts the servers of a scenario and stops them.
//!
//! A [`Testbed`] owns one thread with its own runtime, so that any code can use it, asynchronous or not. The
//! content of answers is not known here.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use tokio::sync::{mpsc as channel, oneshot};

use crate::callback;
use crate::error::Error;
use crate::gateway::{Destination, Gateway, Ogc};
use crate::mock::Mock;
use crate::page::{Addresses, Page, State};
use crate::personality::{Responder, Server, Shared};
use crate::playback::Recorded;
use crate::proxy::Proxy;
use crate::pygeoapi::Pygeoapi;
use crate::refused::Refused;
use crate::requests::{Answered, Requests};
use crate::route::Routes;
use crate::s3;
use crate::scenario::{Clock, Fixtures, Personality, Scenario};
use crate::scenes::Catalogue;
use crate::service::Service;
use crate::store::{FoundUpload, Store};
use crate::upstream::{Live, StoreMirror, Tape};
use crate::zoo::Zoo;

/// Ports on loopback to listen on. 0, the default, means any free port.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ports {
    /// The forward proxy's, which has the page too.
    pub proxy: u16,
    /// The OGC API server's.
    pub ogc: u16,
    /// The object store's.
    pub s3: u16,
}

/// A running OGC API server with its object store, reachable through a forward proxy. It stops when it is
/// dropped.
#[derive(Debug)]
pub struct Testbed {
    fixtures: Arc<Fixtures>,
    clock: Clock,
    refused: Refused,
    requests: Requests,
    proxy_url: String,
    addresses: Addresses,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Testbed {
    /// Starts the servers on any free ports and returns when they answer. Every testbed has its own state.
    ///
    /// # Errors
    /// [`Error::Start`], where the system gives no thread, [`Error::Listen`], where it gives no port on
    /// loopback, and [`Error::Folder`], where the scenario's objects cannot be kept in its folder.
    pub fn start(scenario: &Scenario) -> Result<Self, Error> {
        Self::start_on(scenario, Ports::default())
    }

    /// Starts the servers on these ports.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), eoap_testbed::Error> {
    /// use eoap_testbed::{Ports, Scenario, Testbed};
    ///
    /// let scenario = Scenario::water_bodies()?;
    /// let testbed = Testbed::start_on(&scenario, Ports { proxy: 8000, ..Ports::default() })?;
    /// assert_eq!(testbed.proxy_url(), "http://127.0.0.1:8000");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Listen`], if a port is not available, usually because another process has it. Otherwise as
    /// [`Testbed::start`].
    pub fn start_on(scenario: &Scenario, ports: Ports) -> Result<Self, Error> {
        Self::open(scenario, ports, None).map(|(testbed, _)| testbed)
    }

    /// A testbed in front of a live deployment, with the mirror of its store, if it has one.
    pub(crate) fn to_record(
        scenario: &Scenario,
        ports: Ports,
        live: &Arc<Live>,
        tape: Tape,
    ) -> Result<(Self, Option<StoreMirror>), Error> {
        Self::open(scenario, ports, Some((Arc::clone(live), tape)))
    }

    fn open(scenario: &Scenario, ports: Ports, live: Option<(Arc<Live>, Tape)>) -> Result<(Self, Option<StoreMirror>), Error> {
        let failed = |what| move |source| Error::Start { what, source };
        let listeners = Listeners {
            proxy: listen("the proxy", ports.proxy)?,
            ogc: listen("the OGC API", ports.ogc)?,
            s3: listen("S3", ports.s3)?,
        };
        let addresses = listeners.addresses().map_err(failed("the servers on loopback"))?;
        let refused = Refused::default();
        let requests = Requests::default();
        let (started, ready) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let folder = scenario.fixtures.s3.folder.as_ref().filter(|_| scenario.keeps_objects);
        let (store, uploads) = match folder {
            Some(folder) => Store::kept_in(folder, &scenario.fixtures.buckets)?,
            None => (Store::new(&scenario.fixtures.buckets), BTreeMap::new()),
        };
        let (tape, mirror) = match live {
            None => (None, None),
            Some((live, tape)) => {
                let from = live.store.clone();
                (Some(tape), from.map(|from| StoreMirror::new(live, from, store.clone())))
            }
        };
        let served = Served {
            scenario: scenario.clone(),
            listeners,
            addresses,
            refused: refused.clone(),
            requests: requests.clone(),
            store,
            uploads,
            tape,
            mirror: mirror.clone(),
        };
        let thread = thread::Builder::new()
            .name("testbed".to_owned())
            .spawn(move || run(served, &started, stopped))
            .map_err(failed("the thread of the servers"))?;
        ready.recv().unwrap_or_else(|_| Err(io::Error::other("the thread ended"))).map_err(failed("the servers on loopback"))?;
        let testbed = Self {
            fixtures: Arc::clone(&scenario.fixtures),
            clock: scenario.clock,
            refused,
            requests,
            proxy_url: format!("http://{}", addresses.proxy),
            addresses,
            stop: Some(stop),
            thread: Some(thread),
        };
        Ok((testbed, mirror))
    }

    /// Address of the forward proxy, for `http_proxy`.
    pub fn proxy_url(&self) -> &str {
        &self.proxy_url
    }

    /// Address of the page that shows jobs, requests and objects as they change. Below it, `state.json` is
    /// for scripts.
    pub fn page_url(&self) -> String {
        format!("{}/", self.proxy_url)
    }

    /// Address of the OGC API on loopback, for a client that does not use the proxy. It answers for any
    /// `Host` header.
    pub fn ogc_url(&self) -> String {
        format!("http://{}{}", self.addresses.ogc, self.fixtures.server.base_path)
    }

    /// Address of the object store on loopback, for a client that does not use the proxy. It answers for any
    /// `Host` header.
    pub fn s3_url(&self) -> String {
        format!("http://{}", self.addresses.s3)
    }

    /// The environment that a client needs: proxies, the object store's documented address and credentials,
    /// and the scenario's own variables. It also has a polling interval for clients that know
    /// `EOAP_POLL_INTERVAL`. A job moves on with every status request, so nobody has to wait. With the real
    /// clock the interval is a second.
    ///
    /// It is for other processes. A client in the process of the test takes [`Testbed::ogc_url`],
    /// [`Testbed::s3_url`], the keys of the store from here, and a short interval of its own, such as
    /// `job.wait().every(Duration::from_millis(5))` of `eoap`.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let s3 = &self.fixtures.s3;
        let proxies = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
        let interval = match self.clock {
            Clock::Poll => "5ms",
            Clock::Real { .. } => "1s",
        };
        let more = [
            ("no_proxy", ""),
            ("NO_PROXY", ""),
            ("AWS_ACCESS_KEY_ID", &s3.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", &s3.secret_access_key),
            ("AWS_DEFAULT_REGION", &s3.region),
            ("AWS_REGION", &s3.region),
            ("AWS_ENDPOINT_URL", &s3.endpoint),
            // The user's settings in `~/.aws` do not apply.
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
            ("EOAP_POLL_INTERVAL", interval),
        ];
        let all = proxies.into_iter().map(|name| (name, self.proxy_url())).chain(more);
        let mut environment = self.fixtures.environment.clone();
        environment.extend(all.map(|(name, value)| (name.to_owned(), value.to_owned())));
        environment
    }

    /// Values that must never reach a snapshot or a log.
    pub fn secrets(&self) -> Vec<String> {
        let s3 = [self.fixtures.s3.secret_access_key.clone(), self.fixtures.s3.access_key_id.clone()];
        s3.into_iter().chain(self.fixtures.server.token.clone()).collect()
    }

    /// Hosts that a client has requested and that the scenario does not serve, in order, each once.
    pub fn refused_hosts(&self) -> Vec<String> {
        self.refused.hosts()
    }

    /// Every request that is answered or refused from now on, as it is answered.
    pub fn requests(&self) -> Receiver<Answered> {
        self.requests.listen()
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

/// The listeners of the servers, open before their addresses are published.
struct Listeners {
    proxy: TcpListener,
    ogc: TcpListener,
    s3: TcpListener,
}

impl Listeners {
    fn addresses(&self) -> io::Result<Addresses> {
        Ok(Addresses { proxy: self.proxy.local_addr()?, ogc: self.ogc.local_addr()?, s3: self.s3.local_addr()? })
    }
}

fn listen(server: &'static str, port: u16) -> Result<TcpListener, Error> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|listener| {
        // As the runtime wants it.
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|source| Error::Listen { server, port, source })
}

/// All that the servers' thread is given.
struct Served {
    scenario: Scenario,
    listeners: Listeners,
    addresses: Addresses,
    refused: Refused,
    requests: Requests,
    store: Store,
    /// Uploads in parts that were under way when an earlier testbed ended.
    uploads: BTreeMap<String, FoundUpload>,
    /// Where the OGC API is a live one.
    tape: Option<Tape>,
    /// For a mirror of a live store.
    mirror: Option<StoreMirror>,
}

/// The life of the servers' thread.
fn run(served: Served, started: &mpsc::Sender<io::Result<()>>, stopped: oneshot::Receiver<()>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    runtime.block_on(async move {
        match open(served).await {
            Ok(()) => {
                let _ = started.send(Ok(()));
                // Ends when the testbed drops its end.
                let _ = stopped.await;
            }
            Err(error) => {
                let _ = started.send(Err(error));
            }
        }
    });
}

/// Spawns the servers on this runtime, with which they end.
async fn open(served: Served) -> io::Result<()> {
    let Served { scenario, listeners, addresses, refused, requests, store, uploads, tape, mirror } = served;
    let responder = responder(&scenario, &refused);
    let Scenario { fixtures, personality, clock, .. } = scenario;
    let tokio = tokio::net::TcpListener::from_std;
    let (proxy, ogc, s3) = (tokio(listeners.proxy)?, tokio(listeners.ogc)?, tokio(listeners.s3)?);
    let scenes = fixtures.scenes.clone().map(Catalogue::new);
    let routes = Routes::new(&fixtures.server.hosts, &fixtures.s3.hosts, addresses.ogc, addresses.s3);
    let routes = match &scenes {
        Some(scenes) => routes.and_scenes(&scenes.hosts()),
        None => routes,
    };
    let service = Shared::new(Service::new(&fixtures, clock, store.clone()));
    let (subscribed, jobs) = channel::unbounded_channel();
    let caller = callback::Caller::new(service.clone(), Arc::clone(&responder), routes.clone(), refused.clone());
    tokio::spawn(caller.serve(jobs));

    let server = Mock::start(Server::new(service.clone(), responder, subscribed)).await;
    let objects = s3::service(&fixtures.s3, (store.clone(), uploads), routes.clone(), mirror);
    let gateway = Gateway::new(tape.map_or(Ogc::Own(server), Ogc::Live), objects, scenes, requests.clone());
    let page = Page::new(State { fixtures, personality, clock, addresses, service, store, requests, refused: refused.clone() });
    tokio::spawn(gateway.clone().serve(ogc, Destination::Ogc));
    tokio::spawn(gateway.clone().serve(s3, Destination::S3));
    tokio::spawn(Proxy::new(addresses.proxy, gateway, routes, refused, page).serve(proxy));
    Ok(())
}

/// Who answers as the OGC API: the one place where a personality is chosen.
fn responder(scenario: &Scenario, refused: &Refused) -> Arc<dyn Responder> {
    let fixtures = Arc::clone(&scenario.fixtures);
    match scenario.personality {
        Personality::Zoo => Arc::new(Zoo::new(fixtures)),
        Personality::Pygeoapi => Arc::new(Pygeoapi::new(fixtures)),
        Personality::Recorded => Arc::new(Recorded::new(scenario.recordings(), refused.clone())),
    }
}
