//! Finds secrets in text. One rule for reports, snapshots and recordings.
//!
//! - [`is_secret_variable`]: whether a variable holds a secret, by its name and the length of its value.
//! - [`Known`]: secrets that are known, in every spelling: as they are, percent-encoded, in base64, or
//!   escaped in JSON, Rust or HTML.
//! - [`hide_tokens`]: secrets that nobody has named, by what leads up to them and by their looks.
//!
//! It knows text and nothing else: neither notebooks nor requests. What takes a secret's place is the
//! caller's choice.

mod known;
mod looks;
mod variables;

pub use known::Known;
pub use looks::hide_tokens;
pub use variables::is_secret_variable;

/// A text without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// The text.
    pub text: String,
    /// How many secrets were in it.
    pub count: usize,
}
