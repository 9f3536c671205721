//! Engine `rustc`: notebooks in Rust, cell by cell, compiled by rustc alone.
//!
//! `engine` prepares the dependencies of notebooks, `worker` runs one notebook after another, and `outcome`
//! turns the outcome of a cell into a record. The crate `rust-cells` knows what a cell means; this module
//! connects it with notebooks.

mod ahead;
mod engine;
mod outcome;
mod worker;

pub use engine::{Rustc, RustcSettings, lock_to_begin_with, set_of};
