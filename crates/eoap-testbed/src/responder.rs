//! Who answers: the one place where a personality is chosen.
//!
//! A [`Responder`] words what the [`Service`] does as one kind of server would; [`Server`] hands it each request with the service
//! locked, and tells who sends callbacks which jobs have a subscriber. Neither opens a connection.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;
use wiremock::{Request, Respond, ResponseTemplate};

use crate::proxy::Refused;
use crate::pygeoapi::Pygeoapi;
use crate::recorded::Recorded;
use crate::scenario::{Personality, Scenario};
use crate::service::{Job, Key, Service};
use crate::zoo::Zoo;

/// Words requests and answers.
pub(crate) trait Responder: fmt::Debug + Send + Sync {
    /// The answer to a request.
    fn respond(&self, service: &mut Service, request: &Request) -> ResponseTemplate;

    /// What the subscriber of a job is told when the job has come so far, if anything.
    fn notice(&self, job: &Job) -> Option<Value>;
}

/// The responder of a scenario.
pub(crate) fn of(scenario: &Scenario, refused: &Refused) -> Arc<dyn Responder> {
    let parts = Arc::clone(&scenario.parts);
    match scenario.personality {
        Personality::Zoo => Arc::new(Zoo::new(parts)),
        Personality::Pygeoapi => Arc::new(Pygeoapi::new(parts)),
        Personality::Recorded => Arc::new(Recorded::new(scenario.recordings(), refused.clone())),
    }
}

/// A service that is shared between those who answer and those who call back.
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

/// The server of one testbed.
#[derive(Debug)]
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
}

impl Respond for Server {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut service = self.service.lock();
        let response = self.responder.respond(&mut service, request);
        for key in service.jobs.newly_subscribed() {
            // Nobody listens only while the testbed is stopping.
            let _ = self.subscribed.send(key);
        }
        response
    }
}
