// An import that is named like a variable of an earlier cell.
// %%
let max = 5;
// %%
use std::cmp::max;
max
