// What one cell changes, the next one sees.
// %%
let mut total = 0;
let mut names: Vec<String> = Vec::new();
// %%
for n in 1..=4 { total += n; }
names.push("a".into());
// %%
total
// %%
names.push(format!("b{total}"));
names
// %%
let slot = &mut total; *slot += 1; println!("{slot}");
