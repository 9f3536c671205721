// A final expression that cannot be shown.
// %%
struct Opaque { value: u8 }
let opaque = Opaque { value: 3 };
// %% raises-exception
opaque
// %%
opaque.value
// %% raises-exception
println!("not printed");
Opaque { value: 1 }
