// Commands that there are not.
// %% raises-exception
:nonsense
println!("not run");
// %% raises-exception
:efmt {:x}
// %%
println!("run");
