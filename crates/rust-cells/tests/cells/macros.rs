Macros are known in later cells, also where the name is one of the standard library's.
// %%
macro_rules! double { ($e:expr) => { $e * 2 } } // a comment
macro_rules! sum {
    // another one
    ($($e:expr),*) => { 0 $(+ double!($e))* }
}
// %%
sum!(1, 2)
//= value 6
// %%
fn in_item() -> i32 { double!(4) }
in_item()
//= value 8
// %%
macro_rules! vec { ($e:expr) => { $e } }
vec!(7)
//= value 7
// %%
macro_rules! double { ($e:expr) => { $e * 20 } }
in_item()
//= value 80
// %%
thread_local! { static DEPTH: std::cell::Cell<u32> = const { std::cell::Cell::new(1) }; }
// %%
DEPTH.with(|depth| depth.get())
//= value 1
// %%
line!()
//= value 1
