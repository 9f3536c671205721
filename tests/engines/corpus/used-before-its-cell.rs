// A name is not known before its cell.
// %% raises-exception
later()
// %%
fn later() -> u8 { 3 }
// %%
later()
// %% raises-exception
fn early() -> u8 { after() }
// %%
fn after() -> u8 { 4 }
// %%
after()
