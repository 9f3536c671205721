// A panic without a tag ends the notebook.
// %%
println!("first");
// %%
print!("unfinished");
eprintln!("warned");
let d = "0".len() - 1;
1 / d
// %%
println!("never reached");
