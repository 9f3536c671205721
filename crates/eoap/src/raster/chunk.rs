//! Decodes one tile or strip: decompression, byte order, predictor (TIFF 6.0 sections 9, 13 and 14; Adobe TIFF Technical Notes 1
//! and 3; GDAL's Deflate).
//!
//! Bytes in, little-endian samples out; knows neither files nor where the chunk lies. Samples stay as they are stored, as in
//! GDAL: no colour is converted or inverted.

use std::io::Read;

use flate2::read::ZlibDecoder;
use weezl::{BitOrder, LzwStatus, decode::Decoder as LzwDecoder};

use super::header::Level;

/// The name that rasterio has for a compression (TIFF tag 259); nothing for uncompressed data.
pub(crate) fn compression_name(compression: u16) -> Option<String> {
    let name = match compression {
        1 => return None,
        2 => "ccittrle",
        3 => "ccittfax3",
        4 => "ccittfax4",
        5 => "lzw",
        7 => "jpeg",
        8 | 32946 => "deflate",
        32773 => "packbits",
        34887 => "lerc",
        34925 => "lzma",
        50000 => "zstd",
        50001 => "webp",
        other => return Some(format!("compression {other}")),
    };
    Some(name.to_owned())
}

/// Decodes a chunk with this many rows into little-endian samples of whole bytes, row by row, bands side by side.
pub(crate) fn decode(level: &Level, rows: u32, data: &[u8]) -> Result<Vec<u8>, String> {
    let per_row = level.block.0 as usize * level.chunk_samples();
    let row_bytes = (per_row * usize::from(level.bits)).div_ceil(8);
    let mut bytes = vec![0; row_bytes * rows as usize];
    let filled = match level.compression {
        1 => copy(data, &mut bytes),
        5 => lzw(data, &mut bytes)?,
        8 | 32946 => deflate(data, &mut bytes)?,
        32773 => packbits(data, &mut bytes),
        other => {
            let name = compression_name(other).unwrap_or_default();
            return Err(format!("it is compressed as {name}; this library reads LZW, Deflate, PackBits and uncompressed data"));
        }
    };
    if filled < bytes.len() {
        return Err(format!("a tile or strip is damaged: it holds {filled} bytes instead of {}", bytes.len()));
    }
    if level.bits < 8 {
        bytes = unpack(&bytes, row_bytes, per_row, level.bits.into());
    }
    let size = level.data_type.size();
    if level.is_big_endian && level.predictor != 3 && size > 1 {
        bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
    let stride = level.chunk_samples();
    match level.predictor {
        1 => {}
        2 => bytes.chunks_exact_mut(per_row * size).for_each(|row| undo_differences(row, stride, size)),
        3 => bytes.chunks_exact_mut(per_row * size).for_each(|row| undo_float_differences(row, stride, size)),
        other => return Err(format!("its predictor {other} is not known")),
    }
    Ok(bytes)
}

fn copy(data: &[u8], out: &mut [u8]) -> usize {
    let count = data.len().min(out.len());
    out[..count].copy_from_slice(&data[..count]);
    count
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
            Err(error) => return Err(format!("a tile or strip is damaged: {error}")),
        }
    }
    Ok(filled)
}

fn deflate(data: &[u8], out: &mut [u8]) -> Result<usize, String> {
    let mut decoder = ZlibDecoder::new(data);
    let mut filled = 0;
    while filled < out.len() {
        match decoder.read(&mut out[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) => return Err(format!("a tile or strip is damaged: {error}")),
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

/// One byte per value from 1, 2 or 4 bits, the highest first; rows begin at whole bytes.
fn unpack(bytes: &[u8], row_bytes: usize, per_row: usize, bits: usize) -> Vec<u8> {
    let mask = (1u16 << bits) as u8 - 1;
    let value = |row: &[u8], index: usize| {
        let bit = index * bits;
        (row[bit / 8] >> (8 - bits - bit % 8)) & mask
    };
    bytes.chunks_exact(row_bytes).flat_map(|row| (0..per_row).map(move |index| value(row, index))).collect()
}

/// Predictor 2: each value is stored as the difference to its left neighbour of the same band.
fn undo_differences(row: &mut [u8], stride: usize, size: usize) {
    match size {
        1 => undo_differences_of::<1>(row, stride, |a, b| [a[0].wrapping_add(b[0])]),
        2 => undo_differences_of(row, stride, |a, b| u16::from_le_bytes(a).wrapping_add(u16::from_le_bytes(b)).to_le_bytes()),
        4 => undo_differences_of(row, stride, |a, b| u32::from_le_bytes(a).wrapping_add(u32::from_le_bytes(b)).to_le_bytes()),
        _ => undo_differences_of(row, stride, |a, b| u64::from_le_bytes(a).wrapping_add(u64::from_le_bytes(b)).to_le_bytes()),
    }
}

fn undo_differences_of<const N: usize>(row: &mut [u8], stride: usize, sum: impl Fn([u8; N], [u8; N]) -> [u8; N]) {
    let (values, _) = row.as_chunks_mut::<N>();
    for index in stride..values.len() {
        values[index] = sum(values[index], values[index - stride]);
    }
}

/// Predictor 3: the bytes of a row, sorted by significance (the most significant of all values first), as differences.
fn undo_float_differences(row: &mut [u8], stride: usize, size: usize) {
    for at in stride..row.len() {
        row[at] = row[at].wrapping_add(row[at - stride]);
    }
    let count = row.len() / size;
    let planes = row.to_vec();
    for value in 0..count {
        for byte in 0..size {
            row[value * size + byte] = planes[(size - 1 - byte) * count + value];
        }
    }
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
    fn bits_are_unpacked_from_the_highest() {
        assert_eq!(unpack(&[0b1010_0000, 0b0100_0000], 1, 3, 1), [1, 0, 1, 0, 1, 0]);
        assert_eq!(unpack(&[0xab], 1, 2, 4), [0xa, 0xb]);
    }

    #[test]
    fn differences_wrap_around() {
        let mut row = [250, 1, 10, 1];
        undo_differences(&mut row, 2, 1);
        assert_eq!(row, [250, 1, 4, 2]);
        let mut row = [0xff, 0xff, 2, 0];
        undo_differences(&mut row, 1, 2);
        assert_eq!(row, [0xff, 0xff, 1, 0]);
    }

    #[test]
    fn damaged_data_is_an_error() {
        assert!(deflate(b"no zlib", &mut [0; 8]).is_err());
        assert!(lzw(&[0xff; 8], &mut [0; 64]).is_err());
    }
}
