//! The real work of processes, away from the threads that answer.
//!
//! [`Workers`] carry it out, a few at a time; a [`Work`] is what a job waits for. `water_bodies` is the work
//! of that process, and `command` that of a step which a scenario brings. Jobs, and what a server says of
//! them, are not known here.

mod command;
mod outcome;
mod references;
mod staged;
mod water_bodies;
mod workers;

pub(crate) use command::Step;
pub(crate) use outcome::{Outcome, Staged};
pub(crate) use water_bodies::WaterBodies;
pub(crate) use workers::{Cancelled, Work, Workers};
