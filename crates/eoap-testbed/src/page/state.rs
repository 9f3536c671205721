//! The state of a testbed as one JSON document, for the page and for scripts.
//!
//! [`State`] reads and changes nothing: watching does not move a job on. The README describes its members.
//! None of them is a credential.

use std::net::SocketAddr;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::personality::Shared;
use crate::refused::Refused;
use crate::requests::{Answered, Requests};
use crate::scenario::{Clock, Fixtures, Personality, Process};
use crate::service::{Job, Phase};
use crate::store::{Query, Store};

/// Requests that the document has at most; it says how many there were.
const REQUESTS: usize = 100;

/// Objects of a bucket that the document has at most.
const OBJECTS: usize = 1000;

/// Where the servers listen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) proxy: SocketAddr,
    pub(crate) ogc: SocketAddr,
    pub(crate) s3: SocketAddr,
}

/// A window on the state of one testbed.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) fixtures: Arc<Fixtures>,
    pub(crate) personality: Personality,
    pub(crate) clock: Clock,
    pub(crate) addresses: Addresses,
    pub(crate) service: Shared,
    pub(crate) store: Store,
    pub(crate) requests: Requests,
    pub(crate) refused: Refused,
}

impl State {
    /// The current document.
    pub(crate) fn document(&self) -> Value {
        let (processes, jobs) = self.work();
        let (total, latest) = self.requests.latest(REQUESTS);
        json!({
            "scenario": self.fixtures.name,
            "personality": match self.personality {
                Personality::Zoo => "zoo",
                Personality::Pygeoapi => "pygeoapi",
                Personality::Recorded => "recorded",
            },
            "clock": match self.clock {
                Clock::Poll => json!({"moved-by": "poll"}),
                Clock::Real { speed } => json!({"moved-by": "real", "speed": speed}),
            },
            "addresses": {
                "proxy": format!("http://{}", self.addresses.proxy),
                "ogc": format!("http://{}{}", self.addresses.ogc, self.fixtures.server.base_path),
                "s3": format!("http://{}", self.addresses.s3),
                "documented-ogc": self.fixtures.server.root,
                "documented-s3": self.fixtures.s3.endpoint,
            },
            "processes": processes,
            "jobs": jobs,
            "requests": {"total": total, "latest": latest.iter().map(Answered::to_json).collect::<Vec<_>>()},
            "refused-hosts": self.refused.hosts(),
            "buckets": self.buckets(),
        })
    }

    /// Processes in the order of their ids; jobs with the newest first.
    fn work(&self) -> (Vec<Value>, Vec<Value>) {
        let mut service = self.service.lock();
        let processes = service.processes.all().map(|(namespace, process)| described(namespace, process)).collect();
        let jobs = service.jobs.all().iter().rev().map(told).collect();
        (processes, jobs)
    }

    fn buckets(&self) -> Vec<Value> {
        let listed = |bucket: String| {
            let page = self.store.list(&bucket, &Query { limit: OBJECTS, ..Query::default() }).unwrap_or_default();
            let objects = page.objects.iter().map(|object| {
                let modified = date(DateTime::<Utc>::from(object.modified));
                json!({"key": object.key, "bytes": object.body.len(), "modified": modified})
            });
            json!({"name": bucket, "objects": objects.collect::<Vec<_>>(), "complete": page.next.is_none()})
        };
        self.store.buckets().into_iter().map(listed).collect()
    }
}

fn described(namespace: &str, process: &Process) -> Value {
    json!({
        "namespace": namespace,
        "id": process.id,
        "title": process.description["title"],
        "version": process.description["version"],
        "mutable": process.is_mutable(),
    })
}

fn told(job: &Job) -> Value {
    let now = job.now();
    let mut history: Vec<(DateTime<Utc>, &str)> = Vec::new();
    for (time, message) in job.diary() {
        // The scenario repeats a status for a client that asks again and learns nothing new.
        if history.last().is_none_or(|(_, last)| *last != message) {
            history.push((time, message));
        }
    }
    let history: Vec<Value> =
        history.into_iter().map(|(time, message)| json!({"time": date(time), "message": message})).collect();
    let progress = match job.phase() {
        Phase::Successful => json!(100),
        _ => json!(job.progress()),
    };
    json!({
        "namespace": job.namespace,
        "id": job.id,
        "process": job.process.id,
        "status": now.map_or("accepted", |status| status.status.as_str()),
        "progress": progress,
        "message": now.map_or(job.process.accepted.as_str(), |status| status.message.as_str()),
        "created": date(job.created()),
        "updated": date(job.updated()),
        "finished": job.finished().map(date),
        "history": history,
    })
}

fn date(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
