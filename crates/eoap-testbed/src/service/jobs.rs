//! Jobs: created by an execution, moved on by status requests or by the clock, gone when dismissed or
//! expired.
//!
//! The first job of a process is the documented one; a later one has the same timeline, later, and the same
//! results under its own id. [`Jobs`] keeps the jobs of all namespaces and shows each namespace its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use chrono::TimeDelta;
use serde_json::{Map, Value};

use super::filter::Filter;
use super::job::{Execution, Job, Phase};
use super::results::{self, Outputs, with_id};
use super::timeline;
use crate::scenario::{Clock, Fixtures, Process};
use crate::store::{Receipt, Store};
use crate::work::{Work, Workers};

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
    workers: Workers,
    /// What the answer to the present request has to wait for.
    awaited: Option<Work>,
    /// What the present request has waited for.
    done: Option<Work>,
}

impl Jobs {
    pub(super) fn new(fixtures: Arc<Fixtures>, clock: Clock, store: Store) -> Self {
        Self {
            fixtures,
            clock,
            store,
            all: Vec::new(),
            counts: BTreeMap::new(),
            subscribed: Vec::new(),
            workers: Workers::new(),
            awaited: None,
            done: None,
        }
    }

    /// A new job, of which nothing is known but that it exists; it will fail at once if there is a reason.
    pub(crate) fn create(
        &mut self,
        namespace: &str,
        process: &Arc<Process>,
        execution: Execution,
        failure: Option<String>,
    ) -> &Job {
        let count = self.counts.entry(process.id.clone()).or_default();
        let number = *count;
        *count += 1;
        let id = nth_id(&process.job, number);
        let mut timeline = timeline::of(process, &execution.inputs, number);
        let is_scripted = failure.is_some() || timeline::failure(process, &execution.inputs, Some(number)).is_some();
        if let Some(message) = failure {
            timeline::fail(&mut timeline, 0, message);
        }
        let work = if is_scripted { None } else { self.work(process, &execution.inputs) };
        let outputs = match work {
            Some(_) => Outputs::new(),
            None => results::outputs(process, &execution.inputs, &self.fixtures.server.addresses(namespace)),
        };
        let job = Job {
            later: BETWEEN_JOBS * i32::try_from(number).unwrap_or(i32::MAX),
            since: Instant::now(),
            timeline,
            work,
            staged: Vec::new(),
            told: 0,
            notified: 0,
            unknown_for: process.unknown_for,
            ended: None,
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
        while !self.all[index].is_over() && self.go_on(index) {}
        Ok(&self.all[index])
    }

    /// Makes the next status of the job its last one: a failure, whatever the scenario says.
    pub(crate) fn fail(&mut self, namespace: &str, id: &str, message: &str) -> Result<(), NoSuchJob> {
        let index = self.position(namespace, id)?;
        let job = &mut self.all[index];
        if let Some(work) = job.work.take() {
            work.cancel();
        }
        timeline::fail(&mut job.timeline, job.told, message.to_owned());
        Ok(())
    }

    /// Ends the job if it runs, and forgets it: this is how it was.
    pub(crate) fn dismiss(&mut self, namespace: &str, id: &str) -> Result<Job, NoSuchJob> {
        let job = self.find(namespace, id).map(|index| self.all.remove(index))?;
        if let Some(work) = &job.work {
            work.cancel();
        }
        Ok(job)
    }

    /// The jobs of a namespace that the filter lets through, in order of creation; looking at them moves
    /// nothing on.
    pub(crate) fn list(&mut self, namespace: &str, filter: &Filter) -> Vec<&Job> {
        self.catch_up();
        self.all.iter().filter(|job| job.namespace == namespace && filter.lets_through(job)).collect()
    }

    /// The jobs of all namespaces, in order of creation; looking at them moves nothing on.
    pub(crate) fn all(&mut self) -> &[Job] {
        self.catch_up();
        &self.all
    }

    /// The next update that the job's subscriber has not got, as the job was then. By poll, a job
    /// moves on when its subscriber is ready for more; by the clock, `Ok(None)` means that there is nothing
    /// new.
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
        if let Some((_, found)) = &mut job.ended {
            *found += 1;
        }
        Ok(index)
    }

