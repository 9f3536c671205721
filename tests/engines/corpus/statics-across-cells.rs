// A static that cells change: evcxr starts it anew in every cell.
// %%
use std::sync::atomic::{AtomicU32, Ordering};
static COUNTER: AtomicU32 = AtomicU32::new(0);
fn next() -> u32 { COUNTER.fetch_add(1, Ordering::Relaxed) }
// %%
next()
// %%
next()
