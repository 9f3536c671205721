// A type that only a later cell would tell.
// %%
let mut seen = std::collections::HashSet::new();
// %%
seen.insert(3);
