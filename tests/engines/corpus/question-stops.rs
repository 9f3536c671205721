// A failed `?` without a tag ends the notebook.
// %%
let text = "a=b";
// %%
let (key, value) = text.split_once('=').ok_or("no `=`")?;
println!("{key} {value}");
let number: u8 = value.parse()?;
number
// %%
println!("never reached");
