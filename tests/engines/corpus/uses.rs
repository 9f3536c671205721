// Imports: globs, renames, groups, traits, inside functions.
// %%
use std::collections::{BTreeMap, HashSet as Set, hash_map::{self, HashMap}};
// %%
let mut map = BTreeMap::new();
map.insert("b", 2); map.insert("a", 1);
let set: Set<u8> = [1, 1, 2].into_iter().collect();
// %%
(map, set.len())
// %%
use std::fmt::*;
use std::fmt::Write as _;
// %%
let mut text = String::new();
write!(text, "{:>4}|", 7).unwrap();
// %%
text
// %%
let counts: HashMap<char, usize> = "aab".chars().fold(HashMap::new(), |mut m, c| { *m.entry(c).or_default() += 1; m });
match counts.get(&'a') { Some(n) => println!("{n}"), None => {} }
// %%
use std::cmp::max; use std::cmp::min as least;
(max(1, 2), least(1, 2))
