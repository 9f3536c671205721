// Awaiting at the top level, in functions, in blocks.
// %%
:dep tokio = { version = "1", features = ["rt", "rt-multi-thread", "macros", "time", "sync"] }
// %%
async fn answer(n: u32) -> u32 { n * 2 }
// %%
let first = answer(4).await;
first
// %%
let second = async { answer(first).await + 1 }.await;
println!("{second}");
// %%
let all = vec![answer(1).await, answer(2).await];
all
// %% raises-exception
let number: u32 = async { "x".parse::<u32>() }.await?;
// %%
fn plain() -> u8 { 1 }
plain()
