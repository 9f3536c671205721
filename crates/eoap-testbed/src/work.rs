//! The real work of processes, away from the threads that answer.
//!
//! [`Workers`] do it, a few works at a time. A job waits for a [`Work`]. `water_bodies` is the work of that
//! process, `command` runs a step of a scenario, and `table` looks up fixed results. Jobs, and the server's
//! answers about them, are not known here.

mod command;
mod outcome;
mod references;
mod staged;
mod table;
mod water_bodies;
mod workers;

pub(crate) use command::Step;
pub(crate) use outcome::{Outcome, Staged};
pub(crate) use table::{Case, Table};
pub(crate) use water_bodies::WaterBodies;
pub(crate) use workers::{Cancelled, Work, Workers};
