//! A library with state of its own, for tests.

use std::sync::atomic::{AtomicU32, Ordering};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// How often this was called.
pub fn count() -> u32 {
    COUNT.fetch_add(1, Ordering::Relaxed) + 1
}

/// A type that cells can keep.
pub struct Kept(pub u8);
