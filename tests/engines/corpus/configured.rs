// Items that are there or not, seen from later cells.
// %%
#[cfg(unix)]
fn system() -> &'static str { "unix" }
#[cfg(windows)]
fn only_there() -> u8 { 1 }
// %%
fn described() -> String { format!("on {}", system()) }
described()
// %%
#[cfg_attr(unix, derive(Debug))]
struct Level(u8);
Level(3)
// %%
fn level() -> Level { Level(4) }
println!("{:?} {}", level(), system());
