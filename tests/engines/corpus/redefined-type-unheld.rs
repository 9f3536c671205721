// A type is written anew when nothing holds the old one.
// %%
#[derive(Debug)]
struct Point { x: i32 }
impl Point { fn sum(&self) -> i32 { self.x } }
let scale = 2;
// %%
println!("{}", Point { x: 4 }.sum() * scale);
// %%
let names = vec!["a", "b"];
// %%
#[derive(Debug)]
struct Point { x: i32, y: i32 }
impl Point { fn sum(&self) -> i32 { self.x + self.y } }
// %%
let point = Point { x: 1, y: 2 };
println!("{}", point.sum() * scale);
point
// %%
names
