// When values are dropped.
// %%
struct Loud(&'static str);
impl Drop for Loud { fn drop(&mut self) { println!("dropped {}", self.0); } }
let kept = Loud("kept");
// %%
{ let inner = Loud("inner"); }
Loud("temporary");
// %%
drop(kept);
// %%
let last = Loud("last");
println!("end");
