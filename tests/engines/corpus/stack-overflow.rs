// A recursion without end.
// %%
#[allow(unconditional_recursion)]
fn deep(n: u64) -> u64 { 1 + deep(n + 1) + std::hint::black_box(n) }
// %%
println!("going down");
deep(0)
