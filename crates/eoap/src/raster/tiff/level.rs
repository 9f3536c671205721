//! One image of a TIFF file: the full one, an overview or a mask (TIFF 6.0 sections 3 to 8 and 15).
//!
//! [`Level`] says how the image is divided into chunks (tiles or strips) and how they are encoded. No pixel
//! is decoded here.

use std::ops::Range;

use bytes::Bytes;
use tiff::tags::{ByteOrder, CompressionMethod, PhotometricInterpretation, PlanarConfiguration, SampleFormat, Tag};

use super::{
    colours::{Colours, Stored},
    data_type::DataType,
    directory::{Directory, Field, Layout, Outcome, Tiff},
    fax::Rows,
    tags::{Lists, Tags, ValueType, broken},
};

/// NewSubfileType: bit 0, a reduced version of another image; bit 2, a mask.
const REDUCED: u64 = 1;
const MASK: u64 = 4;
/// The largest size of a decoded chunk: a damaged file could ask for any size.
const MAX_CHUNK_BYTES: u64 = 256 << 20;

/// Which file an image lies in: the raster's own, or one beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LevelFile {
    Raster,
    Overviews,
    Mask,
}

/// One image of a file.
#[derive(Clone, Debug)]
pub(crate) struct Level {
    pub(crate) file: LevelFile,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Size of a tile, or the width of the image and the rows of a strip.
    pub(crate) block: (u32, u32),
    pub(crate) is_tiled: bool,
    pub(crate) samples: u16,
    pub(crate) bits: u16,
    pub(crate) format: SampleFormat,
    pub(crate) data_type: DataType,
    /// Bands lie in chunks of their own (PlanarConfiguration 2), not side by side in each pixel.
    pub(crate) is_planar: bool,
    pub(crate) compression: CompressionMethod,
    /// As it is stored; its meaning matters when pixels are decoded.
    pub(crate) predictor: u16,
    /// Nothing if it is not known, which does no harm.
    pub(crate) photometric: Option<PhotometricInterpretation>,
    /// What becomes of its values when they are decoded.
    pub(crate) colours: Colours,
    /// How the rows of fax data that `tiff` does not decode follow one another.
    pub(crate) fax_rows: Option<Rows>,
    /// Whether the last band says how opaque a pixel is (ExtraSamples 1 or 2).
    pub(crate) has_alpha: bool,
    pub(crate) byte_order: ByteOrder,
    /// The bits of each byte are in reverse order (FillOrder 2).
    pub(crate) is_bit_reversed: bool,
    /// Tables that all JPEGs of the image share.
    pub(crate) jpeg_tables: Option<Bytes>,
    pub(crate) is_reduced: bool,
    pub(crate) is_mask: bool,
    pub(crate) chunks: ChunkList,
}

/// Where the file lists the places and lengths of the chunks. The lists themselves are read when pixels are.
#[derive(Clone, Debug)]
pub(crate) struct ChunkList {
    offsets: Field,
    /// Missing in some files whose chunks are not compressed; the length is known then.
    lengths: Result<Field, u64>,
    layout: Layout,
}

impl Level {
    pub(crate) fn read(tiff: &Tiff<'_>, directory: &Directory) -> Outcome<Self> {
        let tags = Tags { tiff, directory };
        let (width, height) = (tags.size(Tag::ImageWidth)?, tags.size(Tag::ImageLength)?);
        let samples = tags.short(Tag::SamplesPerPixel, 1)?;
        if samples == 0 {
            return broken("it has no bands".to_owned());
        }
        let ValueType { bits, format, data_type } = tags.value_type()?;
        let block = tags.block((width, height))?;
        let compression = CompressionMethod::from_u16_exhaustive(tags.short(Tag::Compression, 1)?);
        let planes = PlanarConfiguration::from_u16(tags.short(Tag::PlanarConfiguration, 1)?);
        let is_planar = planes == Some(PlanarConfiguration::Planar) && samples > 1;
        let chunk_samples = if is_planar { 1 } else { u64::from(samples) };
        let packed = (u64::from(block.0) * chunk_samples * u64::from(bits)).div_ceil(8).saturating_mul(block.1.into());
        let Lists { offsets, lengths } = tags.lists(compression)?;
        let kind = tags.first(Tag::NewSubfileType)?.unwrap_or(0);
        let photometric = PhotometricInterpretation::from_u16(tags.short(Tag::PhotometricInterpretation, 1)?);
        let colours = Colours::read(tiff, directory, Stored { photometric, compression, samples, bits, is_planar })?;
        let level = Self {
            file: LevelFile::Raster,
            width,
            height,
            block,
            is_tiled: tags.is_tiled(),
            samples,
            bits,
            format,
            data_type,
            is_planar,
            compression,
            predictor: tags.short(Tag::Predictor, 1)?,
            photometric,
            colours,
            fax_rows: tags.fax_rows(compression)?,
            has_alpha: colours == Colours::Inks || tags.has_alpha()?,
            byte_order: tiff.layout().byte_order,
            is_bit_reversed: tags.short(Tag::FillOrder, 1)? == 2,
            jpeg_tables: tiff.bytes(directory, Tag::JPEGTables)?,
            is_reduced: kind & REDUCED != 0,
            is_mask: kind & MASK != 0,
            chunks: ChunkList { offsets, lengths: lengths.ok_or(packed), layout: tiff.layout() },
        };
        level.check()?;
        Ok(level)
    }

