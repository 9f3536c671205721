// Variables in cells that await: moved, changed, given another value, moved and given another value, in parts and in closures.
// %%
let mut total = 1;
let mut names = vec![String::from("a")];
let pair = (String::from("left"), String::from("right"));
let mut word = String::from("old");
let kept = String::from("kept");
// %%
async { total += 1; }.await;
names.push(async { String::from("b") }.await);
names.len() + total
// %%
let left = pair.0;
async {}.await;
left
// %%
pair.1
// %%
drop(word);
word = async { String::from("new") }.await;
println!("{word}");
// %%
word.push_str("er");
word
// %%
let (mut first, second) = async { (1, String::from("two")) }.await;
first += 1;
// %%
first += 1;
println!("{first} {second}");
// %%
let consumed = names;
async move { consumed.len() }.await
// %% raises-exception
names.len()
// %%
let text = String::from("same name");
let length = async move { text.len() }.await;
let text = format!("{length}");
// %%
text
// %%
if total > 100 { drop(kept); }
async {}.await;
// %% raises-exception
kept
// %%
let unused = async { vec![1] }.await;
let total = total + unused.len();
// %%
total
