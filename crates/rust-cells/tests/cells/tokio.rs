All cells have one tokio: tasks, timers and channels of one cell are there in the next, awaited or not.
// %%
:dep tokio = { version = "1", features = ["rt-multi-thread", "time", "sync", "macros"] }
// %%
let handle = tokio::spawn(async { tokio::time::sleep(std::time::Duration::from_millis(20)).await; 42 });
// %%
handle.await?
//= value 42
// %%
let (sender, mut receiver) = tokio::sync::mpsc::channel::<u8>(4);
tokio::spawn(async move { sender.send(7).await.unwrap(); });
// %%
receiver.recv().await
//= value Some(7)
// %%
let failed = tokio::spawn(async { panic!("in a task") }).await;
failed.is_err()
//= stderr panicked at line 1 of the cell:\nin a task
//= value true
