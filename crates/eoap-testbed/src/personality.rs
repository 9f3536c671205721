//! What every personality of the server does.
//!
//! A [`Responder`] writes the answers of a [`Service`] as one kind of server would. [`Server`] hands it each
//! request with the service locked. It also sends new jobs with a subscriber to the caller. Neither opens a
//! connection.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::Response;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use crate::http::Request;
use crate::service::{Job, Key, Service};
use crate::work::Work;

/// Words requests and answers.
pub(crate) trait Responder: fmt::Debug + Send + Sync {
    /// The answer to a request.
    fn respond(&self, service: &mut Service, request: &Request) -> Response<Bytes>;

    /// The message for the subscriber of a job in this state, if there is one.
    fn notice(&self, job: &Job) -> Option<Value>;
}

/// A service that is shared between the responder and the caller.
#[derive(Debug, Clone)]
pub(crate) struct Shared(Arc<Mutex<Service>>);

impl Shared {
    pub(crate) fn new(service: Service) -> Self {
        Self(Arc::new(Mutex::new(service)))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Service> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The server of one testbed; clones share its state.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    service: Shared,
    responder: Arc<dyn Responder>,
    subscribed: UnboundedSender<Key>,
}

impl Server {
    /// A server that sends the key of each job with a subscriber to `subscribed`.
    pub(crate) fn new(service: Shared, responder: Arc<dyn Responder>, subscribed: UnboundedSender<Key>) -> Self {
        Self { service, responder, subscribed }
    }

    /// The answer, and the work to be done before it is complete. The request is then repeated with the
    /// finished work.
    pub(crate) fn answer(&self, request: &Request, done: Option<Work>) -> (Response<Bytes>, Option<Work>) {
        let mut service = self.service.lock();
        service.jobs.resume(done);
        let response = self.responder.respond(&mut service, request);
        service.jobs.resume(None);
        for key in service.jobs.newly_subscribed() {
            // Nobody listens only while the testbed is stopping.
            let _ = self.subscribed.send(key);
        }
        (response, service.jobs.awaited())
    }
}
