//! The directories of a TIFF file: what its images are and where their parts lie (TIFF 6.0 part 1; BigTIFF as well).
//!
//! [`Header::parse`] reads tags with the crate `tiff` from whatever bytes are there. A [`Level`] is one image: the full one,
//! an overview, or a mask. No pixel is decoded here.

use std::io::{Read, Seek};

use tiff::{
    TiffError, TiffResult,
    decoder::{Decoder, ifd::Value},
    tags::{ByteOrder, Tag},
};

use super::{
    data_type::DataType,
    gdal_metadata::{BandScaling, scalings},
    geokeys::GeoTags,
};

const GDAL_METADATA: u16 = 42112;
/// NewSubfileType: bit 0, a reduced version of another image; bit 2, a mask.
const REDUCED: u32 = 1;
const MASK: u32 = 4;
/// A chunk is decoded as a whole, so its size is what a damaged file could ask for.
const MAX_CHUNK_BYTES: u64 = 256 << 20;

/// Everything but the pixels.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) full: Level,
    pub(crate) overviews: Vec<Level>,
    /// Masks of the full image and of overviews: a pixel is valid where its mask is not 0.
    pub(crate) masks: Vec<Level>,
    pub(crate) geo: GeoTags,
    pub(crate) nodata: Option<f64>,
    pub(crate) scalings: Vec<BandScaling>,
    /// Colours of a palette image: red, green, blue of each value.
    pub(crate) palette: Option<Vec<[u8; 3]>>,
}

/// One image of the file.
#[derive(Debug)]
pub(crate) struct Level {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Size of a tile, or the width of the image and the rows of a strip.
    pub(crate) block: (u32, u32),
    pub(crate) is_tiled: bool,
    pub(crate) samples: u16,
    pub(crate) bits: u16,
    pub(crate) data_type: DataType,
    /// Bands lie in chunks of their own (PlanarConfiguration 2), not side by side in each pixel.
    pub(crate) is_planar: bool,
    pub(crate) compression: u16,
    pub(crate) predictor: u16,
    pub(crate) photometric: u16,
    /// Whether the last band says how opaque a pixel is (ExtraSamples 1 or 2).
    pub(crate) has_alpha: bool,
    pub(crate) is_big_endian: bool,
    /// Place and length of each chunk; length 0 for one that is left out.
    pub(crate) chunks: Vec<(u64, u64)>,
}

impl Level {
    /// Number of chunks in a row and in a column.
    pub(crate) fn chunk_grid(&self) -> (u32, u32) {
        (self.width.div_ceil(self.block.0), self.height.div_ceil(self.block.1))
    }

    /// Samples that lie side by side in a chunk.
    pub(crate) fn chunk_samples(&self) -> usize {
        if self.is_planar { 1 } else { self.samples.into() }
    }

    /// Index of the chunk in this column and row of chunks that holds `band`.
    pub(crate) fn chunk_index(&self, column: u32, row: u32, band: usize) -> usize {
        let (across, down) = self.chunk_grid();
        let plane = if self.is_planar { band } else { 0 };
        (plane * down as usize + row as usize) * across as usize + column as usize
    }

    /// Rows that the chunks of this row of chunks hold: all of them but in the last strip.
    pub(crate) fn chunk_rows(&self, row: u32) -> u32 {
        if self.is_tiled { self.block.1 } else { self.block.1.min(self.height - row * self.block.1) }
    }
}

impl Header {
    /// Reads all directories. Fails with the reason, or because bytes are missing, which the reader has noted then.
    pub(crate) fn parse(reader: impl Read + Seek) -> Result<Self, String> {
        let mut decoder = Decoder::new(reader).map_err(|error| describe(&error))?;
        let full = level(&mut decoder)?;
        let mut header = Self {
            geo: geo(&mut decoder),
            nodata: text(&mut decoder, Tag::GdalNodata).and_then(|text| text.trim().parse().ok()),
            scalings: scalings(&text(&mut decoder, tag(GDAL_METADATA)).unwrap_or_default(), full.samples.into()),
            palette: palette(&mut decoder, &full),
            full,
            overviews: Vec::new(),
            masks: Vec::new(),
        };
        while decoder.more_images() && decoder.next_image().is_ok() {
            let kind: u32 = unsigned(&mut decoder, Tag::NewSubfileType)?.unwrap_or(0);
            // A further image that cannot be read is no reason not to read the first.
            let Ok(level) = level(&mut decoder) else { continue };
            match kind {
                _ if kind & MASK != 0 => header.masks.push(level),
                _ if kind & REDUCED != 0 => header.overviews.push(level),
                _ => {}
            }
        }
        Ok(header)
    }
}

