// A cell that takes too long.
// %%
println!("first");
// %%
println!("waiting");
loop { std::thread::sleep(std::time::Duration::from_millis(50)); }
