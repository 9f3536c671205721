Moved and given back lives on; moved away is gone, and a later cell is told where it went.
// %%
let mut words = vec![String::from("a")];
let kept = String::from("k");
fn grow(mut words: Vec<String>) -> Vec<String> { words.push("b".into()); words }
// %%
words = grow(words);
// %%
words.len()
//= value 2
// %%
drop(kept);
// %%
kept
//= error E0425
//= help there was a `kept`: cell 4 moved it away
// %%
let thread = std::thread::spawn(move || words.len());
// %%
thread.join().unwrap()
//= value 2
// %%
words
//= error E0425
//= help cell 6 moved it away
// %%
let mut text = String::from("x");
// %%
text = text + "y";
// %%
text
//= value "xy"
