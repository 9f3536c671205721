//! Zstandard (RFC 8878) inside TIFF, as GDAL and libtiff have it, by the crate `ruzstd`.
//!
//! The crate `tiff` has it by the C library, which every notebook would compile, and in a feature of its own.

use std::io::Read;

use ruzstd::decoding::StreamingDecoder;

/// Unpacks so many bytes, or fewer if there are no more; what a damaged chunk would unpack beyond them is
/// never unpacked.
pub(crate) fn decompress(data: &[u8], length: usize) -> Result<Vec<u8>, String> {
    let damaged = |error: &dyn std::fmt::Display| format!("a tile or strip is damaged: {error}");
    let decoder = StreamingDecoder::new(data).map_err(|error| damaged(&error))?;
    let mut out = Vec::with_capacity(length);
    decoder.take(length as u64).read_to_end(&mut out).map_err(|error| damaged(&error))?;
    Ok(out)
}
