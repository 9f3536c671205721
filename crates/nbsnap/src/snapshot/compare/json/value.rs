//! JSON as it was written: numbers with all their digits, and members in their order, with repetitions.

use jsonc_parser::ast::Value as Node;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde::de::IgnoredAny;

/// A JSON value (RFC 8259).
#[derive(Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Value>),
    Object(Vec<(String, Value)>),
}

/// A number of any size, exactly.
#[derive(Debug)]
pub(super) struct Number {
    is_negative: bool,
    /// Without zeros at either end; empty for zero.
    digits: String,
    /// Of ten, by which the digits as an integer are multiplied.
    exponent: i64,
    written: String,
}

impl Value {
    /// Reads a text; none if it is not JSON.
    pub(super) fn parse(text: &str) -> Option<Value> {
        // The first parser knows exactly what JSON is, and how deep it may be; the second keeps what was
        // written.
        serde_json::from_str::<IgnoredAny>(text).ok()?;
        let parsed = parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default()).ok()?;
        parsed.value.map(Value::of)
    }

    fn of(node: Node<'_>) -> Value {
        match node {
            Node::NullKeyword(_) => Value::Null,
            Node::BooleanLit(bool) => Value::Bool(bool.value),
            Node::NumberLit(number) => Value::Number(Number::read(number.value)),
            Node::StringLit(text) => Value::String(text.value.into_owned()),
            Node::Array(array) => Value::Array(array.elements.into_iter().map(Value::of).collect()),
            Node::Object(object) => {
                let member = |member: jsonc_parser::ast::ObjectProp<'_>| (member.name.into_string(), Value::of(member.value));
                Value::Object(object.properties.into_iter().map(member).collect())
            }
        }
    }
}

impl Number {
    fn read(text: &str) -> Number {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        // An exponent beyond all bounds becomes the greatest one.
        let given = exponent.parse().unwrap_or(if exponent.starts_with('-') { i64::MIN / 4 } else { i64::MAX / 4 });
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [whole.trim_start_matches('-'), fraction].concat();
        let digits = all.trim_end_matches('0');
        let dropped = i64::try_from(all.len() - digits.len()).unwrap_or(i64::MAX / 4);
        let after_point = i64::try_from(fraction.len()).unwrap_or(i64::MAX / 4);
        let digits = digits.trim_start_matches('0').to_owned();
        let exponent = if digits.is_empty() { 0 } else { given - after_point + dropped };
        Number { is_negative: text.starts_with('-') && !digits.is_empty(), digits, exponent, written: text.to_owned() }
    }

    /// The nearest floating-point number.
    pub(super) fn approximate(&self) -> f64 {
        self.written.parse().unwrap_or(f64::NAN)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        (self.is_negative, &self.digits, self.exponent) == (other.is_negative, &other.digits, other.exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_same_however_they_are_written() {
        for (one, other) in [("1", "1.0"), ("100", "1e2"), ("0.001", "1E-3"), ("0", "-0.0"), ("1200", "12.00e+2"), ("0e9", "0")] {
            assert_eq!(Number::read(one), Number::read(other), "{one} and {other}");
        }
        for (one, other) in [("1", "-1"), ("10", "1"), ("0.1", "0.10000000000000001"), ("1e400", "1e401")] {
            assert_ne!(Number::read(one), Number::read(other), "{one} and {other}");
        }
    }

    #[test]
    fn what_is_no_json_is_none() {
        for text in ["", "{", "{\"a\":1}{}", "[1,]", "nan", "01"] {
            assert_eq!(Value::parse(text), None, "{text}");
        }
    }
}
