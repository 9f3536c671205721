//! The value that means "no data" (GDAL's TIFF tag 42113): how it is written, and which values equal it.
//!
//! It is a decimal text, often written by hand or rounded, so GDAL reads it as C does and compares with a
//! tolerance; so does this.

use super::data_type::DataType;

/// Reads the text of the tag as GDAL does: the number that it begins with, with a comma or a point, else 0.
/// Nothing if there is no text, or if bands of this type cannot hold the number.
pub(crate) fn parse(text: &str, data_type: DataType) -> Option<f64> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let number = special(text).unwrap_or_else(|| prefix(text));
    let number = match data_type {
        // What is written in decimal digits is meant in the precision of the band.
        DataType::Float32 => f64::from(number as f32),
        _ => number,
    };
    data_type.holds(number).then_some(number)
}

/// Not-a-number and the infinities, also as Windows writes them.
fn special(text: &str) -> Option<f64> {
    let lower = text.to_ascii_lowercase();
    let unsigned = lower.strip_prefix(['-', '+']).unwrap_or(&lower);
    let sign = if lower.starts_with('-') { -1.0 } else { 1.0 };
    match unsigned {
        "nan" => Some(f64::NAN),
        "inf" | "infinity" => Some(sign * f64::INFINITY),
        _ if ["1.#qnan", "1.#snan", "1.#ind"].iter().any(|begin| unsigned.starts_with(begin)) => Some(f64::NAN),
        _ if unsigned.starts_with("1.#inf") => Some(sign * f64::INFINITY),
        _ => None,
    }
}

/// The longest beginning that is a number.
fn prefix(text: &str) -> f64 {
    let text = text.replace(',', ".");
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '+' | '-' | 'e' | 'E')).unwrap_or(text.len());
    (1..=end).rev().find_map(|end| text.get(..end)?.parse().ok()).unwrap_or(0.0)
}

/// Whether a value of a band is the one for "no data": for floats of both sizes within two units of the last
/// place of the smaller ones, as GDAL has it.
pub(crate) fn is_nodata(value: f64, nodata: f64, data_type: DataType) -> bool {
    if nodata.is_nan() {
        return value.is_nan();
    }
    match data_type {
        DataType::Float32 => {
            // The sum of two very large numbers is infinite: all that are as large are the same, which is
            // what files mean by them.
            let (a, b) = (value as f32, nodata as f32);
            a == b || (a - b).abs() < f32::EPSILON * (a + b).abs() * 2.0
        }
        DataType::Float64 => value == nodata || (value - nodata).abs() < f64::from(f32::EPSILON) * (value + nodata).abs() * 2.0,
        _ => value == nodata,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expectations by rasterio 1.4 with GDAL 3.10.
    #[test]
    fn texts_are_read_as_gdal_reads_them() {
        for (text, number) in [
            ("-9999,0", Some(-9999.0)),
            ("-9999 m", Some(-9999.0)),
            ("none", Some(0.0)),
            ("0x10", Some(0.0)),
            ("-nan(ind)", Some(0.0)),
            (" 7 ", Some(7.0)),
            ("1e5x", Some(1e5)),
            ("", None),
            ("3.40282347e+38", Some(f64::from(f32::MAX))),
            ("-3.40282e+38", Some(-3.402820018375656e+38)),
            ("-1e400", Some(f64::NEG_INFINITY)),
        ] {
            assert_eq!(parse(text, DataType::Float32), number, "{text}");
        }
        for text in ["nan", "NaN", "1.#QNAN", "-1.#IND"] {
            assert!(parse(text, DataType::Float32).is_some_and(f64::is_nan), "{text}");
            assert_eq!(parse(text, DataType::UInt8), None, "{text}");
        }
        assert_eq!(parse("-9999", DataType::UInt16), None);
    }

    #[test]
    fn rounded_numbers_are_the_same() {
        let float = |value: f64| is_nodata(value, -3.402820018375656e+38, DataType::Float32);
        assert!(float(-3.402820018375656e+38) && float(-3.4028199e38) && float(-3.4028234663852886e+38));
        assert!(!float(-1.0) && !float(0.0) && !float(3.402820018375656e+38));
        assert!(is_nodata(-1.2676506002282294e30, -1.26765060e30, DataType::Float64));
        assert!(!is_nodata(1.0, 1.0000001, DataType::UInt8) && is_nodata(f64::NAN, f64::NAN, DataType::Float32));
    }
}
