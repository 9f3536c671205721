// Imports of what the notebook itself has, private things among them.
// %%
#[derive(Debug, Clone, Copy)]
enum Shade { Light, Dark }
use Shade::*;
trait Lit { fn lit(&self) -> bool; }
impl Lit for Shade { fn lit(&self) -> bool { matches!(self, Light) } }
// %%
fn other(shade: Shade) -> Shade { match shade { Light => Dark, Dark => Light } }
other(Light)
// %%
mod deep { #[derive(Debug)] pub struct Pool(pub u8); pub(super) fn depth() -> u8 { 7 } pub mod deeper { pub fn most() -> u8 { super::depth() + 1 } } }
// %%
use deep::{depth, deeper::*, Pool as Lake};
use self::Lit as _;
// %%
fn all() -> (Lake, u8, u8, bool) { (Lake(depth()), most(), deep::deeper::most(), Dark.lit()) }
all()
// %%
let shades = [Light, other(Light)];
shades.map(|shade| shade.lit())
// %%
use std::fmt::{Display, Formatter, Result as Shown, Write as _};
impl Display for Lake { fn fmt(&self, f: &mut Formatter<'_>) -> Shown { write!(f, "lake {}", self.0) } }
// %%
fn written() -> String { let mut text = String::new(); write!(text, "{}", Lake(2)).unwrap(); text }
written()
