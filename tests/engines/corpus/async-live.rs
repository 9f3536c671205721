// What a cell that awaits leaves lives on, though no later cell names it.
// %%
:dep tokio = { version = "1", features = ["rt", "rt-multi-thread", "macros", "time", "sync"] }
// %%
let (sender, mut receiver) = tokio::sync::mpsc::channel::<u8>(4);
sender.send(1).await?;
// %%
receiver.recv().await
// %%
// The sender is still there: nothing comes, but the channel is open.
tokio::time::timeout(std::time::Duration::from_millis(20), receiver.recv()).await.is_err()
// %%
struct Loud(&'static str);
impl Drop for Loud { fn drop(&mut self) { println!("dropped {}", self.0); } }
let guard = Loud("never");
let gone = Loud("at once");
drop(gone);
async {}.await;
// %%
println!("after");
// %% raises-exception
let failed = Loud("with its cell");
let number: u8 = async { "x" }.await.parse()?;
// %%
let lent = std::sync::Arc::new(1);
let task = tokio::spawn({ let lent = lent.clone(); async move { *lent + 1 } });
// %%
task.await?
