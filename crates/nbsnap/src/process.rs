//! Processes: started again in a role, grouped, limited, watched, and ended with all that they have started.
//!
//! Shared by engines. It knows no engine, no notebook and no protocol.

pub mod environment;
pub mod group;
pub mod limits;
pub mod nonce;
pub mod pipe;
pub mod reexec;
pub mod tail;

pub use rust_cells::describe_exit;
