//! What runs inside the process of cells: the support library that every cell calls.
//!
//! This folder is compiled twice: with this crate, so that it is checked and documented like everything else;
//! and, from its embedded text, by the toolchain that compiles the cells, as the dynamic library `cells_rt`.
//! All cells share that one library, so their variables and outcomes are in one place. It uses nothing but
//! the standard library, and it knows neither notebooks nor rustc.

pub(crate) mod access;
#[allow(clippy::exit, reason = "a process whose front is gone has nobody to return to")]
mod control;
pub(crate) mod fields;
mod future;
mod input;
mod outcome;
mod panics;
mod show;
mod store;
#[allow(clippy::exit, reason = "as in `control`")]
mod supervise;
mod system;

pub use control::main;
pub use future::{Awaited, BlockOn, block_on, drive};
pub use outcome::{DebugError, DisplayError, Ending, PrettyError, reached_end, run, whole};
pub use show::show;
pub use store::{Kept, discard, keep, take};
