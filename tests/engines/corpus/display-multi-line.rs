// Displays of several lines, of odd text, after unfinished lines.
// %%
#[derive(Debug)]
struct Deep { a: Vec<(u8, &'static str)>, b: Option<Box<Deep>> }
let deep = Deep { a: vec![(1, "x")], b: Some(Box::new(Deep { a: vec![], b: None })) };
deep
// %%
"line\nbreak\t\"quoted\""
// %%
print!("no newline ");
1 + 1
// %%
println!("{:#?}", deep);
print!("tail");
// %%
println!("head");
