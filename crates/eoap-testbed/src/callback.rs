//! Sends updates to the subscribers of jobs (OGC 18-062r2, 7.13).
//!
//! [`Caller`] POSTs what the responder writes, one update after the other, only to hosts of the scenario and
//! to loopback. A subscriber that cannot be reached or refuses the update does not affect the job.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1 as client;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::personality::{Responder, Shared};
use crate::refused::Refused;
use crate::route::Routes;
use crate::service::{Job, Key, Phase};

/// How long to wait before checking a job again that follows the clock.
const PAUSE: Duration = Duration::from_millis(20);

/// How long a subscriber may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Calls subscribers.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    service: Shared,
    responder: Arc<dyn Responder>,
    routes: Routes,
    refused: Refused,
}

impl Caller {
    pub(crate) fn new(service: Shared, responder: Arc<dyn Responder>, routes: Routes, refused: Refused) -> Self {
        Self { service, responder, routes, refused }
    }

    /// Follows every job that comes in, until the channel is closed.
    pub(crate) async fn serve(self, mut jobs: UnboundedReceiver<Key>) {
        while let Some(key) = jobs.recv().await {
            tokio::spawn(self.clone().follow(key));
        }
    }

    /// Sends updates about one job until it is over or dismissed.
    async fn follow(self, key: Key) {
        let created = self.service.lock().jobs.as_created(&key);
        let Ok(created) = created else { return };
        self.tell(&created).await;
        loop {
            let update = self.service.lock().jobs.update(&key);
            match update {
                Ok(Some(job)) => {
                    self.tell(&job).await;
                    if job.is_over() {
                        return;
                    }
                }
                Ok(None) => tokio::time::sleep(PAUSE).await,
                Err(_) => return,
            }
        }
    }

    async fn tell(&self, job: &Job) {
        let Some(subscriber) = &job.execution.subscriber else { return };
        let uri = match job.phase() {
            Phase::New | Phase::Running => &subscriber.in_progress,
            Phase::Successful => &subscriber.success,
            Phase::Failed => &subscriber.failed,
        };
        let Some(uri) = uri.as_ref().and_then(|uri| uri.parse::<Uri>().ok()) else { return };
        let Some(authority) = uri.authority().map(ToString::to_string) else { return };
        let Some(address) = self.address(&uri, &authority) else {
            self.refused.add(&authority);
            return;
        };
        let Some(notice) = self.responder.notice(job) else { return };
        // The subscriber's answer does not matter.
        let _ = tokio::time::timeout(PATIENCE, post(address, &uri, &authority, notice.to_string().into())).await;
    }

    fn address(&self, uri: &Uri, authority: &str) -> Option<SocketAddr> {
        if uri.scheme_str() != Some("http") {
            return None;
        }
        let own = match uri.host()?.trim_matches(['[', ']']) {
            "localhost" => Some(IpAddr::from([127, 0, 0, 1])),
            host => host.parse::<IpAddr>().ok().filter(IpAddr::is_loopback),
        };
        self.routes.address(authority).or_else(|| Some(SocketAddr::new(own?, uri.port_u16().unwrap_or(80))))
    }
}

async fn post(
    address: SocketAddr,
    uri: &Uri,
    authority: &str,
    body: Bytes,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = client::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::post(path).header(HOST, authority).header(CONTENT_TYPE, "application/json").body(Full::new(body))?;
    sender.send_request(request).await?.into_body().collect().await?;
    Ok(())
}
