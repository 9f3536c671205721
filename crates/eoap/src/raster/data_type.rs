//! The types that pixels can have, with their names in GDAL, rasterio and the STAC raster extension.

use std::fmt;

use serde::{Serialize, Serializer};

/// Type of the values of a band.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DataType {
    /// 8 bits, unsigned; also holds 1, 2 and 4 bits.
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
    /// 32 bits, floating point.
    Float32,
    /// 64 bits, floating point.
    Float64,
}

impl DataType {
    /// The type of samples with this BitsPerSample (TIFF tag 258) and SampleFormat (TIFF tag 339), if it can be read.
    pub(crate) fn of(bits: u16, format: u16) -> Option<Self> {
        Some(match (format, bits) {
            (1 | 4, 1 | 2 | 4 | 8) => Self::UInt8,
            (1 | 4, 16) => Self::UInt16,
            (1 | 4, 32) => Self::UInt32,
            (2, 8) => Self::Int8,
            (2, 16) => Self::Int16,
            (2, 32) => Self::Int32,
            (3, 32) => Self::Float32,
            (3, 64) => Self::Float64,
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
            Self::Float32 => "float32",
            Self::Float64 => "float64",
        }
    }

    /// Size of a value in bytes.
    pub fn size(self) -> usize {
        match self {
            Self::UInt8 | Self::Int8 => 1,
            Self::UInt16 | Self::Int16 => 2,
            Self::UInt32 | Self::Int32 | Self::Float32 => 4,
            Self::Float64 => 8,
        }
    }

    /// Whether values are whole numbers.
    pub fn is_integer(self) -> bool {
        !matches!(self, Self::Float32 | Self::Float64)
    }

    /// The value number `index` in little-endian bytes. Every value of these types is exact as `f64`.
    pub(crate) fn value(self, bytes: &[u8], index: usize) -> Option<f64> {
        let at = index * self.size();
        let bytes = bytes.get(at..at + self.size())?;
        Some(match self {
            Self::UInt8 => bytes[0].into(),
            Self::Int8 => f64::from(bytes[0] as i8),
            Self::UInt16 => u16::from_le_bytes(bytes.try_into().ok()?).into(),
            Self::Int16 => i16::from_le_bytes(bytes.try_into().ok()?).into(),
            Self::UInt32 => u32::from_le_bytes(bytes.try_into().ok()?).into(),
            Self::Int32 => i32::from_le_bytes(bytes.try_into().ok()?).into(),
            Self::Float32 => f32::from_le_bytes(bytes.try_into().ok()?).into(),
            Self::Float64 => f64::from_le_bytes(bytes.try_into().ok()?),
        })
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
