// A cell that ends its process.
// %%
println!("first");
// %%
println!("last words");
std::process::exit(3);
// %%
println!("never reached");
