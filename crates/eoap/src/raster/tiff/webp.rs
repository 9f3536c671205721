//! WebP inside TIFF (GDAL's and libtiff's compression 50001). `tiff` decodes it, but allocates as many pixels
//! as the WebP claims to have. So the claim is compared here with the size of the tile or strip.

/// The first bytes of what holds the image: its kind, and what says the size.
const HEAD: usize = 30;

/// Refuses a chunk whose size is not this one.
pub(crate) fn check(data: &[u8], width: u32, rows: u32) -> Result<(), String> {
    let damaged = |reason: String| Err(format!("a tile or strip is damaged: {reason}"));
    match size(data) {
        None => damaged("it is no WebP".to_owned()),
        Some(found) if found != (width, rows) => {
            damaged(format!("its WebP has {} × {} pixels instead of {width} × {rows}", found.0, found.1))
        }
        Some(_) => Ok(()),
    }
}

/// Width and height (WebP container specification; RFC 6386 clause 9.1 for `VP8 `, RFC 9649 for `VP8L`).
fn size(data: &[u8]) -> Option<(u32, u32)> {
    let head: &[u8; HEAD] = data.get(..HEAD)?.try_into().ok()?;
    if &head[..4] != b"RIFF" || &head[8..12] != b"WEBP" {
        return None;
    }
    let number = |at: usize, bytes: usize| (0..bytes).map(|byte| u32::from(head[at + byte]) << (8 * byte)).sum::<u32>();
    match &head[12..16] {
        b"VP8X" => Some((number(24, 3) + 1, number(27, 3) + 1)),
        b"VP8L" => Some(((number(21, 4) & 0x3fff) + 1, (number(21, 4) >> 14 & 0x3fff) + 1)),
        b"VP8 " => Some((number(26, 2) & 0x3fff, number(28, 2) & 0x3fff)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_chunk_or_refused() {
        let mut lossless = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f".to_vec();
        lossless.extend((31_u32 | 15 << 14).to_le_bytes());
        lossless.resize(HEAD, 0);
        assert_eq!(check(&lossless, 32, 16), Ok(()));
        let error = check(&lossless, 32, 32).expect_err("another size");
        assert!(error.contains("32 × 16 pixels instead of 32 × 32"), "{error}");
        let mut extended = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0".to_vec();
        extended.extend([255, 63, 0, 255, 63, 0]);
        assert!(check(&extended, 16, 16).expect_err("a bomb").contains("16384 × 16384"));
        for data in [&b"RIFF"[..], &[0; 40], b""] {
            assert!(check(data, 1, 1).is_err());
        }
    }
}
