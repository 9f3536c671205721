// Much output.
// %%
for i in 0..5000 { println!("line {i} {}", "x".repeat(i % 40)); }
// %%
"y".repeat(20_000)
// %%
vec![0u8; 3000]
