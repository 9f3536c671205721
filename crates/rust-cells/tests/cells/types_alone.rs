A type comes from its own cell alone, as in Jupyter.
// %%
let (sender, receiver) = std::sync::mpsc::channel();
//= error E0282
// %%
let (sender, receiver) = std::sync::mpsc::channel::<u8>();
// %%
let one = 1;
// %%
let small: u8 = one;
//= error E0308
// %%
sender.send(3).unwrap();
receiver.recv().unwrap()
//= value 3
