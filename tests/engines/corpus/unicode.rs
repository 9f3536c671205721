// Text from everywhere.
// %%
let größe = "Größe: 3 m²";
println!("{größe} — 水体 🌊");
// %%
größe.chars().rev().collect::<String>()
// %% raises-exception
let ü: u8 = "水";
// %% raises-exception
assert!(größe.is_empty(), "nicht leer: {größe}");
