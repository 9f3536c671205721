// A box of something that shows itself.
// %%
#[derive(Debug)]
struct Label(u8);
impl Label { fn evcxr_display(&self) { println!("EVCXR_BEGIN_CONTENT text/plain\nlabel {}\nEVCXR_END_CONTENT", self.0); } }
// %%
Box::new(Label(1))
