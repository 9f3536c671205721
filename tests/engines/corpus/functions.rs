// Functions: generic, recursive, nested, calling each other across cells.
// %%
fn fact(n: u64) -> u64 { if n == 0 { 1 } else { n * fact(n - 1) } }
// %%
fn largest<T: PartialOrd + Copy>(values: &[T]) -> Option<T> {
    let mut best = *values.first()?;
    for value in values { if *value > best { best = *value; } }
    Some(best)
}
largest(&[3, 9, 2])
// %%
fn both(n: u64) -> (u64, Option<u64>) {
    fn inner(n: u64) -> u64 { fact(n) + 1 }
    (inner(n), largest(&[n, 2]))
}
// %%
both(4)
// %%
let apply: fn(u64) -> u64 = fact;
// %%
apply(5)
