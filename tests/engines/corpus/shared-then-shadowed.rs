// How many hold a value whose name was bound again.
// %%
let a = std::sync::Arc::new(1);
let b = a.clone();
// %%
let b = 0;
// %%
std::sync::Arc::strong_count(&a)
