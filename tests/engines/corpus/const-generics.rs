// Constants in types, associated types and constants, default methods.
// %%
trait Unit { const NAME: &'static str; type Of; fn show(n: Self::Of) -> String; }
struct Metre;
impl Unit for Metre { const NAME: &'static str = "m"; type Of = f64; fn show(n: f64) -> String { format!("{n:.1} {}", Self::NAME) } }
// %%
struct Grid<const W: usize, const H: usize>([[u8; W]; H]);
impl<const W: usize, const H: usize> Grid<W, H> {
    const SIZE: usize = W * H;
    fn count(&self) -> usize { self.0.iter().flatten().filter(|n| **n > 0).count() }
}
// %%
let grid = Grid([[0, 1, 1], [1, 0, 0]]);
// %%
(grid.count(), Grid::<3, 2>::SIZE, Metre::show(2.0))
// %%
fn describe<U: Unit>(n: U::Of) -> String where U::Of: Copy { U::show(n) }
describe::<Metre>(7.25)
