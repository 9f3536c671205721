//! Jobs: created by an execution, moved on by status requests or by the clock, gone when dismissed.
//!
//! The first job of a process is the documented one; a later one has the same timeline, later, and the same results under its own
//! id. [`Jobs`] keeps the jobs of all namespaces and shows each namespace its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use chrono::TimeDelta;
use serde_json::{Map, Value};

use super::filter::Filter;
use super::job::{Execution, Job, Phase};
use super::results::{self, with_id};
use super::timeline;
use crate::scenario::{Clock, Fixtures, Process};
use crate::store::Store;

/// How much later than the one before a job of the same process was created.
const BETWEEN_JOBS: TimeDelta = TimeDelta::minutes(10);

/// There is no job with this id, or it is not known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoSuchJob;

/// Which job: its namespace and its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) namespace: String,
    pub(crate) id: String,
}

/// The jobs of a service.
#[derive(Debug)]
pub(crate) struct Jobs {
    fixtures: Arc<Fixtures>,
    clock: Clock,
    store: Store,
    all: Vec<Job>,
    /// How many jobs each process ever had, in whatever namespace: ids are not used twice.
    counts: BTreeMap<String, u32>,
    /// Jobs whose subscriber nobody cares for yet.
    subscribed: Vec<Key>,
}

impl Jobs {
    pub(super) fn new(fixtures: Arc<Fixtures>, clock: Clock, store: Store) -> Self {
        Self { fixtures, clock, store, all: Vec::new(), counts: BTreeMap::new(), subscribed: Vec::new() }
    }

    /// A new job, of which nothing is known but that it exists.
    pub(crate) fn create(&mut self, namespace: &str, process: &Arc<Process>, execution: Execution) -> &Job {
        let count = self.counts.entry(process.id.clone()).or_default();
        let number = *count;
        *count += 1;
        let id = nth_id(&process.job, number);
        let outputs = results::outputs(process, &execution.inputs, &self.fixtures.server.addresses(namespace));
        let job = Job {
            later: BETWEEN_JOBS * i32::try_from(number).unwrap_or(i32::MAX),
            since: Instant::now(),
            timeline: timeline::of(process, &execution.inputs, number),
            told: 0,
            notified: 0,
            unknown_for: process.unknown_for,
            outputs: renamed(outputs, &process.fixtures_of, &id),
            process: Arc::clone(process),
            namespace: namespace.to_owned(),
            execution,
            id,
        };
        if job.execution.subscriber.is_some() {
            self.subscribed.push(Key { namespace: job.namespace.clone(), id: job.id.clone() });
        }
        self.all.push(job);
        &self.all[self.all.len() - 1]
    }

    /// Looks at a job to learn its status, which moves it on unless the clock does.
    pub(crate) fn poll(&mut self, namespace: &str, id: &str) -> Result<&Job, NoSuchJob> {
        let index = self.find(namespace, id)?;
        if self.clock == Clock::Poll {
            self.go_on(index);
        }
        Ok(&self.all[index])
    }

    /// Looks at a job without moving it on.
    pub(crate) fn get(&mut self, namespace: &str, id: &str) -> Result<&Job, NoSuchJob> {
        self.find(namespace, id).map(|index| &self.all[index])
    }

    /// Runs the job to its end, as for a client that waits for it.
    pub(crate) fn complete(&mut self, namespace: &str, id: &str) -> Result<&Job, NoSuchJob> {
        let index = self.position(namespace, id)?;
        self.all[index].unknown_for = 0;
        while !self.all[index].is_over() {
            self.go_on(index);
        }
        Ok(&self.all[index])
    }

    /// Makes the next status of the job its last one: a failure, whatever the scenario says.
    pub(crate) fn fail(&mut self, namespace: &str, id: &str, message: &str) -> Result<(), NoSuchJob> {
        let index = self.position(namespace, id)?;
        let job = &mut self.all[index];
        timeline::fail(&mut job.timeline, job.told, message.to_owned());
        Ok(())
    }

