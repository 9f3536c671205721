// A type is written anew, and its variables are lost.
// %%
#[derive(Debug)]
struct Point { x: i32 }
let point = Point { x: 1 };
// %%
#[derive(Debug)]
struct Point { x: i32, y: i32 }
// %%
Point { x: 1, y: 2 }
