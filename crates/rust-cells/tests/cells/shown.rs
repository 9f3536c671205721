The value at a cell's end is shown: by its own display, by `Debug`, or not at all.
// %%
"text"
//= value "text"
// %%
();
// %%
println!("printed")
//= stdout printed\n
//= value ()
// %%
struct Badge(u8);
impl Badge { fn evcxr_display(&self) { println!("EVCXR_BEGIN_CONTENT text/html\n<i>{}</i>\nEVCXR_END_CONTENT", self.0); } }
Badge(4)
//= display text/html <i>4</i>
// %%
Badge(1).evcxr_display();
println!("between");
Badge(2).evcxr_display();
Badge(3)
//= stdout between\n
//= display text/html <i>1</i>
//= display text/html <i>2</i>
//= display text/html <i>3</i>
// %%
Box::new(Badge(5))
//= display text/html <i>5</i>
// %%
struct Opaque;
Opaque
//= error cannot be shown
//= help #[derive(Debug)]
// %%
trait Show { fn evcxr_display(&self) where Self: std::fmt::Debug { println!("EVCXR_BEGIN_CONTENT text/plain\nshown {self:?}\nEVCXR_END_CONTENT"); } }
impl Show for u8 {}
3u8
//= value shown 3
// %%
4i64
//= value 4
// %%
:fmt {:#?}
(1, "two")
//= value Output format: {:#?}\n
//= value (\n    1,\n    "two",\n)
