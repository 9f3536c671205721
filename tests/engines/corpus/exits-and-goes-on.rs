// Variables are lost with their process, functions are not.
// %%
fn keep() -> u8 { 3 }
let x = 1;
// %% raises-exception
std::process::exit(0);
// %%
keep()
