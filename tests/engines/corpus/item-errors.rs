// Mistakes in items.
// %%
struct P { x: i32 }
// %% raises-exception
fn wrong() -> String { 5 }
// %% raises-exception
impl P { fn get(&self) -> i32 { self.y } }
// %% raises-exception
trait T { fn f(&self); }
impl T for P {}
// %%
impl P { fn get(&self) -> i32 { self.x } }
P { x: 3 }.get()
