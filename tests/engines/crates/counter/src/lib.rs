//! A library with state of its own.

use std::sync::atomic::{AtomicU32, Ordering};

static CALLS: AtomicU32 = AtomicU32::new(0);

/// How often this was called.
pub fn count() -> u32 {
    CALLS.fetch_add(1, Ordering::Relaxed) + 1
}
