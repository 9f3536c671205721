// Operators of a type's own, conversions, iteration.
// %%
#[derive(Clone, Copy, Debug, PartialEq)]
struct V(f64, f64);
impl std::ops::Add for V { type Output = V; fn add(self, o: V) -> V { V(self.0 + o.0, self.1 + o.1) } }
impl std::ops::Mul<f64> for V { type Output = V; fn mul(self, k: f64) -> V { V(self.0 * k, self.1 * k) } }
impl std::ops::Neg for V { type Output = V; fn neg(self) -> V { V(-self.0, -self.1) } }
impl From<(f64, f64)> for V { fn from((a, b): (f64, f64)) -> V { V(a, b) } }
impl std::iter::Sum for V { fn sum<I: Iterator<Item = V>>(it: I) -> V { it.fold(V(0.0, 0.0), |a, b| a + b) } }
// %%
let a = V(1.0, 2.0);
let b: V = (3.0, 4.0).into();
// %%
-(a + b) * 0.5
// %%
vec![a, b, a].into_iter().sum::<V>()
// %%
impl std::str::FromStr for V {
    type Err = Box<dyn std::error::Error>;
    fn from_str(s: &str) -> Result<V, Self::Err> { let (a, b) = s.split_once(',').ok_or("no comma")?; Ok(V(a.trim().parse()?, b.trim().parse()?)) }
}
"1, 2".parse::<V>()?
// %% raises-exception
"1; 2".parse::<V>()?
// %% raises-exception
"1, x".parse::<V>()?
