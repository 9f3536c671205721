// Items between statements, statements between items.
// %%
let a = one();
fn one() -> i32 { 1 }
println!("{a}");
const TWO: i32 = 2;
a + TWO
// %%
{
    fn inner() -> i32 { one() + 10 }
    println!("{}", inner());
}
// %% raises-exception
inner()
// %%
struct Later(i32);
let later = Later(one());
impl Later { fn get(&self) -> i32 { self.0 } }
later.get()
// %%
use std::fmt::Display as Show; fn say<T: Show>(t: T) -> String { format!("[{t}]") } say(3)
