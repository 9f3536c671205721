// Awaiting that only macros show.
// %%
:dep tokio = { version = "1", features = ["rt", "rt-multi-thread", "macros", "time", "sync"] }
async fn double(n: u32) -> u32 { n * 2 }
// %%
println!("nothing awaits yet: .await?");
// %%
let (a, b) = tokio::join!(double(1), double(2));
// %%
a + b
// %%
tokio::select! {
    n = double(4) => println!("{n}"),
}
// %%
macro_rules! wait { ($e:expr) => { $e.await } }
wait!(double(5))
