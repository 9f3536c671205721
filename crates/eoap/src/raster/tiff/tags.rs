//! What the tags of one image say of its layout, checked one by one (TIFF 6.0 sections 3 to 8 and 15).

use tiff::tags::{CompressionMethod, ExtraSamples, SampleFormat, Tag};

use super::{
    data_type::DataType,
    directory::{Directory, Field, Halt, Outcome, Tiff},
    fax::Rows,
};

/// The limit of GDAL.
const MAX_SIZE: u64 = i32::MAX as u64;
/// T4Options: bit 0, rows may be described by the one before.
const GROUP_3_OPTIONS: u16 = 292;

/// The tags of one image.
#[derive(Clone, Copy)]
pub(super) struct Tags<'t, 'b> {
    pub(super) tiff: &'t Tiff<'b>,
    pub(super) directory: &'t Directory,
}

/// The type of the values as the file has it, and as they are read.
pub(super) struct ValueType {
    pub(super) bits: u16,
    pub(super) format: SampleFormat,
    pub(super) data_type: DataType,
}

/// Where the places and the lengths of chunks are listed. Without lengths, chunks are not compressed.
pub(super) struct Lists {
    pub(super) offsets: Field,
    pub(super) lengths: Option<Field>,
}

impl Tags<'_, '_> {
    pub(super) fn first(self, tag: Tag) -> Outcome<Option<u64>> {
        self.tiff.first(self.directory, tag)
    }

    /// A number of 16 bits; a larger one is the largest.
    pub(super) fn short(self, tag: Tag, default: u16) -> Outcome<u16> {
        Ok(self.first(tag)?.map_or(default, |value| value.try_into().unwrap_or(u16::MAX)))
    }

    /// The size of an image or a tile in one direction.
    pub(super) fn size(self, tag: Tag) -> Outcome<u32> {
        match self.first(tag)? {
            Some(size) if (1..=MAX_SIZE).contains(&size) => Ok(size as u32),
            Some(size) => broken(format!("{size} is no size of an image or tile")),
            None => broken("its directory does not say how large it is".to_owned()),
        }
    }

    pub(super) fn value_type(self) -> Outcome<ValueType> {
        let bits = uniform(self.tiff.numbers(self.directory, Tag::BitsPerSample)?, 1, "bits")?;
        let formats = self.tiff.numbers(self.directory, Tag::SampleFormat)?;
        let format = uniform(formats, SampleFormat::Uint.to_u16(), "sample formats")?;
        match DataType::of(bits, SampleFormat::from_u16_exhaustive(format)) {
            Some(data_type) => Ok(ValueType { bits, format: SampleFormat::from_u16_exhaustive(format), data_type }),
            None => {
                let kind = if matches!(format, 5 | 6) { "complex numbers: " } else { "" };
                broken(format!(
                    "its values have {bits} bits and sample format {format} ({kind}this library reads whole numbers of 1 to 64 bits and floats of 16, 32 and 64)"
                ))
            }
        }
    }

    pub(super) fn is_tiled(self) -> bool {
        self.directory.get(Tag::TileWidth).is_some() && self.directory.get(Tag::TileLength).is_some()
    }

    /// Size of a tile, or the width of the image and the rows of a strip.
    pub(super) fn block(self, (width, height): (u32, u32)) -> Outcome<(u32, u32)> {
        if self.is_tiled() {
            return Ok((self.size(Tag::TileWidth)?, self.size(Tag::TileLength)?));
        }
        match self.first(Tag::RowsPerStrip)?.unwrap_or(height.into()).min(height.into()) as u32 {
            0 => broken("its strips have no rows".to_owned()),
            rows => Ok((width, rows)),
        }
    }

    pub(super) fn lists(self, compression: CompressionMethod) -> Outcome<Lists> {
        // Some programs list tiles as if they were strips.
        let (offsets, lengths) = match self.is_tiled() && self.directory.get(Tag::TileOffsets).is_some() {
            true => (Tag::TileOffsets, Tag::TileByteCounts),
            false => (Tag::StripOffsets, Tag::StripByteCounts),
        };
        let Some(offsets) = self.directory.get(offsets).cloned() else {
            return broken("its directory does not say where its tiles or strips are".to_owned());
        };
        match self.directory.get(lengths).cloned() {
            None if compression != CompressionMethod::None => {
                broken("its directory does not say how long its tiles or strips are".to_owned())
            }
            lengths => Ok(Lists { offsets, lengths }),
        }
    }

    /// Whether the last band says how opaque a pixel is.
    pub(super) fn has_alpha(self) -> Outcome<bool> {
        let extra = self.tiff.numbers(self.directory, Tag::ExtraSamples)?.last().and_then(|extra| u16::try_from(*extra).ok());
        // CorelDRAW writes 999 for an opacity that is not in the colours.
        let extra = extra.and_then(|extra| ExtraSamples::from_u16(if extra == 999 { 2 } else { extra }));
        Ok(extra.is_some_and(|extra| extra != ExtraSamples::Unspecified))
    }

    /// How the rows of fax data that `tiff` does not decode follow one another.
    pub(super) fn fax_rows(self, compression: CompressionMethod) -> Outcome<Option<Rows>> {
        Ok(match compression {
            CompressionMethod::Huffman => Some(Rows::AtBytes),
            CompressionMethod::Fax3 => {
                let options = self.first(Tag::from_u16_exhaustive(GROUP_3_OPTIONS))?.unwrap_or(0);
                Some(Rows::AtMarks(options & 1 == 1))
            }
            _ => None,
        })
    }
}

/// The one value that a list repeats for each band.
fn uniform(values: Vec<u64>, default: u16, what: &str) -> Outcome<u16> {
    match values[..] {
        [] => Ok(default),
        [first, ref others @ ..] if others.iter().all(|other| *other == first) => Ok(first.try_into().unwrap_or(u16::MAX)),
        _ => broken(format!("its bands have different {what}, which this library does not read")),
    }
}

pub(super) fn broken<T>(reason: String) -> Outcome<T> {
    Err(Halt::Broken(reason))
}
