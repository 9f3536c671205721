What borrows cannot live on, and says what to write instead. What is static can.
// %%
let owner = String::from("mine");
let text: &'static str = "always";
// %%
let part = &owner[1..];
//= error `part` borrows `owner`
//= help keep a value of its own
//= line 1
// %%
let part = &text[1..];
// %%
part
//= value "lways"
// %%
let guard = std::sync::Mutex::new(1);
let locked = guard.lock().unwrap();
//= error `locked` borrows `guard`
// %%
{ let part = &owner[1..]; println!("{part}"); }
//= stdout ine\n
//= value ()
// %%
owner
//= value "mine"
