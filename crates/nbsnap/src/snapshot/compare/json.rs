//! JSON as values: the order of members does not matter, some members may be left out, and numbers may be
//! near enough.
//!
//! The main function is [`same`]. Numbers have all the digits that were written, and a member that is
//! repeated has all its values. Text that is not JSON is compared as it is.

mod value;

use std::collections::BTreeMap;

use super::numbers;
use super::tolerance::Tolerance;
use value::Value;

/// Whether two texts are the same JSON, in the members that are compared.
pub(super) fn same(expected: &str, actual: &str, tolerance: &Tolerance) -> bool {
    let (Some(expected), Some(actual)) = (Value::parse(expected), Value::parse(actual)) else { return false };
    same_values(&expected, &actual, tolerance, &mut Vec::new())
}

fn same_values(expected: &Value, actual: &Value, tolerance: &Tolerance, path: &mut Vec<String>) -> bool {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            let (expected, actual) = (by_name(expected), by_name(actual));
            let only_here = expected.keys().filter(|key| !actual.contains_key(*key));
            let only_there = actual.keys().filter(|key| !expected.contains_key(*key));
            let is_ignored = |key: &&str, path: &mut Vec<String>| within(path, key, |path| is_ignored(tolerance, path));
            only_here.chain(only_there).all(|key| is_ignored(key, path))
                && expected
                    .iter()
                    .filter_map(|(key, values)| Some((key, values, actual.get(key)?)))
                    .all(|(key, values, others)| within(path, key, |path| same_member(values, others, tolerance, path)))
        }
        (Value::Array(expected), Value::Array(actual)) => {
            expected.len() == actual.len()
                && expected.iter().zip(actual).enumerate().all(|(index, (value, other))| {
                    within(path, &index.to_string(), |path| is_ignored_or_same(value, other, tolerance, path))
                })
        }
        (Value::Number(one), Value::Number(other)) => {
            one == other
                || tolerance.is_for_numbers()
                    && numbers::near(one.approximate(), other.approximate(), tolerance.absolute, tolerance.relative)
        }
        (one, other) => one == other,
    }
}

/// Members by their names, each with all its values: a name may be written twice.
fn by_name(members: &[(String, Value)]) -> BTreeMap<&str, Vec<&Value>> {
    let mut named: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for (name, value) in members {
        named.entry(name).or_default().push(value);
    }
    named
}

fn same_member(values: &[&Value], others: &[&Value], tolerance: &Tolerance, path: &mut Vec<String>) -> bool {
    is_ignored(tolerance, path)
        || values.len() == others.len()
            && values.iter().zip(others).all(|(value, other)| same_values(value, other, tolerance, path))
}

fn is_ignored_or_same(value: &Value, other: &Value, tolerance: &Tolerance, path: &mut Vec<String>) -> bool {
    is_ignored(tolerance, path) || same_values(value, other, tolerance, path)
}

fn is_ignored(tolerance: &Tolerance, path: &[String]) -> bool {
    tolerance.ignore.iter().any(|ignored| ignored.matches(path))
}

/// Looks one step deeper.
fn within<T>(path: &mut Vec<String>, step: &str, look: impl FnOnce(&mut Vec<String>) -> T) -> T {
    path.push(step.to_owned());
    let seen = look(path);
    path.pop();
    seen
}

#[cfg(test)]
mod tests {
    use super::super::json_path::JsonPath;
    use super::*;

    fn is_same(expected: &str, actual: &str, ignore: &[&str]) -> bool {
        let ignore = ignore.iter().map(|path| JsonPath::new(path).unwrap()).collect();
        same(expected, actual, &Tolerance { ignore, ..Tolerance::default() })
    }

    #[test]
    fn members_may_be_in_any_order_and_items_may_not() {
        assert!(is_same(r#"{"a":[1,{"b":null}],"c":"x"}"#, r#"{"c":"x","a":[1,{"b":null}]}"#, &[]));
        assert!(!is_same("[1,2]", "[2,1]", &[]));
        assert!(!is_same("[1]", "[1,2]", &[]));
        assert!(!is_same(r#"{"a":1}"#, r#"{"a":1,"b":2}"#, &[]));
        assert!(is_same("1", "1.0", &[]));
        assert!(!is_same("9007199254740993", "9007199254740992", &[]));
        assert!(!is_same("123456789012345678901234567890", "123456789012345678901234567891", &[]));
        assert!(!is_same("0.1", "0.10000000000000001", &[]));
        assert!(!is_same("[\"1\"]", "[1]", &[]));
    }

    #[test]
    fn a_member_that_is_repeated_has_all_its_values() {
        assert!(!is_same(r#"{"a":3,"a":2}"#, r#"{"a":2}"#, &[]));
        assert!(!is_same(r#"{"a":3,"a":2}"#, r#"{"a":1,"a":2}"#, &[]));
        assert!(is_same(r#"{"a":3,"b":1,"a":2}"#, r#"{"b":1,"a":3,"a":2}"#, &[]));
        assert!(is_same(r#"{"a":3,"a":2}"#, r#"{"a":2}"#, &["/a"]));
    }

    #[test]
    fn ignored_members_may_differ_be_new_or_gone() {
        let (one, other) = (r#"{"t":1,"list":[{"id":1,"x":1},{"x":2}]}"#, r#"{"list":[{"id":2,"x":1},{"id":3,"x":2}],"u/v":0}"#);
        assert!(is_same(one, other, &["/t", "/list/*/id", "/u~1v"]));
        assert!(is_same(one, other, &["/t", "/**/id", "/u~1v"]));
        assert!(!is_same(one, other, &["/t", "/**/id", "/*v"]), "a step is a whole name, `*` or `**`");
        assert!(!is_same(one, other, &["/t", "/u~1v"]));
        assert!(!is_same(one, other, &["/t", "/u~1v", "/list/0/id"]));
        assert!(is_same(one, other, &["/**"]));
    }

    #[test]
    fn a_path_begins_with_a_slash() {
        assert!(JsonPath::new("a/b").unwrap_err().contains("must begin with `/`"));
    }

    #[test]
    fn numbers_may_be_near_enough() {
        let near = |one: &str, other: &str| same(one, other, &Tolerance { relative: 0.01, ..Tolerance::default() });
        assert!(near(r#"{"a":[100]}"#, r#"{"a":[100.9]}"#));
        assert!(!near("100", "102"));
        assert!(!near("\"100\"", "\"100.5\""), "text is text");
    }
}
