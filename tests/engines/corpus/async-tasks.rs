// Tasks that outlive their cell.
// %%
:dep tokio = { version = "1", features = ["rt", "rt-multi-thread", "macros", "time", "sync"] }
// %%
let handle = tokio::spawn(async { 6 * 7 });
async {}.await;
// %%
handle.await?
// %%
let (sender, mut receiver) = tokio::sync::mpsc::channel::<u8>(4);
// %%
sender.send(5).await?;
drop(sender);
// %%
let mut got = Vec::new();
while let Some(n) = receiver.recv().await { got.push(n); }
got
// %% raises-exception
async { panic!("in a block") }.await
// %%
got.len()
