A static is one for all cells, as in a program.
// %%
use std::sync::atomic::{AtomicU32, Ordering};
static COUNTER: AtomicU32 = AtomicU32::new(0);
fn next() -> u32 { COUNTER.fetch_add(1, Ordering::Relaxed) }
fn calls() -> u32 { static CALLS: AtomicU32 = AtomicU32::new(5); CALLS.fetch_add(1, Ordering::Relaxed) }
next()
//= value 0
// %%
next()
//= value 1
// %%
(COUNTER.load(Ordering::Relaxed), calls(), calls())
//= value (2, 5, 6)
// %%
calls()
//= value 7
// %%
static mut PLAIN: u8 = 1;
unsafe { PLAIN += 1; }
//= value ()
// %%
unsafe { PLAIN }
//= value 2
// %%
static COUNTER: AtomicU32 = AtomicU32::new(100);
next()
//= value 100
// %%
std::process::exit(0);
//= dies code 0
// %%
next()
//= value 100
