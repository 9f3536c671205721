// A library with a static of its own: every cell of evcxr's links a copy of it.
// %%
:dep counter = { path = "../crates/counter" }
counter::count()
// %%
counter::count()
