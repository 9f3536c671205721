//! JSON as Python prints it, so that figures can be compared with documented ones byte by byte.
//!
//! [`to_sorted_string`] is `json.dumps(value, sort_keys=True, indent=4)`. [`python_float`] is `repr` of a
//! float. Nothing here knows what the JSON means.

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};

/// Formats a value as Python's `json.dumps(value, sort_keys=True, indent=4)` does. Members are sorted and
/// indented by four spaces. Characters beyond ASCII are escaped. Floats are written as Python writes them
/// (`1.0`, `1e-07`).
///
/// # Errors
///
/// [`Error::Encode`] if the value cannot be expressed as JSON, for example a map whose keys are not strings.
///
/// ```
/// let value = serde_json::json!({"b": [1, 2.0], "a": {}});
/// assert_eq!(
///     eoap::json::to_sorted_string(&value)?,
///     "{\n    \"a\": {},\n    \"b\": [\n        1,\n        2.0\n    ]\n}"
/// );
/// # Ok::<(), eoap::Error>(())
/// ```
pub fn to_sorted_string<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    sorted(serde_json::to_value(value))
}

fn sorted(value: serde_json::Result<Value>) -> Result<String> {
    let value = value.map_err(|source| Error::Encode { what: "the value".into(), source })?;
    let mut out = String::new();
    write(&value, 0, &mut out);
    Ok(out)
}

/// A float as Python's `repr` writes it: the shortest digits that read back as the same number, with a point
/// or an exponent. Otherwise `nan`, `inf` or `-inf`.
///
/// ```
/// use eoap::json::python_float;
/// assert_eq!(python_float(30.0), "30.0");
/// assert_eq!(python_float(1e16), "1e+16");
/// assert_eq!(python_float(0.00001), "1e-05");
/// ```
pub fn python_float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').expect("`{:e}` writes an exponent");
    let exponent: i32 = exponent.parse().expect("`{:e}` writes a number as exponent");
    if (-4..16).contains(&exponent) {
        let plain = format!("{value}");
        if plain.contains('.') { plain } else { plain + ".0" }
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}e{sign}{:02}", exponent.abs())
    }
}

fn write(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => out.push_str(&python_float(float)),
            _ => out.push_str(&number.to_string()),
        },
        Value::String(text) => write_string(text, out),
        Value::Array(items) => write_all(items, ['[', ']'], depth, out, |item, out| write(item, depth + 1, out)),
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            write_all(&members, ['{', '}'], depth, out, |(name, value), out| {
                write_string(name, out);
                out.push_str(": ");
                write(value, depth + 1, out);
            });
        }
    }
}

fn write_all<T>(items: &[T], brackets: [char; 2], depth: usize, out: &mut String, each: impl Fn(&T, &mut String)) {
    out.push(brackets[0]);
    for (index, item) in items.iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        out.push_str(&"    ".repeat(depth + 1));
        each(item, out);
    }
    if !items.is_empty() {
        out.push('\n');
        out.push_str(&"    ".repeat(depth));
    }
    out.push(brackets[1]);
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    // Expectations written by Python 3.11.
    #[test]
    fn floats_are_those_of_python() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (60.46467784749034, "60.46467784749034"),
            (0.0001, "0.0001"),
            (0.00001234, "1.234e-05"),
            (123456789012345680.0, "1.2345678901234568e+17"),
            (1e15, "1000000000000000.0"),
            (9999999999999998.0, "9999999999999998.0"),
            (1e22, "1e+22"),
            (1.5e300, "1.5e+300"),
            (-3.4028226550889045e+38, "-3.4028226550889045e+38"),
            (5e-324, "5e-324"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(python_float(value), text);
        }
    }

    #[test]
    fn numbers_survive_reading_to_the_last_digit() {
        let text = "[\n    98.92579837194741,\n    60.46467784749034,\n    0.1,\n    0.0,\n    0,\n    -5e-324\n]";
        let value: Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(to_sorted_string(&value).expect("JSON"), text);
    }

    #[test]
    fn strings_are_escaped_like_pythons() {
        let text = to_sorted_string(&json!(["é😀\u{7f}\u{1}\"\\/\n\t\u{8}\u{c}\r"])).expect("JSON");
        assert_eq!(text, "[\n    \"\\u00e9\\ud83d\\ude00\\u007f\\u0001\\\"\\\\/\\n\\t\\b\\f\\r\"\n]");
    }

    #[test]
    fn empty_and_nested() {
        let text = to_sorted_string(&json!({"z": [], "a": {"y": null, "B": true}, "Z": 10000000000000000000u64})).expect("JSON");
        assert_eq!(
            text,
            "{\n    \"Z\": 10000000000000000000,\n    \"a\": {\n        \"B\": true,\n        \"y\": null\n    },\n    \"z\": []\n}"
        );
    }
}
