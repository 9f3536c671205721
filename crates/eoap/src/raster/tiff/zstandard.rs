//! Zstandard (RFC 8878) inside TIFF, as GDAL and libtiff have it, by the crate `ruzstd`.
//!
//! The crate `tiff` decodes it with the C library, which every notebook would compile, and only with a
//! feature.

use std::io::Read;

use ruzstd::decoding::StreamingDecoder;

/// Unpacks this many bytes, or fewer if there are no more. A damaged chunk is never unpacked beyond them.
pub(crate) fn decompress(data: &[u8], length: usize) -> Result<Vec<u8>, String> {
    let damaged = |error: &dyn std::fmt::Display| format!("a tile or strip is damaged: {error}");
    let decoder = StreamingDecoder::new(data).map_err(|error| damaged(&error))?;
    let mut out = Vec::with_capacity(length);
    decoder.take(length as u64).read_to_end(&mut out).map_err(|error| damaged(&error))?;
    Ok(out)
}
