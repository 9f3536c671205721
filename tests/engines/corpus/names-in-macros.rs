// Names that a cell uses and does not mention: through macros, in texts, and by methods alone. Macros are called by statements only: evcxr writes
// items in the order of a hash map, so that it is luck there whether a macro comes before an item that calls it.
// %%
fn helper(n: u32) -> u32 { n + 1 }
const STEP: u32 = 10;
struct Metres(u32);
// %%
macro_rules! next { ($n:expr) => { helper($n) + STEP } }
macro_rules! twice { ($n:expr) => { next!(next!($n)) } }
// %%
twice!(1)
// %%
trait Doubled { fn doubled(&self) -> u32; const ONE: u32 = 1; }
impl Doubled for Metres { fn doubled(&self) -> u32 { self.0 * 2 } }
// %%
fn far(metres: &Metres) -> u32 { metres.doubled() + Metres::ONE }
far(&Metres(4))
// %%
mod units {
    pub trait Named { fn name(&self) -> String { String::from("unit") } }
    impl Named for super::Metres {}
    pub fn height() -> u8 { 3 }
}
use units::Named as _;
// %%
fn name_of(metres: &Metres) -> String { metres.name() }
name_of(&Metres(1))
// %%
use units::*;
// %%
fn high() -> u8 { height() + 1 }
high()
// %%
const WIDTH: usize = 6;
fn table(n: u32) -> String { format!("{n:>WIDTH$}|{STEP}") }
table(7)
// %%
impl Metres { fn deep(&self) -> u32 { self.0 - 1 } }
// %%
fn depth(metres: &Metres) -> u32 { metres.deep() }
depth(&Metres(9))
// %% raises-exception
fn lost() -> u32 { unknown_helper(1) }
// %%
pub fn shown() -> impl std::fmt::Debug { Some(Metres(2).0) }
shown()
