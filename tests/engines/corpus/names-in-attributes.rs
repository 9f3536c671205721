// Names in the texts of attributes, which macros read.
// %%
:dep serde = { version = "1", features = ["derive"] }
:dep serde_json = "1"
use serde::{Deserialize, Serialize};
// %%
fn fallback() -> u32 { 4 }
mod as_text {
    pub fn serialize<S: serde::Serializer>(n: &u32, to: S) -> Result<S::Ok, S::Error> { to.serialize_str(&format!("<{n}>")) }
}
// %%
#[derive(Debug, Deserialize, Serialize)]
struct Options {
    #[serde(default = "fallback", serialize_with = "as_text::serialize")]
    retries: u32,
}
// %%
let options: Options = serde_json::from_str("{}")?;
options
// %%
serde_json::to_string(&options)?
// %%
serde_json::json!({"retries": fallback(), "list": [1, 2]})["retries"].as_u64()
