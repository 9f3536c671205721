// Patterns of every kind.
// %%
struct Size { w: u32, h: u32 }
let Size { w, h: height } = Size { w: 2, h: 3 };
let (first, (second, _)) = (1u8, ('x', 2.5));
// %%
(w, height, first, second)
// %%
let words = ["a", "b", "c"];
let [head, tail @ ..] = words;
(head, tail)
// %%
match (w, height) { (0, _) | (_, 0) => "flat", (a, b) if a == b => "square", (1..=9, n @ 1..=9) => if n > 2 { "tall" } else { "low" }, _ => "big" }
// %%
let ref_count = std::rc::Rc::new(5);
let value @ 0..=9 = *ref_count else { unreachable!() };
value
// %%
let mut queue = std::collections::VecDeque::from([3, 1, 2]);
while let Some(n) = queue.pop_front() { print!("{n} "); }
println!();
