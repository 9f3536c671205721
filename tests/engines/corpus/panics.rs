// Panics that are meant to be, and what is left after them.
// %%
let n = 7;
let mut log = vec![1];
// %% raises-exception
println!("before");
log.push(2);
let lost = 1;
assert_eq!(n, 8, "n should be 8");
println!("after");
// %%
(n, log)
// %% raises-exception
lost
// %% raises-exception
let list: Vec<u8> = Vec::new();
list[3]
// %% raises-exception
let none: Option<u8> = None;
none.unwrap();
// %% raises-exception
panic!();
// %%
std::panic::catch_unwind(|| panic!("inside")).is_err()
