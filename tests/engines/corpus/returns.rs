// `return` leaves a cell early.
// %%
let x = 1;
// %%
fn early(n: u8) -> u8 { if n > 3 { return 9; } n }
early(4)
// %%
if x == 1 { println!("leaving"); return; }
println!("not printed");
