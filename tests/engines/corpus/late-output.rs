// A thread that nobody waits for.
// %%
std::thread::spawn(|| { std::thread::sleep(std::time::Duration::from_millis(1500)); println!("too late"); });
println!("started");
// %%
std::thread::sleep(std::time::Duration::from_millis(10));
