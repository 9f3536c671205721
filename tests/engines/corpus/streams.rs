// Standard output and standard error, whole and in parts.
// %%
println!("out");
eprintln!("err");
// %%
print!("a"); print!("b");
eprint!("c");
// %%
println!();
// %%
use std::io::Write;
std::io::stdout().write_all(b"raw\n").unwrap();
std::io::stderr().write_all("stärr\n".as_bytes()).unwrap();
// %%
dbg!(1 + 1);
