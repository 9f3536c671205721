// Several mistakes at once, in one cell and in two.
// %%
let a = 1;
// %% raises-exception
let b: String = a;
let c: u8 = "x";
missing();
// %% raises-exception
fn bad() -> u8 { "x" }
let d = bad() + undefined;
// %%
a
// %%
let text: String = 5;
// %%
let never = missing2();
