//! A listener on this machine that the server under test may call: it serves a value, and keeps what is
//! POSTed.
//!
//! [`Listener`] answers every GET with the same document. It knows nothing of callbacks or inputs.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Something that was POSTed: to which path, with which media type, and what.
#[derive(Debug, Clone)]
pub(crate) struct Posted {
    pub(crate) path: String,
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
}

type Inbox = Arc<Mutex<Vec<Posted>>>;

/// A listener that ends when it is dropped.
pub(crate) struct Listener {
    address: SocketAddr,
    posted: Inbox,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Listens on `address:port`; port 0 is any that is free. Every GET is answered with the document.
    pub(crate) fn start(address: &str, document: &Value) -> std::io::Result<Self> {
        let socket = std::net::TcpListener::bind(address)?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        let posted = Inbox::default();
        let (stop, stopped) = oneshot::channel();
        let served = (Arc::clone(&posted), Bytes::from(document.to_string()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::spawn(move || {
            runtime.block_on(async move {
                tokio::select! {
                    () = serve(socket, served.0, served.1) => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Self { address, posted, stop: Some(stop), thread: Some(thread) })
    }

    /// The address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The POSTs to the path, as soon as there is one or the time is up.
    pub(crate) fn posted_to(&self, path: &str, patience: Duration) -> Vec<Posted> {
        let end = Instant::now() + patience;
        loop {
            let all = self.posted.lock().unwrap_or_else(PoisonError::into_inner);
            let found: Vec<Posted> = all.iter().filter(|posted| posted.path == path).cloned().collect();
            drop(all);
            if !found.is_empty() || Instant::now() >= end {
                return found;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It ends on its own account; if it panicked, the panic has been reported.
            let _ = thread.join();
        }
    }
}

async fn serve(socket: std::net::TcpListener, posted: Inbox, document: Bytes) {
    let Ok(listener) = TcpListener::from_std(socket) else { return };
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (posted, document) = (Arc::clone(&posted), document.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(request, Arc::clone(&posted), document.clone()));
            // A server that hangs up has sent everything.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(request: Request<Incoming>, posted: Inbox, document: Bytes) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.method() != Method::POST {
        let mut response = Response::new(Full::new(document));
        response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
        return Ok(response);
    }
    let (parts, body) = request.into_parts();
    let content_type = parts.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    if let Ok(body) = body.collect().await {
        let entry = Posted { path: parts.uri.path().to_owned(), content_type, body: body.to_bytes() };
        posted.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }
    Ok(Response::new(Full::new(Bytes::new())))
}
