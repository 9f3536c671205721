// `?` on an error that cannot be shown.
// %%
struct Silent;
fn fails() -> Result<u8, Silent> { Err(Silent) }
// %% raises-exception
fails()?;
// %%
fails().is_err()
