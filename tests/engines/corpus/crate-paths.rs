// Paths from the notebook itself, from items and from statements.
// %%
fn area() -> u32 { 6 }
mod shapes { pub fn area() -> u32 { crate::area() + 1 } }
// %%
crate::shapes::area()
// %%
mod more { use super::shapes; pub fn area() -> u32 { shapes::area() + super::area() } pub struct Box { pub side: u32 } }
use self::more::Box as Crate;
// %%
let held = Crate { side: crate::more::area() };
self::area() + held.side
// %%
impl Crate { fn doubled(&self) -> u32 { self.side * 2 + crate::area() } }
held.doubled()
// %%
use crate::more::area as wide;
wide()
