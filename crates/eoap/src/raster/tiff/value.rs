//! The values of pixels, by the Rust type that holds them.
//!
//! [`PixelValue`] turns bytes into values. A type reads every band whose values it holds exactly, so that
//! nothing is lost unseen.

use ndarray::ArrayView3;

use super::data_type::DataType;

/// A type of values: `u8` to `u64`, `i8` to `i64`, `f32`, `f64`.
pub trait PixelValue: Copy + Default + PartialEq + Send + Sync + std::fmt::Debug + 'static {
    /// The type of the bands that are read without a conversion.
    const DATA_TYPE: DataType;

    /// Whether every value of a band of this type can be held exactly.
    fn holds(band: DataType) -> bool;

    /// Adds the picked samples of one band from a row of samples in the machine's byte order, `samples` of
    /// which belong to each pixel.
    #[expect(private_interfaces, reason = "sealed: only this library calls it")]
    fn append(band: DataType, row: &[u8], picks: Picks<'_>, samples: usize, sample: usize, out: &mut Vec<Self>);

    /// The values as little-endian bytes, in the order of the array.
    fn le_bytes(values: ArrayView3<'_, Self>) -> Vec<u8>;

    /// The value as a float, rounded if it has more than 53 bits.
    fn to_f64(self) -> f64;

    /// The nearest value of the type.
    fn of_f64(value: f64) -> Self;
}

/// Which samples of a row of a chunk are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Picks<'a> {
    /// All between these columns.
    Run(usize, usize),
    /// Those of these columns of the image, of which the chunk begins at the one given.
    Each(&'a [u32], u32),
}

fn collect<T, const N: usize>(
    row: &[u8],
    picks: Picks<'_>,
    samples: usize,
    sample: usize,
    value: impl Fn([u8; N]) -> T,
    out: &mut Vec<T>,
) {
    let (values, _) = row.as_chunks::<N>();
    match picks {
        Picks::Run(start, end) if samples == 1 => out.extend(values[start..end].iter().map(|bytes| value(*bytes))),
        Picks::Run(start, end) => {
            out.extend(values[start * samples..end * samples].chunks_exact(samples).map(|pixel| value(pixel[sample])));
        }
        Picks::Each(columns, first) => {
            out.extend(columns.iter().map(|column| value(values[(column - first) as usize * samples + sample])));
        }
    }
}

macro_rules! value {
    ($type:ident, $name:ident, exact: [$($exact:ident)*], rounded: [$($rounded:ident)*]) => {
        impl PixelValue for $type {
            const DATA_TYPE: DataType = DataType::$name;

            fn holds(band: DataType) -> bool {
                matches!(band, DataType::$name $(| name!($exact))*)
            }

            #[expect(private_interfaces, reason = "sealed: only this library calls it")]
            fn append(band: DataType, row: &[u8], picks: Picks<'_>, samples: usize, sample: usize, out: &mut Vec<Self>) {
                match band {
                    DataType::$name => collect(row, picks, samples, sample, $type::from_ne_bytes, out),
                    $(name!($exact) => collect(row, picks, samples, sample, |bytes| $exact::from_ne_bytes(bytes).into(), out),)*
                    $(name!($rounded) => collect(row, picks, samples, sample, |bytes| $rounded::from_ne_bytes(bytes) as Self, out),)*
                    #[allow(unreachable_patterns, reason = "one type reads all others")]
                    _ => unreachable!("the type was compared with `holds` before"),
                }
            }

            fn le_bytes(values: ArrayView3<'_, Self>) -> Vec<u8> {
                values.iter().flat_map(|value| value.to_le_bytes()).collect()
            }

            fn to_f64(self) -> f64 {
                self as f64
            }

            fn of_f64(value: f64) -> Self {
                value as Self
            }
        }
    };
}

macro_rules! name {
    (u8) => {
        DataType::UInt8
    };
    (i8) => {
        DataType::Int8
    };
    (u16) => {
        DataType::UInt16
    };
    (i16) => {
        DataType::Int16
    };
    (u32) => {
        DataType::UInt32
    };
    (i32) => {
        DataType::Int32
    };
    (u64) => {
        DataType::UInt64
    };
    (i64) => {
        DataType::Int64
    };
    (f32) => {
        DataType::Float32
    };
}

value!(u8, UInt8, exact: [], rounded: []);
value!(i8, Int8, exact: [], rounded: []);
value!(u16, UInt16, exact: [u8], rounded: []);
value!(i16, Int16, exact: [u8 i8], rounded: []);
value!(u32, UInt32, exact: [u8 u16], rounded: []);
value!(i32, Int32, exact: [u8 i8 u16 i16], rounded: []);
value!(u64, UInt64, exact: [u8 u16 u32], rounded: []);
value!(i64, Int64, exact: [u8 i8 u16 i16 u32 i32], rounded: []);
value!(f32, Float32, exact: [u8 i8 u16 i16], rounded: []);
// Statistics are computed of floats, as numpy does it; reading asks `holds`, and so never rounds.
value!(f64, Float64, exact: [u8 i8 u16 i16 u32 i32 f32], rounded: [u64 i64]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_picked() {
        let row = [1, 0, 10, 0, 2, 0, 20, 0, 3, 0, 30, 0];
        let mut out = Vec::new();
        u32::append(DataType::UInt16, &row, Picks::Run(1, 3), 2, 1, &mut out);
        u32::append(DataType::UInt16, &row, Picks::Run(0, 2), 1, 0, &mut out);
        u32::append(DataType::UInt16, &row, Picks::Each(&[100, 102, 102], 100), 2, 0, &mut out);
        assert_eq!(out, [20, 30, 1, 10, 1, 3, 3]);
    }

    #[test]
    fn types_hold_what_they_hold_exactly() {
        assert!(f64::holds(DataType::UInt32) && !f64::holds(DataType::Int64));
        assert!(i16::holds(DataType::UInt8) && !i16::holds(DataType::UInt16));
        assert!(f32::holds(DataType::Int16) && !f32::holds(DataType::Int32));
    }
}
