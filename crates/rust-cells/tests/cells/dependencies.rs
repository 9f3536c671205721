A crate is known from its `:dep` on. Its statics exist once.
// %%
counter::count()
//= error E0433
// %%
let text = ":dep nowhere";
/* :dep nowhere
*/
// %%
:dep counter = { path = "../crates/counter" }
counter::count()
//= value 1
// %%
counter::count()
//= value 2
// %%
:dep nowhere = { path = "../nowhere" }
//= refused there is no package at `../nowhere`
//= line 1
// %%
let kept = counter::Kept(3);
// %%
extern crate counter as meter;
(kept.0, meter::count())
//= value (3, 3)
// %%
:dep counter = { path = "../crates/counter", default-features = false }
:dep counter = { path = "../crates/counter" }
counter::count()
//= value 4
