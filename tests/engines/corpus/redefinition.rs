// A function may be written anew; later cells call the new one.
// %%
fn greet() -> &'static str { "hello" }
println!("{}", greet());
// %%
fn greet() -> &'static str { "good morning" }
// %%
println!("{}", greet());
// %%
const LIMIT: u32 = 3;
// %%
const LIMIT: u32 = 4;
LIMIT
