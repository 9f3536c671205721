// thread_local! is a macro call, and lives in its cell.
// %%
use std::cell::Cell;
thread_local! { static DEPTH: Cell<u32> = const { Cell::new(1) }; }
DEPTH.with(|depth| depth.get())
// %% raises-exception
DEPTH.with(|depth| depth.get())
