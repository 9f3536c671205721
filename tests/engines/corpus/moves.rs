// A variable that was moved is gone.
// %%
let text = String::from("gone");
let kept = String::from("kept");
// %%
let taken = text;
println!("{taken}");
// %%
drop(taken);
// %%
kept
// %% raises-exception
println!("{text}");
// %% raises-exception
taken.len()
// %%
println!("{kept}");
