// A name may be bound again, to another type too.
// %%
let x = 1;
// %%
let x = x + 1;
println!("{x}");
// %%
let x = format!("{x}!");
// %%
x
// %%
let (x, y) = (x.len(), x);
println!("{x} {y}");
