// Structs, enums, aliases, constants, generics.
// %%
#[derive(Clone, Debug, PartialEq, Default)]
struct Scene { id: String, cloud: f32 }
type Scenes = Vec<Scene>;
// %%
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Band { Red, Green, Nir(u8) }
use Band::*;
// %%
let scenes: Scenes = vec![Scene { id: "a".into(), cloud: 0.1 }, Scene::default()];
let bands = [Nir(8), Red, Green];
// %%
let mut sorted = bands.to_vec();
sorted.sort();
sorted
// %%
scenes.iter().filter(|scene| scene.cloud > 0.0).count()
// %%
struct Wrapper<T>(T);
impl<T: std::fmt::Display> Wrapper<T> { fn show(&self) -> String { format!("<{}>", self.0) } }
// %%
Wrapper(3).show()
