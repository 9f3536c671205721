// More of the usual mistakes.
// %%
struct P { x: i32 }
enum E { A, B(u8) }
fn two(a: u8, b: u8) -> u8 { a + b }
let e = E::B(3);
// %% raises-exception
two(1)
// %% raises-exception
match e { E::A => 1 }
// %% raises-exception
let p = P { x: 1, z: 2 };
// %% raises-exception
let q: Missing = 3;
// %% raises-exception
fn longest(a: &str, b: &str) -> &str { a }
// %% raises-exception
fn nothing() -> u8 { }
// %% raises-exception
if 1 { println!("x"); }
// %% raises-exception
let byte: u8 = 256;
// %% raises-exception
[1, 2, 3][5]
// %% raises-exception
"a" + "b"
// %% raises-exception
vec![1, "two"]
// %% raises-exception
std::collections::HashMap::<f64, u8>::new().insert(1.0, 2);
// %% raises-exception
break;
// %% raises-exception
P::new()
// %% raises-exception
println!("{} {}", 1);
// %% raises-exception
let v: Vec<u8> = (0..3).map(|n| n.to_string()).collect();
// %%
match e { E::A => 1, E::B(n) => n }
