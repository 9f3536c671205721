//! Engine `rustc`: notebooks in Rust, cell by cell, compiled by rustc alone.
//!
//! `engine` prepares what notebooks depend on, `worker` runs one notebook after another, `outcome` turns what
//! a cell has come to into a record. What a cell means is the business of the crate `rust-cells`; this is
//! where it meets notebooks.

mod ahead;
mod engine;
mod outcome;
mod worker;

pub use engine::{Rustc, RustcSettings, lock_to_begin_with, set_of};
