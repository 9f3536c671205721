//! The forward proxy: the only way from a client to the servers, and a dead end for everything else.
//!
//! [`serve`] passes requests for known hosts on with their `Host` header untouched (signatures cover it). It knows nothing of what
//! is asked or answered, and never opens a connection that leaves loopback.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, HOST, HeaderValue, PROXY_AUTHORIZATION};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1 as client;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::route::Routes;

type Answer = Response<BoxBody<Bytes, hyper::Error>>;

/// Hosts that were asked for and refused, in order, each once; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refused(Arc<Mutex<Vec<String>>>);

impl Refused {
    pub(crate) fn hosts(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn add(&self, host: &str) {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !hosts.iter().any(|known| known == host) {
            hosts.push(host.to_owned());
        }
    }
}

/// Answers on this listener until the future is dropped.
pub(crate) async fn serve(listener: TcpListener, routes: Routes, refused: Refused) {
    let shared = Arc::new((routes, refused));
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let shared = Arc::clone(&shared);
                async move { Ok::<_, Infallible>(answer(request, &shared.0, &shared.1).await) }
            });
            // A client that hangs up is no concern of the proxy.
            let _ = server::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(request: Request<Incoming>, routes: &Routes, refused: &Refused) -> Answer {
    let Some(authority) = request.uri().authority().map(|authority| authority.as_str().to_owned()) else {
        return plain(StatusCode::BAD_REQUEST, "testbed: this is a forward proxy: give it to a client in http_proxy".to_owned());
    };
    let tunnel = request.method() == Method::CONNECT || request.uri().scheme_str() == Some("https");
    let known = routes.address(&authority).or_else(|| routes.address(&named(&authority, tunnel)));
    if let (Some(address), false) = (known, tunnel) {
        return forward(request, address).await.unwrap_or_else(|error| {
            plain(StatusCode::BAD_GATEWAY, format!("testbed: the server behind {authority:?} failed: {error}"))
        });
    }
    // A known host that is asked for by https keeps its port: it is another address than the one that is served.
    let (host, how) = match known {
        Some(_) => (authority, " over https"),
        None => (named(&authority, tunnel), ""),
    };
    refused.add(&host);
    let served = routes.served();
    plain(
        StatusCode::BAD_GATEWAY,
        format!("testbed: no route to host {host:?}{how}: this run is hermetic and serves only {served}"),
    )
}

/// The host as a person writes it: without the port that its scheme implies.
fn named(authority: &str, tunnel: bool) -> String {
    authority.strip_suffix(if tunnel { ":443" } else { ":80" }).unwrap_or(authority).to_owned()
}

async fn forward(
    mut request: Request<Incoming>,
    address: SocketAddr,
) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    if !request.headers().contains_key(HOST)
        && let Some(authority) = request.uri().authority()
    {
        let host = HeaderValue::from_str(authority.as_str())?;
        request.headers_mut().insert(HOST, host);
    }
    *request.uri_mut() = path.parse::<Uri>()?;
    for name in [CONNECTION, PROXY_AUTHORIZATION] {
        request.headers_mut().remove(name);
    }
    request.headers_mut().remove("proxy-connection");

    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = client::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut response = sender.send_request(request).await?;
    response.headers_mut().remove(CONNECTION);
    Ok(response.map(BodyExt::boxed))
}

fn plain(status: StatusCode, line: String) -> Answer {
    let body = Full::new(Bytes::from(line + "\n")).map_err(|never| match never {}).boxed();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
