// Mistakes that only the borrow checker sees.
// %%
let text = String::from("a");
// %% raises-exception
let moved = text;
println!("{text} {moved}");
// %% raises-exception
let r;
{
    let inner = String::from("x");
    r = &inner;
}
println!("{r}");
// %%
text
