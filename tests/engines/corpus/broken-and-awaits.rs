// A cell that rustc cannot read, and that awaits: only what is wrong with it is told.
// %%
async fn two() -> u32 { 2 }
// %% raises-exception
let n = two().await;
n
assert_eq!(n, 2);
// %%
two().await
// %%
let m = two().await
println!("{m}");
