//! The support library that every cell calls, inside the process of cells.
//!
//! This folder is compiled twice. It is part of this crate, so that it is checked and documented like
//! everything else. And the toolchain that compiles the cells builds it, from its embedded text, as the
//! dynamic library `cells_rt`. All cells share that one library, so their variables and outcomes are in one
//! place. It uses only the standard library. It knows nothing of notebooks or rustc.

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
