//! `kernel_info_reply`: describes the kernel and its language.

use serde_json::{Value, json};

use crate::wire::PROTOCOL;

/// The content of the reply. `rustc` is what the compiler calls itself, such as `rustc 1.95.0 (…)`.
pub(crate) fn content(rustc: &str) -> Value {
    let version = rustc.split_whitespace().nth(1).unwrap_or_default();
    json!({
        "status": "ok",
        "protocol_version": PROTOCOL,
        "implementation": "nbsnap",
        "implementation_version": env!("CARGO_PKG_VERSION"),
        "language_info": {
            "name": "rust",
            "version": version,
            "mimetype": "text/rust",
            "file_extension": ".rs",
            "pygments_lexer": "rust",
            "codemirror_mode": "rust",
            "nbconvert_exporter": "script",
        },
        "banner": format!("Rust, cell by cell ({}, nbsnap {}). `:help` lists commands.", rustc.trim(), env!("CARGO_PKG_VERSION")),
        "debugger": false,
        "supported_features": [],
        "help_links": [
            { "text": "The Rust Programming Language", "url": "https://doc.rust-lang.org/book/" },
            { "text": "The standard library", "url": "https://doc.rust-lang.org/std/" },
            { "text": "Crates", "url": "https://docs.rs/" },
        ],
    })
}
