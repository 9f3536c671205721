// Names that only a library's macro mentions.
// %%
:dep shapes = { path = "../crates/shapes", features = ["solids"] }
use shapes::Rectangle;
// %%
fn base() -> Rectangle { Rectangle::new(2, 5) }
// %%
fn area() -> u32 { shapes::area_of_base!() }
area()
// %%
shapes::area_of_base!() + 1
// %% raises-exception
fn wrong() -> String { shapes::area_of_base!() }
// %%
fn base() -> Rectangle { Rectangle::new(3, 5) }
// %%
mod inner { use super::*; pub fn area() -> u32 { shapes::area_of_base!() } }
inner::area()