    /// By the clock, every job is where its age has brought it; and who has been over for too long is
    /// forgotten.
    fn catch_up(&mut self) {
        if let Some(expiry) = self.fixtures.expiry {
            self.all.retain(|job| !job.is_expired(expiry));
        }
        let Clock::Real { speed } = self.clock else { return };
        for index in 0..self.all.len() {
            let job = &self.all[index];
            let age = job.since.elapsed().mul_f64(speed);
            let told = timeline::told_by(age, job.process.created, &job.timeline);
            while self.all[index].told < told && self.go_on(index) {}
        }
    }

    /// Moves a job on by one status; `false` where it is over, or waits for its work.
    fn go_on(&mut self, index: usize) -> bool {
        let job = &mut self.all[index];
        if job.is_over() {
            return false;
        }
        if let Some(work) = job.work.take_if(|_| job.process.run.as_ref().is_some_and(|run| job.told >= run.after)) {
            let Some(ended) = work.ended() else {
                if self.clock == Clock::Poll {
                    self.awaited = Some(work.clone());
                }
                job.work = Some(work);
                return false;
            };
            match &*ended {
                Ok(outcome) => {
                    job.outputs = renamed(outcome.outputs.clone(), &job.process.fixtures_of, &job.id);
                    job.staged.clone_from(&outcome.objects);
                }
                Err(message) => timeline::fail(&mut job.timeline, job.told, message.clone()),
            }
        }
        job.told += 1;
        if job.is_over() {
            job.ended = Some((Instant::now(), 0));
        }
        if job.phase() == Phase::Successful {
            let modified = self.fixtures.s3.modified + job.later.to_std().unwrap_or_default();
            let (from, to) = (&job.process.fixtures_of, &job.id);
            let stored = if !job.staged.is_empty() {
                self.store.put_renamed(std::mem::take(&mut job.staged), from, to, modified)
            } else if from != to {
                // The documented job's objects are there from the start.
                self.store.stage_out(from, to, modified)
            } else {
                Receipt::default()
            };
            if let Err(error) = stored.block() {
                timeline::fail(&mut job.timeline, job.told - 1, error.to_string());
            }
        }
        true
    }

    /// What has to be done for these inputs, if anything has: at work from now on, or what the present
    /// request has waited for.
    fn work(&mut self, process: &Arc<Process>, inputs: &Map<String, Value>) -> Option<Work> {
        let run = process.run.clone()?;
        Some(self.done.take().unwrap_or_else(|| {
            let (job, inputs) = (process.fixtures_of.clone(), results::with_defaults(process, inputs));
            self.workers.start(move |cancelled| run.carry_out(&job, &inputs, cancelled))
        }))
    }

    /// Whether an answer that needs the results now has to wait for them; they are at work then.
    pub(crate) fn has_to_wait(&mut self, process: &Arc<Process>, inputs: &Map<String, Value>) -> bool {
        let Some(work) = self.work(process, inputs) else { return false };
        let is_done = work.ended().is_some();
        if is_done {
            self.done = Some(work);
        } else {
            self.awaited = Some(work);
        }
        !is_done
    }

    /// What a run without a job gives, which [`Jobs::has_to_wait`] has waited for.
    pub(crate) fn outcome(
        &mut self,
        namespace: &str,
        process: &Arc<Process>,
        inputs: &Map<String, Value>,
    ) -> Result<Outputs, String> {
        if let Some((_, message)) = timeline::failure(process, inputs, None) {
            return Err(message);
        }
        match self.done.take().and_then(|work| work.ended()) {
            Some(ended) => {
                let outcome = ended.as_ref().clone()?;
                if !outcome.objects.is_empty() {
                    let id = &process.fixtures_of;
                    let stored = self.store.put_renamed(outcome.objects, id, id, self.fixtures.s3.modified);
                    stored.block().map_err(|error| error.to_string())?;
                }
                Ok(outcome.outputs)
            }
            None => Ok(results::outputs(process, inputs, &self.fixtures.server.addresses(namespace))),
        }
    }

    /// What the answer to the last request has to wait for. It is no answer then: the request is to be
    /// answered again.
    pub(crate) fn awaited(&mut self) -> Option<Work> {
        self.awaited.take()
    }

    /// A request is answered that has waited for this.
    pub(crate) fn resume(&mut self, done: Option<Work>) {
        self.done = done;
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        for work in self.all.iter().filter_map(|job| job.work.as_ref()) {
            work.cancel();
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
