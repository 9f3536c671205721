//! Something to depend on that needs no registry.

/// Whether the text reads the same from both ends.
pub fn is_palindrome(text: &str) -> bool {
    text.chars().eq(text.chars().rev())
}
