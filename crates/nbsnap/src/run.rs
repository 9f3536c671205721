//! A whole run: from notebooks to verdicts, reported as events.
//!
//! The main type is [`Runner`]. It joins engine, environment, redaction and snapshots, and decides what a
//! cell's record means. It prints nothing: its caller provides a function that takes the events.

mod attempt;
pub mod cache;
pub mod compile;
mod error;
mod inputs;
mod judge;
mod one;
pub mod outputs_only;
mod preparation;
mod runner;
mod seen;
mod slow;
mod tally;
mod target;
mod tell;
mod turn;
pub mod watch;
mod workers;

pub use crate::event::Emit;
pub use error::RunError;
pub use runner::Runner;
pub use seen::Seen;
