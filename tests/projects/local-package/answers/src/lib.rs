//! What the notebook prints.

/// The answer.
pub fn answer() -> i32 {
    42
}
