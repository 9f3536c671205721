//! Files: written whole or not at all, digested, and cleaned up.

pub mod atomic_write;
pub(crate) mod cache_tag;
pub mod cleanup;
pub mod digest;
