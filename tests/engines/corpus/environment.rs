// What the process sees of its world.
// %%
std::env::current_dir()?.file_name().map(|name| name.to_owned())
// %%
(std::env::var("TZ").ok(), std::env::var("RUST_BACKTRACE").ok(), std::env::var("CARGO").ok())
// %%
std::fs::read_to_string("environment.rs")?.lines().next().map(str::to_owned)
// %%
let mut line = String::new();
std::io::stdin().read_line(&mut line)?
// %%
unsafe { std::env::set_var("LAKE", "blue") };
// %%
std::env::var("LAKE")?
