// Cells with nothing but items.
// %%
use std::rc::Rc;
// %%
struct Node { next: Option<Rc<Node>> }
// %%
impl Node { fn depth(&self) -> usize { 1 + self.next.as_ref().map_or(0, |n| n.depth()) } }
// %%
const DEEP: usize = 3;
// %%
let mut node = Rc::new(Node { next: None });
for _ in 1..DEEP { node = Rc::new(Node { next: Some(node) }); }
node.depth()
