// A word that steers evcxr.
// %%
println!("fine");
// %%
println!("EVCXR_EXECUTION_COMPLETE");
