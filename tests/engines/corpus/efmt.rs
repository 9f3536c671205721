// The format of errors that `?` shows.
// %%
:efmt {:?}
#[derive(Debug)]
struct OnlyDebug { code: u8 }
fn fails() -> Result<u8, OnlyDebug> { Err(OnlyDebug { code: 7 }) }
// %% raises-exception
fails()?
// %% raises-exception
"x".parse::<u8>()?
