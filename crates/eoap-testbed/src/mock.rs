//! The OGC API server of a testbed: a wiremock server, on which a personality's answers are mounted.
//!
//! The main type is [`Mock`]. wiremock answers each request at once. Private headers between it and [`Mock`]
//! carry what it cannot express: that an answer has to wait for work, and the reason phrase of an answer. It
//! writes no text itself.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1 as client;
use hyper::ext::ReasonPhrase;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use wiremock::{MockServer, Respond, ResponseTemplate, matchers};

use crate::http::{Answer, BoxError, Request};
use crate::personality::Server;
use crate::work::Work;

/// Names the work that an answer waits for. In the request that follows, it names the work that is done.
const WORK: HeaderName = HeaderName::from_static("testbed-work");
/// An answer's reason phrase.
const REASON: HeaderName = HeaderName::from_static("testbed-reason");

/// The server of one testbed; clones share it. It ends with the last of them.
#[derive(Clone)]
pub(crate) struct Mock {
    server: Arc<MockServer>,
    works: Works,
}

impl fmt::Debug for Mock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Mock").field("address", self.server.address()).finish_non_exhaustive()
    }
}

/// Works that answers wait for, by number.
#[derive(Debug, Clone, Default)]
struct Works(Arc<(AtomicU64, Mutex<HashMap<u64, Work>>)>);

impl Works {
    fn put(&self, work: Work) -> u64 {
        let number = self.0.0.fetch_add(1, Ordering::Relaxed);
        self.0.1.lock().unwrap_or_else(PoisonError::into_inner).insert(number, work);
        number
    }

    fn take(&self, number: Option<&HeaderValue>) -> Option<Work> {
        let number = number?.to_str().ok()?.parse().ok()?;
        self.0.1.lock().unwrap_or_else(PoisonError::into_inner).remove(&number)
    }
}

/// The mounted answer: it passes all requests to the personality.
struct Mounted {
    server: Server,
    works: Works,
}

impl Mock {
    /// Starts a server on this runtime.
    pub(crate) async fn start(server: Server) -> Mock {
        let works = Works::default();
        let mock = MockServer::builder().disable_request_recording().start().await;
        let mounted = Mounted { server, works: works.clone() };
        wiremock::Mock::given(matchers::any()).respond_with(mounted).mount(&mock).await;
        Mock { server: Arc::new(mock), works }
    }

    /// The answer to a request, once what it waits for is done.
    pub(crate) async fn answer(&self, request: &Request) -> Result<Answer, BoxError> {
        let mut waited = None;
        loop {
            let mut response = self.forward(request, waited.take()).await?;
            let Some(number) = response.headers_mut().remove(WORK) else {
                response.headers_mut().remove(CONNECTION);
                if let Some(reason) = response.headers_mut().remove(REASON) {
                    response.extensions_mut().insert(ReasonPhrase::try_from(Bytes::copy_from_slice(reason.as_bytes()))?);
                }
                return Ok(response.map(|body| body.map_err(BoxError::from).boxed()));
            };
            let work = self.works.take(Some(&number)).ok_or("the work that the answer waits for is gone")?;
            work.wait().await;
            waited = Some(self.works.put(work));
        }
    }

    async fn forward(&self, request: &Request, waited: Option<u64>) -> Result<http::Response<Incoming>, BoxError> {
        let stream = TcpStream::connect(self.server.address()).await?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = client::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let path = path_of(&request.url);
        let mut forwarded = http::Request::new(Full::new(request.body.clone()));
        *forwarded.method_mut() = request.method.clone();
        *forwarded.uri_mut() = path.parse()?;
        *forwarded.headers_mut() = request.headers.clone();
        let host = &request.url[url::Position::BeforeHost..url::Position::AfterPort];
        forwarded.headers_mut().insert(HOST, HeaderValue::from_str(host)?);
        // The body is there in whole; and a client can ask for no work of others'.
        for name in [TRANSFER_ENCODING, CONTENT_LENGTH, EXPECT, WORK] {
            forwarded.headers_mut().remove(name);
        }
        if let Some(number) = waited {
            forwarded.headers_mut().insert(WORK, number.into());
        }
        Ok(sender.send_request(forwarded).await?)
    }
}

/// The path of an address, with its query.
fn path_of(url: &url::Url) -> &str {
    &url[url::Position::BeforePath..url::Position::AfterQuery]
}

impl Respond for Mounted {
    fn respond(&self, request: &wiremock::Request) -> ResponseTemplate {
        let done = self.works.take(request.headers.get(WORK));
        let (path, headers, body) = (path_of(&request.url), request.headers.clone(), request.body.clone().into());
        let request = match Request::new(request.method.clone(), None, path, headers, body) {
            Ok(request) => request,
            Err(error) => return ResponseTemplate::new(400).set_body_string(error.to_string()),
        };
        let (response, awaited) = self.server.answer(&request, done);
        if let Some(work) = awaited {
            return ResponseTemplate::new(202).insert_header(WORK, self.works.put(work).to_string());
        }
        let (head, body) = response.into_parts();
        let mut template = ResponseTemplate::new(head.status);
        for (name, value) in &head.headers {
            template = template.append_header(name, value);
        }
        if let Some(reason) = head.extensions.get::<ReasonPhrase>() {
            template = template.insert_header(REASON, String::from_utf8_lossy(reason.as_bytes()).as_ref());
        }
        template.set_body_bytes(body)
    }
}
