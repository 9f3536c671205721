// Statics that nothing changes, and one that one cell alone uses.
// %%
static NAME: &str = "lake";
static TABLE: [u8; 3] = [1, 2, 3];
// %%
println!("{NAME} {:?}", TABLE);
// %%
use std::sync::atomic::{AtomicU32, Ordering};
static CALLS: AtomicU32 = AtomicU32::new(0);
for _ in 0..3 { CALLS.fetch_add(1, Ordering::Relaxed); }
CALLS.load(Ordering::Relaxed)
// %%
TABLE.iter().sum::<u8>()
