//! The processing service behind every personality: processes, jobs, and the files of runs, by namespace.
//!
//! A [`Service`] is the whole state of one testbed's server. The modules below change and read it. They do
//! not know HTTP, or the JSON in which a kind of server writes its answers. `zoo` and `pygeoapi` do that.

mod deployed;
mod files;
mod filter;
mod job;
mod jobs;
mod processes;
mod results;
mod timeline;

use std::sync::Arc;

use crate::scenario::{Clock, Fixtures};
use crate::store::Store;

pub(crate) use deployed::deployed;
pub(crate) use files::{File, Files};
pub(crate) use filter::{Filter, Interval};
pub(crate) use job::{Execution, Job, Phase, Subscriber};
pub(crate) use jobs::{Jobs, Key, NoSuchJob, nth_id};
pub(crate) use processes::{Processes, Refusal};
pub(crate) use results::{Output, Outputs};

/// The state of one server.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) processes: Processes,
    pub(crate) jobs: Jobs,
    pub(crate) files: Files,
}

impl Service {
    pub(crate) fn new(fixtures: &Arc<Fixtures>, clock: Clock, store: Store) -> Self {
        Self {
            processes: Processes::new(Arc::clone(fixtures)),
            jobs: Jobs::new(Arc::clone(fixtures), clock, store),
            files: Files::default(),
        }
    }
}
