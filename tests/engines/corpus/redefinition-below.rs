// A function that calls one which is written anew calls the new one, as evcxr compiles all items again.
// %%
fn base() -> i32 { 1 }
fn twice() -> i32 { base() * 2 }
// %%
fn base() -> i32 { 10 }
// %%
twice()
