`?` takes any error that can be shown, and options.
// %%
let n: i32 = "42".parse()?;
// %%
n
//= value 42
// %%
let m: i32 = "x"
    .parse()?;
//= fails invalid digit found in string
// %%
m
//= error E0425
// %%
Err("just text")?
//= fails just text
// %%
let list = vec![1, 2];
// %%
let first: i32 = *list.first()?;
// %%
first
//= value 1
// %%
let third = *list.get(2)?;
//= fails `?` met `None`
// %%
struct Silent;
Err::<(), _>(Silent)?;
//= error E0277
// %%
:efmt {:?}
#[derive(Debug)]
struct OnlyDebug;
Err::<(), _>(OnlyDebug)?;
//= value Error format: {:?} (errors must implement std::fmt::Debug)\n
//= fails OnlyDebug
// %%
if n == 42 { println!("leaving"); return; }
println!("not printed");
//= stdout leaving\n
