//! A TIFF file of one strip, around the bytes of a tile or strip: what the crate `tiff` decodes.
//!
//! `tiff` decodes chunks of whole images, and reads the lists of all their chunks before. Here the lists have
//! one entry: the directory is made up, and the data stays where it is. Decodes nothing itself.

use std::io::{self, Read, Seek, SeekFrom};

use tiff::tags::{ByteOrder, CompressionMethod, PhotometricInterpretation, Predictor, SampleFormat, Tag, Type};

/// Bytes before the data: the header of the file, and a directory of eleven fields.
const HEAD: usize = 8 + 2 + 11 * 12 + 4;

/// What the directory says of the data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Described {
    pub(crate) width: u32,
    pub(crate) rows: u32,
    /// Values that lie side by side in each pixel.
    pub(crate) samples: u16,
    pub(crate) bits: u16,
    pub(crate) format: SampleFormat,
    pub(crate) compression: CompressionMethod,
    pub(crate) predictor: u16,
    pub(crate) byte_order: ByteOrder,
}

impl Described {
    /// The same data as rows of this many bytes.
    pub(crate) fn of_bytes(self, row_bytes: usize) -> Self {
        let predictor = Predictor::None.to_u16();
        Self { width: row_bytes as u32, samples: 1, bits: 8, format: SampleFormat::Uint, predictor, ..self }
    }

    /// Whether the bytes that are unpacked are the values as they are.
    pub(crate) fn is_plain(&self) -> bool {
        let native = if cfg!(target_endian = "big") { ByteOrder::BigEndian } else { ByteOrder::LittleEndian };
        self.predictor == Predictor::None.to_u16() && (self.bits == 8 || self.byte_order == native)
    }
}

/// The file, and the place at which it is being read.
#[derive(Debug)]
pub(crate) struct ChunkFile<'a> {
    head: Vec<u8>,
    data: &'a [u8],
    at: u64,
}

impl<'a> ChunkFile<'a> {
    pub(crate) fn new(described: Described, data: &'a [u8]) -> Self {
        // Numbers that are shorter may be written in 32 bits as well.
        let fields: [(Tag, u32); 11] = [
            (Tag::ImageWidth, described.width),
            (Tag::ImageLength, described.rows),
            (Tag::BitsPerSample, described.bits.into()),
            (Tag::Compression, described.compression.to_u16().into()),
            // Grey, and so never converted, whatever the values mean.
            (Tag::PhotometricInterpretation, PhotometricInterpretation::BlackIsZero.to_u16().into()),
            (Tag::StripOffsets, HEAD as u32),
            (Tag::SamplesPerPixel, described.samples.into()),
            (Tag::RowsPerStrip, described.rows),
            (Tag::StripByteCounts, data.len().try_into().unwrap_or(u32::MAX)),
            (Tag::Predictor, described.predictor.into()),
            (Tag::SampleFormat, described.format.to_u16().into()),
        ];
        let mut head = Vec::with_capacity(HEAD);
        let is_big_endian = described.byte_order == ByteOrder::BigEndian;
        let short = |value: u16| if is_big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        let long = |value: u32| if is_big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        head.extend(if is_big_endian { b"MM" } else { b"II" });
        head.extend(short(42));
        head.extend(long(8));
        head.extend(short(fields.len() as u16));
        for (tag, value) in fields {
            head.extend(short(tag.to_u16()));
            head.extend(short(Type::LONG.to_u16()));
            head.extend([long(1), long(value)].as_flattened());
        }
        // There is no further directory.
        head.extend(long(0));
        Self { head, data, at: 0 }
    }
}

impl Read for ChunkFile<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let at = usize::try_from(self.at).unwrap_or(usize::MAX);
        let mut part = match self.head.get(at..) {
            Some(head) if !head.is_empty() => head,
            _ => self.data.get(at - self.head.len()..).unwrap_or_default(),
        };
        let count = part.read(out)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for ChunkFile<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let moved = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => ((self.head.len() + self.data.len()) as u64).checked_add_signed(by),
        };
        self.at = moved.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
