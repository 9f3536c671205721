// An item that is named like a variable of an earlier cell does not hide it.
// %%
let level = 5;
// %%
fn level() -> u8 { 1 }
fn above() -> u8 { level() + 1 }
level
// %%
(level, above())
// %% raises-exception
level()
