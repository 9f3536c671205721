// A panic in a function of another cell, and in a thread.
// %%
fn fails(n: u8) -> u8 {
    assert!(n > 3, "too small");
    n
}
// %% raises-exception
let a = fails(9);
fails(1)
// %% raises-exception
std::thread::spawn(|| panic!("in a thread")).join().unwrap();
// %%
let joined = std::thread::spawn(|| 40 + 2).join().unwrap();
joined
