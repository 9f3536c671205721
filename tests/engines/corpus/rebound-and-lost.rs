// A cell that fails while it binds a name again: evcxr has lost the old value, too.
// %%
let c = vec![0, 1];
// %% raises-exception
let c: i32 = "x".parse()?;
// %% raises-exception
c