    /// Ends the job if it runs, and forgets it: this is how it was.
    pub(crate) fn dismiss(&mut self, namespace: &str, id: &str) -> Result<Job, NoSuchJob> {
        self.find(namespace, id).map(|index| self.all.remove(index))
    }

    /// The jobs of a namespace that the filter lets through, in order of creation; looking at them moves nothing on.
    pub(crate) fn list(&mut self, namespace: &str, filter: &Filter) -> Vec<&Job> {
        self.catch_up();
        self.all.iter().filter(|job| job.namespace == namespace && filter.lets_through(job)).collect()
    }

    /// The jobs of all namespaces, in order of creation; looking at them moves nothing on.
    pub(crate) fn all(&mut self) -> &[Job] {
        self.catch_up();
        &self.all
    }

    /// The next update that the job's subscriber has not been told of, as the job was then. By poll, a job moves on when its
    /// subscriber is ready for more; by the clock, `Ok(None)` means that there is nothing new.
    pub(crate) fn update(&mut self, key: &Key) -> Result<Option<Job>, NoSuchJob> {
        self.catch_up();
        let index = self.position(&key.namespace, &key.id)?;
        if self.all[index].notified == self.all[index].told && self.clock == Clock::Poll {
            self.go_on(index);
        }
        let job = &mut self.all[index];
        if job.notified == job.told {
            return Ok(None);
        }
        job.notified += 1;
        Ok(Some(job.after(job.notified)))
    }

    /// The job as it was created.
    pub(crate) fn as_created(&self, key: &Key) -> Result<Job, NoSuchJob> {
        self.position(&key.namespace, &key.id).map(|index| self.all[index].after(0))
    }

    /// The jobs with a subscriber that have been created since this was last asked.
    pub(crate) fn newly_subscribed(&mut self) -> Vec<Key> {
        std::mem::take(&mut self.subscribed)
    }

    fn position(&self, namespace: &str, id: &str) -> Result<usize, NoSuchJob> {
        self.all.iter().position(|job| job.id == id && job.namespace == namespace).ok_or(NoSuchJob)
    }

    fn find(&mut self, namespace: &str, id: &str) -> Result<usize, NoSuchJob> {
        self.catch_up();
        let index = self.position(namespace, id)?;
        let job = &mut self.all[index];
        if job.unknown_for > 0 {
            job.unknown_for -= 1;
            return Err(NoSuchJob);
        }
        Ok(index)
    }

    /// By the clock, every job is where its age has brought it.
    fn catch_up(&mut self) {
        let Clock::Real { speed } = self.clock else { return };
        for index in 0..self.all.len() {
            let job = &self.all[index];
            let age = job.since.elapsed().mul_f64(speed);
            let told = timeline::told_by(age, job.process.created, &job.timeline);
            while self.all[index].told < told {
                self.go_on(index);
            }
        }
    }

    fn go_on(&mut self, index: usize) {
        let job = &mut self.all[index];
        if job.is_over() {
            return;
        }
        job.told += 1;
        // The documented job's objects are there from the start.
        if job.phase() == Phase::Successful && job.id != job.process.fixtures_of {
            let modified = self.fixtures.s3.modified + job.later.to_std().unwrap_or_default();
            self.store.stage_out(&job.process.fixtures_of, &job.id, modified);
        }
    }
}

/// The id of a later job: the first group of the UUID, counted up.
pub(crate) fn nth_id(first: &str, number: u32) -> String {
    match first.split_once('-').and_then(|(time, rest)| Some((u32::from_str_radix(time, 16).ok()?, rest))) {
        Some((time, rest)) => format!("{:08x}-{rest}", time.wrapping_add(number)),
        None => first.to_owned(),
    }
}

fn renamed(outputs: Map<String, Value>, from: &str, to: &str) -> Map<String, Value> {
    outputs.into_iter().map(|(name, output)| (name, with_id(output, from, to))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_ids_count_up() {
        let first = "68046976-7dcb-11f0-90ac-2a20aea25780";
        assert_eq!(nth_id(first, 0), first);
        assert_eq!(nth_id(first, 10), "68046980-7dcb-11f0-90ac-2a20aea25780");
    }
}
