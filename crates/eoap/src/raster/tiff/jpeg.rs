//! JPEG inside TIFF (TIFF Technical Note 2), by the crate `zune-jpeg`.
//!
//! Joins the tables that all chunks of an image share to the chunk, and decodes. Colours stored as YCbCr
//! become red, green and blue, as GDAL gives them; all others stay as they are stored.

use tiff::tags::PhotometricInterpretation;
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use super::level::Level;

/// The marker with which tables and images end.
const END: [u8; 2] = [0xff, 0xd9];

/// Decodes a chunk with this many rows into bytes, row by row, bands side by side.
pub(crate) fn decode(level: &Level, rows: u32, data: &[u8]) -> Result<Vec<u8>, String> {
    // The crate writes some of its reasons in quotes.
    let damaged = |reason: String| format!("a tile or strip is damaged: {}", reason.trim_matches('"'));
    if level.bits != 8 {
        return Err(format!("its JPEGs have values of {} bits, and this library reads those of 8", level.bits));
    }
    let joined = level.jpeg_tables.as_ref().map(|tables| join(tables, data));
    let data = joined.as_deref().unwrap_or(data);
    let samples = level.chunk_samples();
    let (width, height) = (level.block.0 as usize, rows as usize);
    let options = DecoderOptions::default().set_max_width(width).set_max_height(level.block.1 as usize).set_strict_mode(false);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(data), options);
    decoder.decode_headers().map_err(|error| damaged(error.to_string()))?;
    let stored = decoder.input_colorspace().ok_or_else(|| damaged("it has no colours".to_owned()))?;
    let wanted =
        if level.photometric == Some(PhotometricInterpretation::YCbCr) && samples == 3 { ColorSpace::RGB } else { stored };
    decoder.set_options(options.jpeg_set_out_colorspace(wanted));
    let found = decoder.dimensions().unwrap_or_default();
    if found.0 != width || found.1 < height || stored.num_components() != samples {
        return Err(damaged(format!(
            "its JPEG has {} × {} pixels of {} values instead of {width} × {height} of {samples}",
            found.0,
            found.1,
            stored.num_components()
        )));
    }
    let mut bytes = decoder.decode().map_err(|error| damaged(error.to_string()))?;
    let length = width * height * samples;
    if bytes.len() < length {
        return Err(damaged("its JPEG ends too early".to_owned()));
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// The tables without their end, the image without its beginning.
fn join(tables: &[u8], data: &[u8]) -> Vec<u8> {
    let tables = tables.strip_suffix(&END).unwrap_or(tables);
    [tables, data.get(2..).unwrap_or_default()].concat()
}
