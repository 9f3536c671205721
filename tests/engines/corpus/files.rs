// Files beside the notebook and elsewhere.
// %%
let path = std::env::temp_dir().join(format!("engines-{}.txt", std::process::id()));
std::fs::write(&path, "one\ntwo\n")?;
// %%
let text = std::fs::read_to_string(&path)?;
text.lines().count()
// %%
std::fs::remove_file(&path)?;
path.exists()
// %% raises-exception
std::fs::read_to_string("no such file")?
