Variables live on while they own what they hold.
// %%
let name = "lake";
let mut count = 1;
let list: Vec<_> = (0..3).collect();
let (a, [b, ..]) = (1u8, [2i64, 3]);
// %%
count += 1;
println!("{name} {count} {list:?} {a} {b}");
//= stdout lake 2 [0, 1, 2] 1 2\n
// %%
name.push('x');
//= error E0599
// %%
count = "text";
//= error E0308
// %%
let name = name.len();
// %%
name
//= value 4
// %%
let r#type = 3;
r#type + 1
//= value 4
// %%
r#type
//= value 3
// %%
let later: u8;
//= error E0381
//= help give it a value
// %%
later
//= error E0425
