Types without names: refused where they are made, with what to write instead. A bare function is kept as a pointer.
// %%
let f = |x: i32| x + 1;
//= error `f` is a closure
//= help box it
// %%
let tripled = (0..3).map(|n| n * 3);
//= error `tripled` holds a closure
//= help collect
// %%
let boxed: Box<dyn Fn(i32) -> i32> = Box::new(|x| x + 1);
// %%
boxed(1)
//= value 2
// %%
fn double(n: i32) -> i32 { n * 2 }
let pointer = double;
let length = str::len;
// %%
(pointer(2), length("abc"))
//= value (4, 3)
// %%
let doubled = (0..3).map(double);
//= error `doubled` is or holds a function
//= help collect
// %%
async fn answer() -> u8 { 4 }
let future = answer();
//= error `future` is or holds a future
//= help write `.await`
// %%
let local = { struct Local; Local };
//= error `local` has the type `Local`
//= help top level of a cell
// %%
mod inner { mod hidden { pub struct Secret; } pub fn secret() -> hidden::Secret { hidden::Secret } }
let secret = inner::secret();
//= error `secret` has the type
// %%
1
//= value 1
