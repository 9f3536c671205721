//! evcxr, which runs Rust cell by cell as evcxr_jupyter does, in a program of its own: `nbsnap-evcxr` carries
//! evcxr and rust-analyzer.
//!
//! `engine` is the engine as the runner sees it. `program` finds that program, and builds it in a source
//! checkout. `connection` starts it and exchanges the messages of `protocol` with it; `worker` has it run
//! notebooks. `stderr` reads what evcxr's generated code prints. Nothing here knows evcxr as a library.

mod connection;
mod engine;
mod program;
pub mod protocol;
pub mod stderr;
mod worker;

pub use engine::{Evcxr, EvcxrSettings};
pub use program::{EvcxrProgram, PROGRAM};
