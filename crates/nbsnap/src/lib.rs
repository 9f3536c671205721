//! A test runner for notebooks: it executes them, those in Rust cell by cell and all others with their
//! kernels, and compares what every cell produced with a snapshot.
//!
//! The way of a run: [`notebook`] (what can be tested) → [`engine`] (execute, record) → [`redact`] (what
//! differs between machines) → [`snapshot`] (compare) → [`event`] (report) → [`report`] (show). [`run`] walks
//! it. What a notebook needs around it, such as servers, comes from an [`environment`], about which this
//! crate knows nothing.

pub mod config;
pub mod document;
pub mod engine;
pub mod engines;
pub mod environment;
pub mod event;
pub mod export;
pub mod files;
pub mod lint;
pub mod notebook;
pub mod process;
pub mod project;
pub mod record;
pub mod redact;
pub mod report;
pub mod run;
pub mod scope;
pub mod select;
pub mod snapshot;

pub use engines::ByKernel;
pub use engines::evcxr::{Evcxr, EvcxrProgram, EvcxrSettings};
pub use engines::jupyter::{InactiveEnvironment, Jupyter, JupyterSettings, KernelspecError, Kernelspecs};
pub use engines::role::run_role;
pub use engines::rustc::{Rustc, RustcSettings};
