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
// %%
use std::cell::{Cell, RefCell};
thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(1) };
}
thread_local! {
    /// Filled when it is first asked for.
    pub static SEEN: RefCell<Vec<u32>> = RefCell::new(vec![0])
}
DEPTH.set(5);
fn deeper() -> u32 { DEPTH.set(DEPTH.get() + 1); SEEN.with_borrow_mut(|seen| seen.push(DEPTH.get())); DEPTH.get() }
// %%
deeper()
//= value 6
// %%
let elsewhere = std::thread::spawn(deeper).join().unwrap();
(elsewhere, DEPTH.with(|depth| depth.get()), SEEN.take())
//= value (2, 6, [0, 6])
// %%
fn whole(key: &'static std::thread::LocalKey<Cell<u32>>) -> u32 { key.get() }
whole(&DEPTH)
//= value 6
// %%
thread_local! { static DEPTH: Cell<u32> = const { Cell::new(50) }; }
deeper()
//= value 51
