// A variable and a function of one name: the variable wins.
// %%
fn area(side: u32) -> u32 { side * side }
let area = area(3);
// %%
area
// %%
fn double(n: u32) -> u32 { n * 2 }
// %%
let result = double(area);
result