fn level<R: Read + Seek>(decoder: &mut Decoder<R>) -> Result<Level, String> {
    let (width, height) = decoder.dimensions().map_err(|error| describe(&error))?;
    let samples = unsigned(decoder, Tag::SamplesPerPixel)?.unwrap_or(1u16);
    let bits = list(decoder, Tag::BitsPerSample)?.first().map_or(1, |bits| *bits as u16);
    let format = list(decoder, Tag::SampleFormat)?.first().map_or(1, |format| *format as u16);
    let data_type = DataType::of(bits, format)
        .ok_or_else(|| format!("its values have {bits} bits and sample format {format}, which this library does not read"))?;
    let tile_width = unsigned(decoder, Tag::TileWidth)?;
    let tile_height = unsigned(decoder, Tag::TileLength)?;
    let (block, is_tiled) = match (tile_width, tile_height) {
        (Some(width), Some(height)) => ((width, height), true),
        _ => ((width, unsigned(decoder, Tag::RowsPerStrip)?.unwrap_or(height).min(height)), false),
    };
    if block.0 == 0 || block.1 == 0 {
        return Err("its tiles or strips have no size".to_owned());
    }
    let (offsets, counts) = match is_tiled {
        true => (Tag::TileOffsets, Tag::TileByteCounts),
        false => (Tag::StripOffsets, Tag::StripByteCounts),
    };
    let (offsets, counts) = (list(decoder, offsets)?, list(decoder, counts)?);
    let extra = list(decoder, Tag::ExtraSamples)?;
    let level = Level {
        width,
        height,
        block,
        is_tiled,
        samples,
        bits,
        data_type,
        is_planar: unsigned(decoder, Tag::PlanarConfiguration)? == Some(2u16),
        compression: unsigned(decoder, Tag::Compression)?.unwrap_or(1),
        predictor: unsigned(decoder, Tag::Predictor)?.unwrap_or(1),
        photometric: unsigned(decoder, Tag::PhotometricInterpretation)?.unwrap_or(1),
        has_alpha: matches!(extra.last(), Some(1 | 2)),
        is_big_endian: decoder.byte_order() == ByteOrder::BigEndian,
        chunks: offsets.into_iter().zip(counts).collect(),
    };
    let (across, down) = level.chunk_grid();
    let planes = if level.is_planar { u64::from(samples) } else { 1 };
    if level.chunks.len() as u64 != u64::from(across) * u64::from(down) * planes {
        return Err("its directory does not list as many tiles or strips as the image has".to_owned());
    }
    let chunk = u64::from(block.0) * u64::from(block.1) * (level.chunk_samples() * data_type.size()) as u64;
    if chunk > MAX_CHUNK_BYTES {
        return Err(format!("its tiles or strips have {chunk} bytes each, and this library reads at most {MAX_CHUNK_BYTES}"));
    }
    Ok(level)
}

fn geo<R: Read + Seek>(decoder: &mut Decoder<R>) -> GeoTags {
    let mut doubles =
        |tag: Tag| decoder.find_tag(tag).ok().flatten().and_then(|value| value.into_f64_vec().ok()).unwrap_or_default();
    let (scale, tiepoints, matrix) =
        (doubles(Tag::ModelPixelScaleTag), doubles(Tag::ModelTiepointTag), doubles(Tag::ModelTransformationTag));
    GeoTags {
        scale,
        tiepoints,
        matrix,
        keys: decoder.find_tag_unsigned_vec(Tag::GeoKeyDirectoryTag).ok().flatten().unwrap_or_default(),
        ascii: text(decoder, Tag::GeoAsciiParamsTag).unwrap_or_default(),
    }
}

/// ColorMap (tag 320): all reds, all greens, all blues, 16 bits each.
fn palette<R: Read + Seek>(decoder: &mut Decoder<R>, level: &Level) -> Option<Vec<[u8; 3]>> {
    if level.photometric != 3 {
        return None;
    }
    let values: Vec<u16> = decoder.find_tag_unsigned_vec(Tag::ColorMap).ok().flatten()?;
    let count = values.len() / 3;
    let high = |index: usize| (values[index] >> 8) as u8;
    Some((0..count).map(|index| [high(index), high(count + index), high(2 * count + index)]).collect())
}

fn tag(number: u16) -> Tag {
    Tag::from_u16_exhaustive(number)
}

fn unsigned<R: Read + Seek, T: TryFrom<u64>>(decoder: &mut Decoder<R>, tag: Tag) -> Result<Option<T>, String> {
    told(decoder.find_tag_unsigned(tag))
}

fn list<R: Read + Seek>(decoder: &mut Decoder<R>, tag: Tag) -> Result<Vec<u64>, String> {
    told(decoder.find_tag_unsigned_vec(tag)).map(Option::unwrap_or_default)
}

fn text<R: Read + Seek>(decoder: &mut Decoder<R>, tag: Tag) -> Option<String> {
    decoder.find_tag(tag).ok().flatten().map(Value::into_string)?.ok()
}

fn told<T>(result: TiffResult<T>) -> Result<T, String> {
    result.map_err(|error| describe(&error))
}

fn describe(error: &TiffError) -> String {
    match error {
        TiffError::FormatError(tiff::TiffFormatError::TiffSignatureNotFound | tiff::TiffFormatError::TiffSignatureInvalid) => {
            "it is not a TIFF file".to_owned()
        }
        TiffError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => "the file ends too early".to_owned(),
        error => error.to_string(),
    }
}
