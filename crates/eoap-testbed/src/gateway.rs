//! The way to the servers. Every request passes here and is noted, direct or through the proxy.
//!
//! [`Gateway`] hands a request to the OGC API server or to the object store. It does not change the `Host`
//! header, since signatures cover it. It does not decide which server a host means, or read requests and
//! answers.

use std::convert::Infallible;
use std::fmt;
use std::time::{Instant, SystemTime};

use http::header::{CONNECTION, HOST, HeaderValue, PROXY_AUTHORIZATION};
use http::{HeaderMap, StatusCode, Uri};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use s3s::service::S3Service;
use tokio::net::TcpListener;

use crate::exchange::without_secrets;
use crate::http::{Answer, BoxError, Request, plain};
use crate::mock::Mock;
use crate::requests::{Answered, Answerer, Requests};
use crate::scenes::Catalogue;
use crate::upstream::Tape;

/// A server of the scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destination {
    Ogc,
    S3,
    /// The catalogue of scenes, and their files.
    Scenes,
}

/// Who answers as the OGC API.
#[derive(Debug, Clone)]
pub(crate) enum Ogc {
    /// The testbed's own server.
    Own(Mock),
    /// A live one, under record.
    Live(Tape),
}

/// Passes requests on; clones share the servers and the notes.
#[derive(Clone)]
pub(crate) struct Gateway {
    ogc: Ogc,
    s3: S3Service,
    scenes: Option<Catalogue>,
    requests: Requests,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Gateway").field("ogc", &self.ogc).finish_non_exhaustive()
    }
}

impl Gateway {
    /// The way to this OGC API server, to this store, and to these scenes.
    pub(crate) fn new(ogc: Ogc, s3: S3Service, scenes: Option<Catalogue>, requests: Requests) -> Self {
        Self { ogc, s3, scenes, requests }
    }

    /// Answers connections to a server's own port, whatever host they name, until the future is dropped.
    pub(crate) async fn serve(self, listener: TcpListener, to: Destination) {
        serve(listener, move |request| {
            let gateway = self.clone();
            async move { gateway.answer(to, request).await }
        })
        .await;
    }

    /// The server's answer, or 502 if there is none.
    pub(crate) async fn answer(&self, to: Destination, request: http::Request<Incoming>) -> Answer {
        let by = match to {
            Destination::Ogc => Answerer::Ogc,
            Destination::S3 => Answerer::S3,
            Destination::Scenes => Answerer::Scenes,
        };
        let noted = Note::of(&request, by);
        let passed = match (to, &self.ogc) {
            (Destination::Ogc, Ogc::Own(server)) => match Request::read(request).await {
                Ok(request) => server.answer(&request).await,
                Err(error) => Err(error),
            },
            (Destination::Scenes, _) => match (Request::read(request).await, &self.scenes) {
                (Ok(request), Some(scenes)) => Ok(scenes.answer(&request)),
                (Ok(_), None) => Err("the scenario has no scenes".into()),
                (Err(error), _) => Err(error),
            },
            (Destination::Ogc, Ogc::Live(tape)) => tape.answer(request).await,
            (Destination::S3, _) => self.store(request).await,
        };
        let answer = passed.unwrap_or_else(|error| {
            plain(StatusCode::BAD_GATEWAY, format!("testbed: the server behind {:?} failed: {}", noted.host, told(&*error)))
        });
        noted.answered(&self.requests, &answer);
        answer
    }

    /// Notes an answer that the proxy itself gave.
    pub(crate) fn note_refused(&self, note: Note, answer: &Answer) {
        note.answered(&self.requests, answer);
    }

    async fn store(&self, mut request: http::Request<Incoming>) -> Result<Answer, BoxError> {
        to_origin_form(&mut request)?;
        let answer = self.s3.call(request.map(s3s::Body::from)).await.map_err(BoxError::from)?;
        Ok(answer.map(|body| body.boxed()))
    }
}

/// What is noted about a request before it is passed on.
#[derive(Debug)]
pub(crate) struct Note {
    by: Answerer,
    time: SystemTime,
    started: Instant,
    method: String,
    host: String,
    path: String,
}

impl Note {
    pub(crate) fn of(request: &http::Request<Incoming>, by: Answerer) -> Self {
        let named = request.headers().get(HOST).and_then(|host| host.to_str().ok());
        let host = request.uri().authority().map(http::uri::Authority::as_str).or(named).unwrap_or_default();
        Self {
            by,
            time: SystemTime::now(),
            started: Instant::now(),
            method: request.method().to_string(),
            host: host.to_owned(),
            path: request.uri().path_and_query().map_or_else(String::new, |path| without_secrets(path.as_str())),
        }
    }

    fn answered(self, requests: &Requests, answer: &Answer) {
        requests.note(Answered {
            number: 0,
            time: self.time,
            by: self.by,
            method: self.method,
            host: self.host,
            path: self.path,
            status: answer.status().as_u16(),
            bytes: answer.body().size_hint().exact().unwrap_or_default(),
            took: self.started.elapsed(),
        });
    }
}

/// Answers on this listener until the future is dropped.
pub(crate) async fn serve<F, A>(listener: TcpListener, answer: F)
where
    F: Fn(http::Request<Incoming>) -> A + Clone + Send + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // Sends small answers at once, without waiting for an acknowledgement.
        let _ = stream.set_nodelay(true);
        let answer = answer.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let answer = answer(request);
                async move { Ok::<_, Infallible>(answer.await) }
            });
            // A client that hangs up does not matter.
            let _ = server::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// An error with its causes.
fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// What a client says to a proxy, as it would say it to the server itself.
fn to_origin_form(request: &mut http::Request<Incoming>) -> Result<(), BoxError> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    if !request.headers().contains_key(HOST)
        && let Some(authority) = request.uri().authority()
    {
        let host = HeaderValue::from_str(authority.as_str())?;
        request.headers_mut().insert(HOST, host);
    }
    *request.uri_mut() = path.parse::<Uri>()?;
    remove_hop_by_hop(request.headers_mut());
    Ok(())
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    for name in [CONNECTION, PROXY_AUTHORIZATION] {
        headers.remove(name);
    }
    headers.remove("proxy-connection");
}
