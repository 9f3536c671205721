//! Running notebooks with evcxr embedded, in processes of their own.
//!
//! `reference` is the engine as the runner sees it, `run` one of its workers; `host` starts and times a worker's process; `worker` embeds evcxr; `cargo` compiles for
//! it; `relay` and `runtime` run what was compiled. `slot`, `dependencies`, `prepare`, `prepared`, `build` and `toolchain` see to it that what
//! a notebook depends on is pinned and built before its first cell, `rustc` compiles with it; `kernel` lets a Jupyter kernel have it too. `fused` runs a notebook as one program.

mod build;
mod capture;
mod cargo;
mod dependencies;
pub(crate) mod diagnostics;
mod fused;
mod host;
mod kernel;
mod prepare;
mod prepared;
mod process;
mod protocol;
mod reference;
pub(crate) mod relay;
pub(crate) mod role;
mod run;
mod runtime;
mod rustc;
mod slot;
mod stdout;
mod toolchain;
mod worker;

pub use fused::fused_program;
pub use kernel::KernelFolder;
pub use reference::{Evcxr, EvcxrSettings};
pub use role::run_role;
