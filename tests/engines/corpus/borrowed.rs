// References cannot be kept, unless they are static.
// %%
let owner = String::from("mine");
let text: &'static str = "always";
// %% raises-exception
let part = &owner[1..];
// %%
let part = &text[1..];
part
// %% raises-exception
let mut list = vec![1, 2];
let first = &mut list[0];
// %%
owner
