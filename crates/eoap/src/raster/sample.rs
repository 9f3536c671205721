//! The Rust types that pixels are read as.

use futures_util::future::BoxFuture;
use ndarray::{Array2, Array3};

use super::{
    points::Points,
    request::Request,
    tiff::{data_type::DataType, value::PixelValue},
};
use crate::error::Result;

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

pub(crate) mod private {
    use super::{Array2, Array3, BoxFuture, PixelValue, Points, Request, Result};

    /// What the library itself needs of a sample type.
    pub trait Sealed: PixelValue {
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
    }
}

macro_rules! samples {
    ($($type:ident)*) => {$(
        impl Sample for $type {
            const TYPE: DataType = <$type as PixelValue>::DATA_TYPE;

            fn can_hold(band: DataType) -> bool {
                <$type as PixelValue>::holds(band)
            }
        }

        impl private::Sealed for $type {
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
        }
    )*};
}

samples!(u8 i8 u16 i16 u32 i32 u64 i64 f32 f64);
