// Closures cannot be kept, boxes of them can.
// %%
let add = 3;
// %% raises-exception
let f = |x: i32| x + 1;
// %%
let g: Box<dyn Fn(i32) -> i32> = Box::new(move |x| x + add);
// %%
g(4)
// %% raises-exception
f(3)
// %%
{ let f = |x: i32| x * 2; f(4) }
