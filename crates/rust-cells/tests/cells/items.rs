Items are known from their cell on, and a later one of the same name wins.
// %%
later()
//= error E0425
// %%
fn area(side: u32) -> u32 { side * side }
fn twice(side: u32) -> u32 { 2 * area(side) }
// %%
twice(2)
//= value 8
// %%
fn area(side: u32) -> u32 { side }
// %%
twice(2)
//= value 4
// %%
fn area(side: u32) -> String { side.to_string() }
//= error E0277
//= in cell 2:2
// %%
twice(2)
//= value 4
// %%
struct P { x: i32 }
impl P { fn x(&self) -> i32 { self.x } }
let p = P { x: 1 };
// %%
impl P { fn twice(&self) -> i32 { self.x * 2 } }
trait Named { fn name(&self) -> String; }
impl Named for P { fn name(&self) -> String { format!("P{}", self.x) } }
// %%
(p.x(), p.twice(), p.name())
//= value (1, 2, "P1")
// %%
impl P { fn x(&self) -> i32 { -self.x } }
p.x()
//= value -1
// %%
impl Named for P { fn name(&self) -> String { "other".into() } }
p.name()
//= value "other"
// %%
#[derive(Debug)]
struct P { x: i32, y: i32 }
//= lost p
// %%
p.x
//= error E0425
//= help its type rests on `P`, which cell 13 defined anew
// %%
P { x: 1, y: 2 }
//= value P { x: 1, y: 2 }
// %%
enum Level { Low, High }
use Level::*;
const LIMIT: u8 = 3;
type Pair = (u8, u8);
mod shapes { pub fn area() -> u32 { crate::area(6) } pub mod deep { pub struct Held(pub u8); } }
// %%
let pair: Pair = (LIMIT, match High { Low => 0, High => 1 });
let held = shapes::deep::Held(4);
(pair, shapes::area(), crate::shapes::area())
//= value ((3, 1), 6, 6)
// %%
held.0
//= value 4
// %%
trait Settled { fn is_settled(&self) -> bool; }
struct Job;
impl Settled for Job { fn is_settled(&self) -> bool { true } }
fn wait(job: impl Settled) -> bool { job.is_settled() }
// %%
wait(5)
//= error the trait bound `{integer}: Settled` is not satisfied
//= help the trait `Settled` is implemented for `Job`
