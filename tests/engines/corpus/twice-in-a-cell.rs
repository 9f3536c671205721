// An item that stands twice in a cell: evcxr takes the last.
// %%
fn f() -> u8 { 1 }
fn f() -> u8 { 2 }
f()
