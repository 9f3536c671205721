//! A test runner for notebooks: it executes those in Rust with evcxr, all others with their kernels, and compares what every cell produced with a
//! snapshot.
//!
//! The way of a run: [`notebook`] (what can be tested) → [`engine`] (execute, record) → [`redact`] (what differs between
//! machines) → [`snapshot`] (compare) → [`event`] (tell) → [`report`] (show). [`runner`] walks it. What a notebook needs
//! around it, such as servers, is lent by an [`environment`], about which this crate knows nothing.

mod by_kernel;
pub mod cache;
pub mod compile;
pub mod config;
mod digest;
pub mod document;
pub mod engine;
pub mod environment;
mod evcxr;
pub mod event;
pub mod execute;
pub mod export;
pub mod hygiene;
mod jupyter;
pub mod leftovers;
pub mod notebook;
pub mod notebook_diff;
pub mod project;
pub mod record;
pub mod redact;
pub mod report;
pub mod runner;
pub mod scope;
pub mod select;
pub mod snapshot;
pub mod watch;
pub mod whole_file;

pub use by_kernel::ByKernel;
pub use evcxr::{Evcxr, EvcxrSettings, KernelFolder, fused_program, run_role};
pub use jupyter::{Jupyter, JupyterSettings, KernelspecError, Kernelspecs};
