// Before the first await there is no runtime.
// %%
:dep tokio = { version = "1", features = ["rt", "rt-multi-thread", "macros", "time", "sync"] }
// %% raises-exception
let handle = tokio::spawn(async { 1 });
// %%
async { 2 }.await
