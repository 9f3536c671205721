// What a cell has said before it panics.
// %% raises-exception
print!("half a line");
eprint!("half a warning");
panic!("then this");
// %% raises-exception
println!("one");
println!("EVCXR_BEGIN_CONTENT text/html\n<b>shown</b>\nEVCXR_END_CONTENT");
let shown: Result<u8, String> = Err("no".into());
shown.unwrap();
// %%
println!("two");
