// Panics of the language and of the standard library.
// %%
let list = vec![1, 2, 3];
let zero = list.len() - 3;
// %% raises-exception
list[zero + 7]
// %% raises-exception
10 / zero
// %% raises-exception
let small: u8 = (list.len() + 253) as u8;
let next = zero - 1;
// %% raises-exception
let cell = std::cell::RefCell::new(1);
let _one = cell.borrow_mut();
let _two = cell.borrow_mut();
// %% raises-exception
"x".parse::<u8>().expect("a number")
// %% raises-exception
unreachable!("never {}", zero)
// %% raises-exception
todo!()
// %% raises-exception
let text = "ü";
&text[..1]
// %% raises-exception
assert_ne!(
    zero,
    0,
);
// %% raises-exception
std::panic::panic_any(7);
// %%
list
