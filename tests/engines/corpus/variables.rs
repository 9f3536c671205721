// Variables live on from cell to cell, of any type that can be named.
// %%
let count = 3;
let name = String::from("lake");
let ratio = 0.25_f64;
// %%
println!("{count} {name} {ratio}");
// %%
let list = vec![count, count + 1];
let pair = (name.clone(), list.len());
let maybe: Option<u8> = None;
// %%
pair
// %%
(list, maybe)
