// A cell that aborts.
// %%
let x = 1;
// %%
print!("unfinished");
eprintln!("going");
std::process::abort()
