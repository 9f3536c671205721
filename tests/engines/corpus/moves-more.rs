// Moves into threads, closures and parts.
// %%
let text = String::from("to a thread");
let pair = (String::from("left"), String::from("right"));
let maybe = Some(String::from("inside"));
let kept = vec![1];
// %%
std::thread::spawn(move || println!("{text}")).join().unwrap();
// %% raises-exception
text.len()
// %%
let left = pair.0;
left
// %% raises-exception
println!("{}", pair.0);
// %%
if kept.len() > 3 { drop(maybe); }
// %% raises-exception
maybe.is_some()
// %%
for n in kept { println!("{n}"); }
// %% raises-exception
kept
