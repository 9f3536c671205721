// The usual mistakes.
// %%
let x = 5;
fn takes(text: &str) -> usize { text.len() }
// %% raises-exception
let y: String = x;
// %% raises-exception
println!("{}", unknown);
// %% raises-exception
takes(x)
// %% raises-exception
x = 6;
// %% raises-exception
let v = vec![1];
v.push(2);
// %% raises-exception
x.missing()
// %% raises-exception
use std::collections::NoSuchMap;
// %% raises-exception
struct Half { a: u8 }
let half = Half {};
// %% raises-exception
undefined_macro!(1);
// %%
takes("four") + x
