//! Running notebooks with any kernel of Jupyter's, in a process of its own each, over ZeroMQ.
//!
//! `engine` is the engine as the runner sees it, `run` one of its workers. `kernelspec` finds kernels where
//! Jupyter finds them. `kernel` starts, asks, interrupts and ends one. `process` is its process, started with
//! the settings of `launch`; `supervisor` ends it when the runner ends. `forks` has Python kernels forked,
//! which starts them sooner; `watch` knows what those have read. `channels` speaks the protocol, and
//! `message` is one message of it. `outputs` puts together what a cell showed. `rust` knows what evcxr's
//! kernel does not report. Only `channels` knows that there is an asynchronous runtime.

mod channels;
mod engine;
mod environment;
mod forks;
mod kernel;
mod kernelspec;
mod launch;
mod message;
mod outputs;
mod process;
mod run;
mod rust;
pub(crate) mod supervisor;
mod watch;

pub use engine::{Jupyter, JupyterSettings};
pub use kernelspec::{InactiveEnvironment, KernelspecError, Kernelspecs};
