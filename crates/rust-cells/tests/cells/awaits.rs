`.await` works in every cell, with no crate at all.
// %%
async fn answer(n: u32) -> u32 { std::future::ready(n * 2).await }
let mut total = answer(1).await;
// %%
total += answer(total).await;
total
//= value 6
// %%
let text: u8 = async { "x".parse::<u8>() }.await?;
//= fails invalid digit
// %%
total
//= value 6
// %%
let list = vec![1];
let longer = async { let mut list = list; list.push(2); list }.await;
// %%
longer
//= value [1, 2]
