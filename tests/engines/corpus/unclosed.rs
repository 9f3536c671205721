// A brace that nobody closes.
// %%
let x = 5;
// %% raises-exception
fn open() {
    if x > 3 {
// %%
x
