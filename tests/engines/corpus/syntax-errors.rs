// What is no Rust.
// %%
let x = 5;
// %% raises-exception
let y = ;
// %% raises-exception
let z = 3
// %% raises-exception
fn broken( { }
// %% raises-exception
println!("{}", x;
// %%
x
