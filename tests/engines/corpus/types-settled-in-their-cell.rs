// The type of a variable is settled with its cell: what a later cell does with it comes too late.
// %%
let count = 5;
let list = vec![1, 2, 3];
let ratio = 2.5;
// %% raises-exception
let wide: u64 = count;
// %% raises-exception
let wide: Vec<u8> = list;
// %% raises-exception
let narrow: f32 = ratio;
// %%
(count, list, ratio)
// %% raises-exception
let names = Vec::new();
// %% raises-exception
names.push("a");
// %%
let names = { let mut names = Vec::new(); names.push("a"); names };
names
// %%
let pairs = vec![(1, "one")];
let nested = Some(vec![4]);
// %% raises-exception
let wide: Option<Vec<i64>> = nested;
