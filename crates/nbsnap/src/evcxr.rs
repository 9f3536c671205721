//! Running notebooks with evcxr embedded, in processes of their own.
//!
//! `reference` is the engine as the runner sees it; `host` starts and times its worker process; `worker` embeds evcxr;
//! `relay` and `runtime` run what evcxr compiled. `slot`, `dependencies`, `prepare` and `toolchain` see to it that what a
//! notebook depends on is pinned and built before its first cell. `fused` takes a quick look at a notebook as one
//! program, which may only confirm what is recorded.

mod capture;
mod dependencies;
mod diagnostics;
mod fused;
mod host;
mod prepare;
mod process;
mod protocol;
mod reference;
mod relay;
mod role;
mod runtime;
mod slot;
mod stdout;
mod toolchain;
mod worker;

pub use reference::{Evcxr, EvcxrSettings};
pub use role::run_role;
