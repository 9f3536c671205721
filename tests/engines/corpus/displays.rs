// Final expressions: Debug, evcxr_display, unit, none.
// %%
"text"
// %%
vec![Some(1), None]
// %%
struct Badge(u8);
impl Badge {
    fn evcxr_display(&self) { println!("EVCXR_BEGIN_CONTENT text/html\n<i>{}</i>\nEVCXR_END_CONTENT", self.0); }
}
Badge(4)
// %%
();
// %%
()
// %%
for i in 0..2 { println!("{i}"); }
// %%
if 1 < 2 { "yes" } else { "no" }
// %%
match 3 { 3 => 'c', _ => 'd' }
// %%
println!("no semicolon")
// %%
&Badge(5)
