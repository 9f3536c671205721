// Several displays of a cell: of one type the last one counts.
// %%
struct Both(u8);
impl Both {
    fn evcxr_display(&self) {
        println!("EVCXR_BEGIN_CONTENT text/html\n<table><tr><td>{}</td></tr></table>\nEVCXR_END_CONTENT", self.0);
        println!("EVCXR_BEGIN_CONTENT text/plain\n{}\nEVCXR_END_CONTENT", self.0);
        println!("EVCXR_BEGIN_CONTENT image/png\niVBORw0KGgo=\nEVCXR_END_CONTENT");
    }
}
// %%
Both(1)
// %%
Both(2).evcxr_display();
println!("between");
Both(3)
// %%
let shown: Vec<Both> = vec![Both(4)];
shown[0]
// %%
for both in &shown { both.evcxr_display(); }
// %%
&&shown[0]
