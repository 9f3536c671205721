// A variable whose type has no name.
// %%
fn evens() -> impl Iterator<Item = u32> { (0..6).step_by(2) }
// %%
evens().collect::<Vec<_>>()
// %% raises-exception
let kept = evens();
