// A module of the notebook's own that is imported under another name: evcxr loses it.
// %%
mod deep { pub fn depth() -> u8 { 7 } }
// %% raises-exception
use deep::{self as below};
below::depth()
