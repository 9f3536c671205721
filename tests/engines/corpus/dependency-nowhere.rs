// A dependency that is not there: evcxr refuses the line.
// %%
println!("before");
// %%
:dep nowhere = { path = "../nowhere" }
// %%
println!("after");
