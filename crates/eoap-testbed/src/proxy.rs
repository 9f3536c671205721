//! The forward proxy: how a client reaches the servers under their documented addresses, and a dead end for
//! everything else.
//!
//! [`Proxy`] decides which server a request is for, and refuses requests to unknown hosts. It does not read
//! requests or answers, and never opens a connection that leaves loopback. `/` on the proxy itself is its
//! [`Page`].

use std::net::SocketAddr;

use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use tokio::net::TcpListener;

use crate::gateway::{self, Gateway, Note};
use crate::http::{Answer, plain};
use crate::page::Page;
use crate::refused::Refused;
use crate::requests::Answerer;
use crate::route::{self, Routes};

/// A proxy to the servers of one testbed.
#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    own: SocketAddr,
    gateway: Gateway,
    routes: Routes,
    refused: Refused,
    page: Page,
}

impl Proxy {
    /// The proxy that listens on `own`.
    pub(crate) fn new(own: SocketAddr, gateway: Gateway, routes: Routes, refused: Refused, page: Page) -> Self {
        Self { own, gateway, routes, refused, page }
    }

    /// Answers on this listener until the future is dropped.
    pub(crate) async fn serve(self, listener: TcpListener) {
        gateway::serve(listener, move |request| {
            let proxy = self.clone();
            async move { proxy.answer(request).await }
        })
        .await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let authority = request.uri().authority().map(|authority| authority.as_str().to_owned());
        // A client that has been given this proxy asks it for its own page, too.
        let Some(authority) = authority.filter(|authority| !route::own(self.own, authority)) else {
            return self.page.answer(&request).unwrap_or_else(|| {
                let line = "testbed: this is a forward proxy: give it to a client in http_proxy; what it sees is shown at /";
                plain(StatusCode::BAD_REQUEST, line.to_owned())
            });
        };
        let tunnel = request.method() == Method::CONNECT || request.uri().scheme_str() == Some("https");
        let known = self.routes.destination(&authority).or_else(|| self.routes.destination(&named(&authority, tunnel)));
        if let (Some(destination), false) = (known, tunnel) {
            return self.gateway.answer(destination, request).await;
        }
        // A known host that is requested by https keeps its port: that address is not the one that is
        // served.
        let (host, how) = match known {
            Some(_) => (authority, " over https"),
            None => (named(&authority, tunnel), ""),
        };
        self.refused.add(&host);
        let note = Note::of(&request, Answerer::Refused);
        let served = self.routes.served();
        let answer = plain(
            StatusCode::BAD_GATEWAY,
            format!("testbed: no route to host {host:?}{how}: this run is hermetic and serves only {served}"),
        );
        self.gateway.note_refused(note, &answer);
        answer
    }
}

/// The host as a person writes it: without the port that its scheme implies.
fn named(authority: &str, tunnel: bool) -> String {
    authority.strip_suffix(if tunnel { ":443" } else { ":80" }).unwrap_or(authority).to_owned()
}
