//! Running notebooks with any kernel of Jupyter's, in a process of its own each, over ZeroMQ.
//!
//! `engine` is the engine as the runner sees it, `run` one of its workers. `kernelspec` finds kernels where
//! Jupyter finds them; `kernel` starts, asks, interrupts and ends one; `process` is its process, started as
//! `launch` says, and `supervisor` the one that sees to it that none outlives the runner; `forks` has those
//! of Python's forked, which starts them sooner; `channels` speaks the protocol, `message` is what is heard
//! on it; `outputs` puts together what a cell showed. `rust` knows what evcxr's kernel does not say. Only
//! `channels` knows that there is an asynchronous runtime.

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

pub use engine::{Jupyter, JupyterSettings};
pub use kernelspec::{KernelspecError, Kernelspecs};
