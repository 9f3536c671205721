//! Compressions of TIFF (tag 259; TIFF 6.0 sections 9 and 13; Deflate and Zstandard as GDAL and libtiff have them) by the crates that do the work:
//! `flate2`, `weezl`, `ruzstd`. JPEG has a file of its own.
//!
//! Fills a buffer whose size is known beforehand, and stops there: what a damaged chunk would unpack beyond it is never unpacked.

use std::{fmt::Display, io::Read};

use flate2::read::ZlibDecoder;
use ruzstd::decoding::StreamingDecoder;
use weezl::{BitOrder, LzwStatus, decode::Decoder as LzwDecoder};

pub(crate) const NONE: u16 = 1;
pub(crate) const LZW: u16 = 5;
pub(crate) const JPEG: u16 = 7;
pub(crate) const DEFLATE: u16 = 8;
pub(crate) const PACKBITS: u16 = 32773;
pub(crate) const OLD_DEFLATE: u16 = 32946;
pub(crate) const ZSTD: u16 = 50000;

/// The name that rasterio has for a compression (TIFF tag 259); nothing for uncompressed data.
pub(crate) fn name(compression: u16) -> Option<String> {
    let name = match compression {
        NONE => return None,
        2 => "ccittrle",
        3 => "ccittfax3",
        4 => "ccittfax4",
        LZW => "lzw",
        JPEG => "jpeg",
        DEFLATE | OLD_DEFLATE => "deflate",
        PACKBITS => "packbits",
        34887 => "lerc",
        34925 => "lzma",
        ZSTD => "zstd",
        50001 => "webp",
        other => return Some(format!("compression {other}")),
    };
    Some(name.to_owned())
}

/// Fills `out` with the data of a chunk. Fails if there is less.
pub(crate) fn decompress(compression: u16, data: &[u8], out: &mut [u8]) -> Result<(), String> {
    let filled = match compression {
        NONE => copy(data, out),
        LZW => lzw(data, out)?,
        DEFLATE | OLD_DEFLATE => read(ZlibDecoder::new(data), out)?,
        PACKBITS => packbits(data, out),
        ZSTD => read(StreamingDecoder::new(data).map_err(damaged)?, out)?,
        other => {
            let name = name(other).unwrap_or_default();
            return Err(format!(
                "it is compressed as {name}; this library reads LZW, Deflate, Zstandard, PackBits, JPEG and uncompressed data"
            ));
        }
    };
    if filled < out.len() {
        return Err(format!("a tile or strip is damaged: it holds {filled} bytes instead of {}", out.len()));
    }
    Ok(())
}

fn damaged(error: impl Display) -> String {
    format!("a tile or strip is damaged: {error}")
}

fn copy(data: &[u8], out: &mut [u8]) -> usize {
    let count = data.len().min(out.len());
    out[..count].copy_from_slice(&data[..count]);
    count
}

fn read(mut decoder: impl Read, out: &mut [u8]) -> Result<usize, String> {
    let mut filled = 0;
    while filled < out.len() {
        match decoder.read(&mut out[filled..]).map_err(damaged)? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

fn lzw(mut data: &[u8], mut out: &mut [u8]) -> Result<usize, String> {
    let mut decoder = LzwDecoder::with_tiff_size_switch(BitOrder::Msb, 8);
    let mut filled = 0;
    while !out.is_empty() {
        let result = decoder.decode_bytes(data, out);
        data = &data[result.consumed_in..];
        out = &mut out[result.consumed_out..];
        filled += result.consumed_out;
        match result.status {
            Ok(LzwStatus::Ok) if result.consumed_in + result.consumed_out > 0 => {}
            Ok(_) => break,
            Err(error) => return Err(damaged(error)),
        }
    }
    Ok(filled)
}

fn packbits(mut data: &[u8], out: &mut [u8]) -> usize {
    let mut filled = 0;
    while let [head, rest @ ..] = data {
        let left = out.len() - filled;
        match *head as i8 {
            -128 => data = rest,
            count if count >= 0 => {
                let count = (count as usize + 1).min(rest.len());
                let used = count.min(left);
                out[filled..filled + used].copy_from_slice(&rest[..used]);
                filled += used;
                data = &rest[count..];
            }
            count => {
                let Some((value, rest)) = rest.split_first() else { break };
                let used = (1 - isize::from(count)).unsigned_abs().min(left);
                out[filled..filled + used].fill(*value);
                filled += used;
                data = rest;
            }
        }
        if filled == out.len() {
            break;
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packbits_of_the_specification() {
        // TIFF 6.0 section 9, with the example of Apple's technical note 1023.
        let packed = [0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa];
        let mut out = [0; 24];
        assert_eq!(packbits(&packed, &mut out), 24);
        assert_eq!(out[..10], [0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa]);
        assert_eq!(packbits(&[0xfe], &mut out), 0);
        assert_eq!(packbits(&[0x05, 1, 2], &mut out), 2);
    }

    #[test]
    fn damaged_data_is_an_error() {
        for compression in [NONE, LZW, DEFLATE, PACKBITS, ZSTD, 34925] {
            for data in [&b"neither this nor that"[..], b"", &[0xff; 8]] {
                assert!(decompress(compression, data, &mut [0; 4096]).is_err(), "{compression}");
            }
        }
    }
}
