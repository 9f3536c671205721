// A macro whose call defines an item: evcxr keeps it for its cell only.
// %%
macro_rules! make { ($name:ident) => { #[derive(Debug)] struct $name; } }
// %%
make!(Thing);
println!("{:?}", Thing);
// %% raises-exception
Thing
