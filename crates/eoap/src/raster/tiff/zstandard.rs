//! Zstandard (RFC 8878) inside TIFF, as GDAL and libtiff have it: by the crate `ruzstd`, or with the feature
//! `libzstd` by the C library.
//!
//! The C library takes a fifth of the time or less to unpack, and 40 s of a first build, which every
//! notebook would pay. The crate `tiff` has that one only. Nothing else here knows which of them it is.

/// Unpacks this many bytes, or fewer if there are no more. A damaged chunk is never unpacked beyond them.
pub(crate) fn decompress(data: &[u8], length: usize) -> Result<Vec<u8>, String> {
    unpack(data, length).map_err(|error| format!("a tile or strip is damaged: {error}"))
}

#[cfg(not(feature = "libzstd"))]
fn unpack(data: &[u8], length: usize) -> Result<Vec<u8>, String> {
    use std::io::Read;

    use ruzstd::decoding::StreamingDecoder;

    let decoder = StreamingDecoder::new(data).map_err(|error| error.to_string())?;
    let mut out = Vec::with_capacity(length);
    decoder.take(length as u64).read_to_end(&mut out).map_err(|error| error.to_string())?;
    Ok(out)
}

#[cfg(feature = "libzstd")]
fn unpack(data: &[u8], length: usize) -> Result<Vec<u8>, String> {
    use zstd_safe::{DCtx, InBuffer, OutBuffer, get_error_name};

    let mut decoder = DCtx::try_create().ok_or("there is no memory to unpack it")?;
    let mut out = Vec::with_capacity(length);
    let (mut from, mut to) = (InBuffer::around(data), OutBuffer::around(&mut out));
    while to.pos() < length {
        let before = (from.pos(), to.pos());
        let left = decoder.decompress_stream(&mut to, &mut from).map_err(|error| get_error_name(error).to_owned())?;
        if left == 0 {
            break;
        }
        if before == (from.pos(), to.pos()) {
            return Err("it ends too early".to_owned());
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::decompress;

    /// 1,080 bytes by the C library: their number is said, and a checksum follows.
    const SAID: &[u8] = b"\x28\xb5\x2f\xfd\x64\x38\x03\x1d\x01\x00\xd8\x61\x20scene of water and land,\
        \x20\x01\x00\x6b\xe0\xff\x1c\x03\x99\xf7\xd8\x1c";
    /// The same as a stream: without both.
    const STREAM: &[u8] = b"\x28\xb5\x2f\xfd\x00\x60\x1d\x01\x00\xd8\x61\x20scene of water and land,\
        \x20\x01\x00\x6b\xe0\xff\x1c\x03";

    #[test]
    fn what_was_packed_is_unpacked() {
        let text = "a scene of water and land, ".repeat(40).into_bytes();
        for packed in [SAID, STREAM] {
            assert_eq!(decompress(packed, text.len()).unwrap(), text);
            // A tile may have more or fewer bytes than its directory makes one expect.
            assert_eq!(decompress(packed, 100).unwrap(), text[..100]);
            assert_eq!(decompress(packed, 2000).unwrap(), text);
            // What follows the frame is not read.
            assert_eq!(decompress(&[packed, b"and more"].concat(), 2000).unwrap(), text);
        }
    }

    #[test]
    fn damage_is_an_error() {
        for packed in [SAID, STREAM] {
            for length in 0..40 {
                let error = decompress(&packed[..length], 1080).unwrap_err();
                assert!(error.starts_with("a tile or strip is damaged: "), "{length}: {error}");
            }
            let mut other = packed.to_vec();
            other[0] ^= 1;
            assert!(decompress(&other, 1080).is_err());
        }
    }
}
