//! Files: written whole or not at all, if they can be written, digested, and cleaned up.

pub mod atomic_write;
pub(crate) mod cache_tag;
pub mod cleanup;
pub mod digest;
pub mod writable;
