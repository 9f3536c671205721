// `?` on an Option: evcxr does not take it at the top level.
// %%
let list = vec![1, 2, 3];
// %% raises-exception
let first = list.first()?;
// %%
fn third(list: &[i32]) -> Option<i32> { Some(list.get(2)? * 2) }
third(&list)
// %%
let found = (|| -> Option<i32> { Some(*list.iter().max()?) })();
found
