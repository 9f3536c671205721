// More output than is kept.
// %%
println!("fine");
// %%
for _ in 0..40_000 { println!("{}", "z".repeat(60)); }
