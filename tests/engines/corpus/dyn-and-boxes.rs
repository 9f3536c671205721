// Boxes, trait objects, function pointers, shared cells as variables.
// %%
use std::{cell::RefCell, collections::HashMap, rc::Rc};
type Handler = Box<dyn Fn(&str) -> String>;
let mut handlers: HashMap<&'static str, Handler> = HashMap::new();
let log = Rc::new(RefCell::new(Vec::<String>::new()));
// %%
let writer = log.clone();
handlers.insert("up", Box::new(move |text| { writer.borrow_mut().push(text.to_owned()); text.to_uppercase() }));
// %%
handlers["up"]("quiet")
// %%
log.borrow().len()
// %%
let double: fn(i32) -> i32 = |n| n * 2;
let named = str::len;
(double(4), named("abc"))
// %%
let any: Box<dyn std::any::Any> = Box::new(5u8);
any.downcast_ref::<u8>().copied()
