//! The language that a notebook is in, as its metadata says.

use serde_json::{Map, Value};

/// The language that a notebook is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Rust.
    Rust,
    /// Python.
    Python,
    /// Another.
    Other,
    /// The notebook does not name a kernel or a language.
    Unnamed,
}

impl Language {
    /// Reads a notebook's metadata: the kernel's name and language in `kernelspec`, else `language_info`.
    pub fn of(metadata: &Map<String, Value>) -> Language {
        let kernel = metadata.get("kernelspec").and_then(|spec| spec["name"].as_str()).unwrap_or_default();
        Language::named(kernel, name(metadata).as_deref())
    }

    /// The language by the kernel's name, which may be empty, and the language's in lower case.
    pub(super) fn named(kernel: &str, language: Option<&str>) -> Language {
        let kernel = kernel.to_lowercase();
        let is = |name: &str| language == Some(name);
        if kernel == "rust" || is("rust") {
            Language::Rust
        } else if kernel.starts_with("python") || is("python") || is("ipython") {
            Language::Python
        } else if kernel.is_empty() && language.is_none() {
            Language::Unnamed
        } else {
            Language::Other
        }
    }
}

/// The language's name in lower case, as far as the metadata says.
pub(crate) fn name(metadata: &Map<String, Value>) -> Option<String> {
    let of_kernel = metadata.get("kernelspec").and_then(|spec| spec["language"].as_str());
    let of_code = metadata.get("language_info").and_then(|info| info["name"].as_str());
    of_kernel.or(of_code).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_kernel_or_a_language_says_it_wherever_it_is_written() {
        let of = |metadata: Value| Language::of(metadata.as_object().unwrap());
        assert_eq!(of(json!({ "kernelspec": { "name": "rust" } })), Language::Rust);
        assert_eq!(of(json!({ "kernelspec": { "name": "ours", "language": "Rust" } })), Language::Rust);
        assert_eq!(of(json!({ "kernelspec": { "name": "ours" }, "language_info": { "name": "rust" } })), Language::Rust);
        assert_eq!(of(json!({ "language_info": { "name": "Rust" } })), Language::Rust);
        assert_eq!(of(json!({ "kernelspec": { "name": "python3" } })), Language::Python);
        assert_eq!(of(json!({ "kernelspec": { "name": "sage", "language": "ipython" } })), Language::Python);
        assert_eq!(of(json!({ "kernelspec": { "name": "ir" } })), Language::Other);
        assert_eq!(of(json!({})), Language::Unnamed);
    }
}
