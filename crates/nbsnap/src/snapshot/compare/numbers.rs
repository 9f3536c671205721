//! Text whose numbers may be near enough to those recorded.
//!
//! Pure functions. Everything between the numbers must be the same.

use std::sync::LazyLock;

use regex::Regex;

/// Whether two texts are the same, apart from numbers that are near enough.
pub(super) fn same(expected: &str, actual: &str, absolute: f64, relative: f64) -> bool {
    static NUMBER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?").expect("the pattern is a constant"));
    let between = |text: &str| -> Vec<String> { NUMBER.split(text).map(str::to_owned).collect() };
    // A number that is too great for f64 is infinite, and is near only to itself.
    let numbers =
        |text: &str| -> Vec<f64> { NUMBER.find_iter(text).map(|found| found.as_str().parse().unwrap_or(f64::NAN)).collect() };
    let (expected_numbers, actual_numbers) = (numbers(expected), numbers(actual));
    expected_numbers.len() == actual_numbers.len()
        && between(expected) == between(actual)
        && expected_numbers.iter().zip(&actual_numbers).all(|(one, other)| near(*one, *other, absolute, relative))
}

/// Whether two numbers are near enough: the same, or not further apart than either measure allows.
pub(super) fn near(one: f64, other: f64, absolute: f64, relative: f64) -> bool {
    let distance = (one - other).abs();
    one == other || distance <= absolute || distance <= relative * one.abs().max(other.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_be_near_and_all_else_must_be_the_same() {
        assert!(same("a 1.0, b -2e3 .5", "a 1.05, b -2010 0.5", 0.1, 0.01));
        assert!(!same("a 1.0", "a 1.2", 0.1, 0.0));
        assert!(!same("a 1.0", "b 1.0", 1.0, 1.0));
        assert!(!same("1 2", "1", 9.0, 1.0));
        assert!(!same("x", "1", 9.0, 1.0));
        assert!(same("1e999", "1e999", 0.1, 0.1));
        assert!(same("1.0", "1.00", 0.0, 1e-9));
    }
}
