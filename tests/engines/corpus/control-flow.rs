// Loops, labels, let-else, if-let chains, ranges.
// %%
let mut found = None;
'outer: for a in 1..10 { for b in a..10 { if a * b == 42 { found = Some((a, b)); break 'outer; } } }
found
// %%
let Some((a, b)) = found else { panic!("nothing") };
let doubled = if let Some((x, _)) = found && x > 3 { x * 2 } else { 0 };
(a, b, doubled)
// %%
let mut n = 27u64; let mut steps = 0;
while n != 1 { n = if n % 2 == 0 { n / 2 } else { 3 * n + 1 }; steps += 1; }
steps
// %%
let [first, .., last] = [1, 2, 3, 4];
let point @ (px, _) = (first, last);
println!("{point:?} {px}");
// %%
let late;
if steps > 100 { late = "long"; } else { late = "short"; }
late
