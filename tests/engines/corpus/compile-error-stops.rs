// What does not compile ends the notebook, and leaves what was before.
// %%
println!("before");
let a = 1;
// %%
let b = a + 1;
// %%
// the next line is wrong
let c: u8 = "text";
println!("{b}");
// %%
println!("never reached");
