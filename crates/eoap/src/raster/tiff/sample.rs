//! The Rust types that pixels are read as.
//!
//! [`Sample`] turns bytes into values. A type reads every band whose values it holds exactly, so that nothing
//! is lost unseen.

use futures_util::future::BoxFuture;
use ndarray::{Array2, Array3, ArrayView3};

use super::data_type::DataType;
use crate::{
    error::Result,
    raster::{points::Points, request::Request},
};

/// A type that pixels can be read as: `u8` to `u64`, `i8` to `i64`, `f32`, `f64`.
///
/// Each reads the bands of its own type, and those of smaller types whose values it holds exactly: `i16`
/// reads `uint8`, `f64` reads everything but 64-bit integers. Implemented for these ten types only.
pub trait Sample: Copy + Default + PartialEq + Send + Sync + std::fmt::Debug + private::Sealed + 'static {
    /// The type of the bands that are read without a conversion.
    const TYPE: DataType;

    /// Whether every value of a band of this type can be held exactly.
    fn can_hold(band: DataType) -> bool;
}

/// Which samples of a row of a chunk are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Picks<'a> {
    /// All between these columns.
    Run(usize, usize),
    /// Those of these columns of the image, of which the chunk begins at the one given.
    Each(&'a [u32], u32),
}

pub(crate) mod private {
    use super::{Array2, Array3, ArrayView3, BoxFuture, DataType, Picks, Points, Request, Result};

    /// What the library itself needs of a sample type.
    pub trait Sealed: Sized {
        /// Adds the picked samples of one band from a row of samples in the machine's byte order, `samples`
        /// of which belong to each pixel.
        #[expect(private_interfaces, reason = "sealed: only this library calls it")]
        fn append(band: DataType, row: &[u8], picks: Picks<'_>, samples: usize, sample: usize, out: &mut Vec<Self>);

        /// Reads bands. Not a generic function, so that the code is in this library and not in each cell of a
        /// notebook that reads.
        #[expect(private_interfaces, reason = "sealed: only this library calls it")]
        fn read_bands(request: Request) -> BoxFuture<'static, Result<Array3<Self>>>;

        /// Reads a band, as [`read_bands`](Self::read_bands) does.
        #[expect(private_interfaces, reason = "sealed: only this library calls it")]
        fn read_band(request: Request) -> BoxFuture<'static, Result<Array2<Self>>>;

        /// Reads values at places, as [`read_bands`](Self::read_bands) does.
        #[expect(private_interfaces, reason = "sealed: only this library calls it")]
        fn read_points(request: Points) -> BoxFuture<'static, Result<Vec<Option<Vec<Self>>>>>;

        /// The values as little-endian bytes, in the order of the array.
        fn le_bytes(values: ArrayView3<'_, Self>) -> Vec<u8>;

        /// The value as a float, rounded if it has more than 53 bits.
        fn to_f64(self) -> f64;

        /// The nearest value of the type.
        fn of_f64(value: f64) -> Self;
    }
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

macro_rules! sample {
    ($type:ident, $name:ident, exact: [$($exact:ident)*], rounded: [$($rounded:ident)*]) => {
        impl Sample for $type {
            const TYPE: DataType = DataType::$name;

            fn can_hold(band: DataType) -> bool {
                matches!(band, DataType::$name $(| name!($exact))*)
            }
        }

        impl private::Sealed for $type {
            #[expect(private_interfaces, reason = "sealed: only this library calls it")]
            fn append(band: DataType, row: &[u8], picks: Picks<'_>, samples: usize, sample: usize, out: &mut Vec<Self>) {
                match band {
                    DataType::$name => collect(row, picks, samples, sample, $type::from_ne_bytes, out),
                    $(name!($exact) => collect(row, picks, samples, sample, |bytes| $exact::from_ne_bytes(bytes).into(), out),)*
                    $(name!($rounded) => collect(row, picks, samples, sample, |bytes| $rounded::from_ne_bytes(bytes) as Self, out),)*
                    #[allow(unreachable_patterns, reason = "one type reads all others")]
                    _ => unreachable!("the type was compared with `can_hold` before"),
                }
            }

            #[expect(private_interfaces, reason = "sealed: only this library calls it")]
            fn read_bands(request: Request) -> BoxFuture<'static, Result<Array3<Self>>> {
                Box::pin(request.bands())
            }

            #[expect(private_interfaces, reason = "sealed: only this library calls it")]
            fn read_band(request: Request) -> BoxFuture<'static, Result<Array2<Self>>> {
                Box::pin(request.band())
            }

            #[expect(private_interfaces, reason = "sealed: only this library calls it")]
            fn read_points(request: Points) -> BoxFuture<'static, Result<Vec<Option<Vec<Self>>>>> {
                Box::pin(request.values())
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

sample!(u8, UInt8, exact: [], rounded: []);
sample!(i8, Int8, exact: [], rounded: []);
sample!(u16, UInt16, exact: [u8], rounded: []);
sample!(i16, Int16, exact: [u8 i8], rounded: []);
sample!(u32, UInt32, exact: [u8 u16], rounded: []);
sample!(i32, Int32, exact: [u8 i8 u16 i16], rounded: []);
sample!(u64, UInt64, exact: [u8 u16 u32], rounded: []);
sample!(i64, Int64, exact: [u8 i8 u16 i16 u32 i32], rounded: []);
sample!(f32, Float32, exact: [u8 i8 u16 i16], rounded: []);
// Statistics are computed of floats, as numpy does it; reading asks `can_hold`, and so never rounds.
sample!(f64, Float64, exact: [u8 i8 u16 i16 u32 i32 f32], rounded: [u64 i64]);

#[cfg(test)]
mod tests {
    use super::{private::Sealed, *};

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
        assert!(f64::can_hold(DataType::UInt32) && !f64::can_hold(DataType::Int64));
        assert!(i16::can_hold(DataType::UInt8) && !i16::can_hold(DataType::UInt16));
        assert!(f32::can_hold(DataType::Int16) && !f32::can_hold(DataType::Int32));
    }
}
