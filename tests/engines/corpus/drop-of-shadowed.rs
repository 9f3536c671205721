// A value whose name is bound again goes at the end of that cell.
// %%
struct Loud(&'static str);
impl Drop for Loud { fn drop(&mut self) { println!("dropped {}", self.0); } }
let guard = Loud("first");
// %%
let guard = Loud("second");
println!("bound again");
// %%
println!("later");
