//! Files: written whole or not at all, if they can be written, digested, and cleaned up.

pub mod atomic_write;
pub mod cleanup;
pub mod digest;
pub mod writable;
