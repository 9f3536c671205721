// Modules, with their own paths.
// %%
mod geometry {
    pub const PI: f64 = 3.0;
    pub fn area(r: f64) -> f64 { PI * r * r }
    pub mod solid { pub fn ball(r: f64) -> f64 { super::area(r) * r } }
}
// %%
geometry::solid::ball(2.0)
// %%
use geometry::area;
use geometry::solid::{self, ball as sphere};
// %%
println!("{} {} {}", area(1.0), sphere(1.0), solid::ball(1.0));
// %%
fn outer() -> u8 { 4 }
mod inner { pub fn call() -> u8 { super::outer() + crate::outer() } }
// %%
inner::call() + self::outer() + crate::inner::call()
// %%
mod glob { use super::*; pub fn more() -> f64 { area(2.0) + f64::from(outer()) } }
glob::more()
