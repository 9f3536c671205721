Values are dropped at the end of their block, when they are moved away, and when their name is bound again.
// %%
struct Loud(&'static str);
impl Drop for Loud { fn drop(&mut self) { println!("dropped {}", self.0); } }
let kept = Loud("kept");
let other = Loud("other");
// %%
{ let inner = Loud("inner"); }
Loud("temporary");
//= stdout dropped inner\ndropped temporary\n
// %%
drop(kept);
//= stdout dropped kept\n
// %%
let other = 3;
//= stdout dropped other\n
// %%
let guard = Loud("rebound");
// %%
let guard: u8 = "x".parse()?;
//= fails invalid digit
// %%
guard.0
//= value "rebound"
