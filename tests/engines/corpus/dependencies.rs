// :dep in any cell, with features, beside code.
// %%
println!("nothing needed yet");
// %%
:dep shapes = { path = "../crates/shapes", features = ["solids"] }
use shapes::{Rectangle, square};
let base = Rectangle::new(2, 3);
// %%
base
// %%
// a comment, then a command again

:dep shapes = { path = "../crates/shapes", features = ["solids"] }
shapes::volume(&base, 10)
// %%
square!(4).area()
// %% raises-exception
let bad: Rectangle = "3by4".parse()?;
// %%
let good: Rectangle = "3x4".parse()?;
good.area()
