// What rustc says of cells that await.
// %%
let list = vec![1, 2];
let fixed = 1;
// %%
async {}.await;
// %% raises-exception
let total: u32 = async { "text" }.await;
// %% raises-exception
fixed += async { 1 }.await;
// %% raises-exception
missing(async { 1 }.await)
// %% raises-exception
let text = String::from("a");
drop(text);
async {}.await;
println!("{text}");
// %%
drop(list);
async {}.await;
// %% raises-exception
list.len()
// %% raises-exception
async { list.len() }.await
// %%
fixed
