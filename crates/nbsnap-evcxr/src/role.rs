//! The names of the program's processes.
//!
//! All are the same binary, started again: with a hidden first argument, or by the name that evcxr looks
//! for.

/// The process that embeds evcxr.
pub(crate) const WORKER: &str = "__worker";
/// The process between evcxr and the cells.
pub(crate) const RELAY: &str = "__relay";
/// The process that runs the cells.
pub(crate) const RUNTIME: &str = "__runtime";
/// The process that evcxr takes for Cargo, by the name that it is called by.
pub(crate) const CARGO: &str = "cargo";
/// The process that evcxr asks where Cargo is.
pub(crate) const RUSTUP: &str = "rustup";

/// The variable with the bytes of memory that [`RUNTIME`] may use.
pub(crate) const MAX_MEMORY_VARIABLE: &str = "__NBSNAP_MAX_MEMORY";
