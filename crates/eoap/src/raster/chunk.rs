//! Decodes one tile or strip: decompression, bit and byte order, predictor.
//!
//! Bytes in, little-endian samples out; knows neither files nor where the chunk lies. Samples stay as they are stored, as in
//! GDAL: no colour is converted or inverted, but those of JPEG.

use std::borrow::Cow;

use super::{
    codec::{self, decompress},
    jpeg,
    level::Level,
    predictor::{undo_differences, undo_float_differences},
};

/// Decodes a chunk with this many rows into little-endian samples of whole bytes, row by row, bands side by side.
pub(crate) fn decode(level: &Level, rows: u32, data: &[u8]) -> Result<Vec<u8>, String> {
    if level.compression == codec::JPEG {
        return jpeg::decode(level, rows, data);
    }
    let data = match level.is_bit_reversed {
        true => Cow::Owned(data.iter().map(|byte| byte.reverse_bits()).collect()),
        false => Cow::Borrowed(data),
    };
    let (stride, bits) = (level.chunk_samples(), usize::from(level.bits));
    let per_row = level.block.0 as usize * stride;
    let row_bytes = (per_row * bits).div_ceil(8);
    let mut bytes = vec![0; row_bytes * rows as usize];
    decompress(level.compression, &data, &mut bytes)?;
    // What a predictor means for other compressions is not defined, and libtiff ignores it there.
    let predictor = match level.compression {
        codec::LZW | codec::DEFLATE | codec::OLD_DEFLATE | codec::ZSTD => level.predictor,
        _ => 1,
    };
    let size = bits / 8;
    if !matches!(bits, 8 | 16 | 32 | 64) {
        return match predictor {
            1 => Ok(unpack(&bytes, row_bytes, per_row, bits, level.data_type.size())),
            other => Err(format!("its predictor {other} is not defined for values of {bits} bits")),
        };
    }
    if level.is_big_endian && predictor != 3 && size > 1 {
        swap_bytes(&mut bytes, size);
    }
    match predictor {
        1 => {}
        2 => bytes.chunks_exact_mut(row_bytes).for_each(|row| undo_differences(row, stride, size)),
        3 if !level.data_type.is_integer() => {
            bytes.chunks_exact_mut(row_bytes).for_each(|row| undo_float_differences(row, stride, size));
        }
        other => return Err(format!("its predictor {other} is not known for values of type {}", level.data_type)),
    }
    if size < level.data_type.size() {
        let (halves, _) = bytes.as_chunks();
        bytes = halves.iter().flat_map(|half| float_of_half(u16::from_le_bytes(*half)).to_le_bytes()).collect();
    }
    Ok(bytes)
}

fn swap_bytes(bytes: &mut [u8], size: usize) {
    match size {
        2 => bytes.as_chunks_mut::<2>().0.iter_mut().for_each(|value| value.reverse()),
        4 => bytes.as_chunks_mut::<4>().0.iter_mut().for_each(|value| value.reverse()),
        _ => bytes.as_chunks_mut::<8>().0.iter_mut().for_each(|value| value.reverse()),
    }
}

/// Values of 1 to 15 bits, the highest bit first, as little-endian values of `size` bytes; rows begin at whole bytes.
fn unpack(bytes: &[u8], row_bytes: usize, per_row: usize, bits: usize, size: usize) -> Vec<u8> {
    let rows = bytes.len() / row_bytes.max(1);
    let mut out = Vec::with_capacity(rows * per_row * size);
    for row in bytes.chunks_exact(row_bytes) {
        let (mut held, mut count) = (0u32, 0);
        let mut rest = row.iter();
        for _ in 0..per_row {
            while count < bits {
                held = held << 8 | u32::from(rest.next().copied().unwrap_or(0));
                count += 8;
            }
            count -= bits;
            let value = held >> count & ((1 << bits) - 1);
            out.extend_from_slice(&value.to_le_bytes()[..size]);
        }
    }
    out
}

/// A float of 16 bits (IEEE 754 binary16) in 32; exact.
fn float_of_half(half: u16) -> f32 {
    // Scaled by a power of two, exponents of both formats mean the same, those of the smallest numbers included.
    const SCALE: f32 = f32::from_bits((254 - 15) << 23);
    let (sign, rest) = (u32::from(half & 0x8000) << 16, u32::from(half & 0x7fff) << 13);
    match half & 0x7c00 {
        0x7c00 => f32::from_bits(sign | 0x7f80_0000 | rest),
        _ => f32::from_bits(sign | (f32::from_bits(rest) * SCALE).to_bits()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_unpacked_from_the_highest() {
        assert_eq!(unpack(&[0b1010_0000, 0b0100_0000], 1, 3, 1, 1), [1, 0, 1, 0, 1, 0]);
        assert_eq!(unpack(&[0xab], 1, 2, 4, 1), [0xa, 0xb]);
        assert_eq!(unpack(&[0xab, 0xcd, 0xef], 3, 2, 12, 2), [0xbc, 0x0a, 0xef, 0x0d]);
    }

    #[test]
    fn halves_are_exact() {
        for (half, float) in
            [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65504.0), (1, 5.960_464_5e-8), (0x8000, -0.0), (0xfc00, f32::NEG_INFINITY)]
        {
            assert_eq!(float_of_half(half).to_bits(), f32::to_bits(float));
        }
        assert!(float_of_half(0x7e00).is_nan());
    }
}
