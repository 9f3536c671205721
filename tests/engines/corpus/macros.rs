// macro_rules across cells.
// %%
macro_rules! double { ($e:expr) => { $e * 2 } }
// %%
double!(21)
// %%
macro_rules! sum { ($($e:expr),*) => { 0 $(+ $e)* } }
let n = double!(sum!(1, 2, 3));
// %%
n
// %%
macro_rules! double { ($e:expr) => { format!("{0}{0}", $e) } }
double!("ha")
// %%
println!("{:?} {}", vec![1; 3], concat!("a", 1));
assert!(matches!(n, 12), "n is {n}");
