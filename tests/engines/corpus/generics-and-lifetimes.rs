// Heavier types.
// %%
struct Cache<K, V, F> where F: Fn(&K) -> V { make: F, seen: std::collections::BTreeMap<K, V> }
impl<K: Ord + Clone, V: Clone, F: Fn(&K) -> V> Cache<K, V, F> {
    fn get(&mut self, key: K) -> V { let make = &self.make; self.seen.entry(key.clone()).or_insert_with(|| make(&key)).clone() }
}
// %%
{
    let mut cache = Cache { make: |n: &u32| n * n, seen: Default::default() };
    println!("{} {} {}", cache.get(3), cache.get(3), cache.seen.len());
}
// %%
fn longest<'a>(a: &'a str, b: &'a str) -> &'a str { if a.len() > b.len() { a } else { b } }
const fn cube(n: u32) -> u32 { n * n * n }
const CUBES: [u32; 3] = [cube(1), cube(2), cube(3)];
// %%
(longest("ab", "c"), CUBES)
// %%
union Bits { float: f32, int: u32 }
format!("{:x}", unsafe { Bits { float: 1.0 }.int })
