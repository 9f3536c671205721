A cell can end its process, and nothing else. What it starts does not outlive the session.
// %%
let x = 1;
fn keep() -> u8 { 3 }
// %%
std::process::exit(3);
//= dies it exited with code 3
// %%
keep()
//= value 3
// %%
x
//= error E0425
//= help the process that held it ended: it exited with code 3
// %%
std::process::abort();
//= dies SIGABRT
// %%
loop {}
//= times-out
// %%
println!("EVCXR_EXECUTION_COMPLETE");
//= stdout EVCXR_EXECUTION_COMPLETE\n
//= word EVCXR_EXECUTION_COMPLETE
// %%
print!("no newline");
//= stdout no newline
// %%
println!("next");
//= stdout next\n
// %%
std::thread::spawn(|| { std::thread::sleep(std::time::Duration::from_millis(30)); println!("too late"); });
// %%
1
//= late too late\n
//= value 1