    fn check(&self) -> Outcome<()> {
        let (across, down) = self.chunk_grid();
        let planes = if self.is_planar { u64::from(self.samples) } else { 1 };
        let count = u64::from(across) * u64::from(down) * planes;
        let listed = self.chunks.lengths.as_ref().map_or(count, |lengths| lengths.count).min(self.chunks.offsets.count);
        if listed < count {
            return broken(format!("its directory lists {listed} tiles or strips, and the image has {count}"));
        }
        let samples = self.chunk_samples() as u64;
        let chunk =
            u64::from(self.block.0).saturating_mul(self.block.1.into()).saturating_mul(samples * self.data_type.size() as u64);
        if chunk > MAX_CHUNK_BYTES {
            return broken(format!(
                "its tiles or strips have {chunk} bytes each, and this library reads at most {MAX_CHUNK_BYTES}"
            ));
        }
        Ok(())
    }

    /// Number of chunks in a row and in a column.
    pub(crate) fn chunk_grid(&self) -> (u32, u32) {
        (self.width.div_ceil(self.block.0), self.height.div_ceil(self.block.1))
    }

    /// Samples that lie side by side in a chunk.
    pub(crate) fn chunk_samples(&self) -> usize {
        if self.is_planar { 1 } else { self.samples.into() }
    }

    /// Index of the chunk in this column and row of chunks that holds `band`.
    pub(crate) fn chunk_index(&self, column: u32, row: u32, band: usize) -> u64 {
        let (across, down) = self.chunk_grid();
        let plane = if self.is_planar { band as u64 } else { 0 };
        (plane * u64::from(down) + u64::from(row)) * u64::from(across) + u64::from(column)
    }

    /// Rows that the chunks of this row of chunks hold: all of them but in the last strip.
    pub(crate) fn chunk_rows(&self, row: u32) -> u32 {
        if self.is_tiled { self.block.1 } else { self.block.1.min(self.height - row * self.block.1) }
    }

    /// The band that says how opaque a pixel is.
    pub(crate) fn alpha(&self) -> Option<usize> {
        self.has_alpha.then(|| usize::from(self.samples) - 1)
    }
}

impl ChunkList {
    /// Where the file lists places and lengths of these chunks.
    pub(crate) fn ranges(&self, chunks: Range<u64>) -> Vec<Range<u64>> {
        let lengths = self.lengths.as_ref().ok();
        [Some(&self.offsets), lengths].into_iter().flatten().filter_map(|field| field.range(chunks.clone())).collect()
    }

    /// Places of these chunks, from a list whose bytes are here; empty for a chunk that the file leaves out.
    pub(crate) fn places(&self, tiff: &Tiff<'_>, chunks: Range<u64>) -> Outcome<Vec<Range<u64>>> {
        let numbers = |field: &Field| match tiff.numbers_in(field, chunks.clone())? {
            Some(numbers) => Ok(numbers),
            None => broken("the list of its tiles or strips holds no whole numbers".to_owned()),
        };
        let offsets = numbers(&self.offsets)?;
        let lengths = match &self.lengths {
            Ok(field) => numbers(field)?,
            Err(length) => vec![*length; offsets.len()],
        };
        // GDAL leaves a chunk out by giving it no place, or no length.
        let place = |(offset, length): (u64, u64)| if offset == 0 { 0..0 } else { offset..offset.saturating_add(length) };
        Ok(offsets.into_iter().zip(lengths).map(place).collect())
    }

    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }
}
