A later import of a name wins; what an earlier one has brought, as a trait, stays in scope.
// %%
use std::fmt::Write;
let mut text = String::new();
// %%
use std::io::Write;
// %%
write!(text, "{}", 1).unwrap();
std::io::stdout().write_all(b"raw\n").unwrap();
text
//= stdout raw\n
//= value "1"
// %%
use std::collections::{BTreeMap as Map, btree_map::*};
let map: Map<u8, u8> = Map::new();
// %%
map.len()
//= value 0
// %%
struct Map;
// %%
let own = Map;
map.len()
//= value 0
// %%
use std::collections::HashMap as Map;
// %%
Map::<u8, u8>::new().len()
//= value 0
