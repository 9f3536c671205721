//! The types that pixels can have, with their names in GDAL, rasterio and the STAC raster extension.

use std::fmt;

use serde::{Serialize, Serializer};
use tiff::tags::SampleFormat;

/// Type of the values of a band.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DataType {
    /// 8 bits, unsigned; also holds fewer bits, as do the other unsigned types.
    UInt8,
    /// 8 bits, signed.
    Int8,
    /// 16 bits, unsigned.
    UInt16,
    /// 16 bits, signed.
    Int16,
    /// 32 bits, unsigned.
    UInt32,
    /// 32 bits, signed.
    Int32,
    /// 64 bits, unsigned.
    UInt64,
    /// 64 bits, signed.
    Int64,
    /// 32 bits, floating point; also holds 16 bits.
    Float32,
    /// 64 bits, floating point.
    Float64,
}

impl DataType {
    /// The type of samples with this BitsPerSample (TIFF tag 258) and SampleFormat (TIFF tag 339), if it can
    /// be read.
    pub(crate) fn of(bits: u16, format: SampleFormat) -> Option<Self> {
        Some(match (format, bits) {
            (SampleFormat::Uint | SampleFormat::Void, 1..=8) => Self::UInt8,
            (SampleFormat::Uint | SampleFormat::Void, 9..=16) => Self::UInt16,
            (SampleFormat::Uint | SampleFormat::Void, 17..=32) => Self::UInt32,
            (SampleFormat::Uint | SampleFormat::Void, 64) => Self::UInt64,
            (SampleFormat::Int, 8) => Self::Int8,
            (SampleFormat::Int, 16) => Self::Int16,
            (SampleFormat::Int, 32) => Self::Int32,
            (SampleFormat::Int, 64) => Self::Int64,
            (SampleFormat::IEEEFP, 16 | 32) => Self::Float32,
            (SampleFormat::IEEEFP, 64) => Self::Float64,
            _ => return None,
        })
    }

    /// Name in rasterio and STAC, such as `uint8`.
    pub fn name(self) -> &'static str {
        match self {
            Self::UInt8 => "uint8",
            Self::Int8 => "int8",
            Self::UInt16 => "uint16",
            Self::Int16 => "int16",
            Self::UInt32 => "uint32",
            Self::Int32 => "int32",
            Self::UInt64 => "uint64",
            Self::Int64 => "int64",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
        }
    }

    /// Name of the Rust type that holds the values, such as `u8`.
    pub(crate) fn rust_name(self) -> &'static str {
        match self {
            Self::UInt8 => "u8",
            Self::Int8 => "i8",
            Self::UInt16 => "u16",
            Self::Int16 => "i16",
            Self::UInt32 => "u32",
            Self::Int32 => "i32",
            Self::UInt64 => "u64",
            Self::Int64 => "i64",
            Self::Float32 => "f32",
            Self::Float64 => "f64",
        }
    }

    /// Size of a value in bytes.
    pub fn size(self) -> usize {
        match self {
            Self::UInt8 | Self::Int8 => 1,
            Self::UInt16 | Self::Int16 => 2,
            Self::UInt32 | Self::Int32 | Self::Float32 => 4,
            Self::UInt64 | Self::Int64 | Self::Float64 => 8,
        }
    }

    /// Whether values are whole numbers.
    pub(crate) fn is_integer(self) -> bool {
        !matches!(self, Self::Float32 | Self::Float64)
    }

    /// Whether a value lies between the smallest and the largest of the type. Not-a-number and the infinities
    /// are floats.
    pub(crate) fn holds(self, value: f64) -> bool {
        let (low, high) = match self {
            Self::UInt8 => (0.0, f64::from(u8::MAX)),
            Self::Int8 => (f64::from(i8::MIN), f64::from(i8::MAX)),
            Self::UInt16 => (0.0, f64::from(u16::MAX)),
            Self::Int16 => (f64::from(i16::MIN), f64::from(i16::MAX)),
            Self::UInt32 => (0.0, f64::from(u32::MAX)),
            Self::Int32 => (f64::from(i32::MIN), f64::from(i32::MAX)),
            Self::UInt64 => (0.0, u64::MAX as f64),
            Self::Int64 => (i64::MIN as f64, i64::MAX as f64),
            Self::Float32 if value.is_finite() => (f64::from(f32::MIN), f64::from(f32::MAX)),
            Self::Float32 | Self::Float64 => return true,
        };
        (low..=high).contains(&value)
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for DataType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
