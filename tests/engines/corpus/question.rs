// `?` with errors of several types.
// %%
let n: i32 = "42".parse()?;
// %%
n
// %%
let text = String::from_utf8(vec![104, 105])?;
text
// %% raises-exception
println!("before");
let m: i32 = "x"
    .parse()?;
println!("after");
// %%
n + 1
// %% raises-exception
m
// %% raises-exception
Err("just text")?
// %%
std::fs::metadata(".")?.is_dir()
