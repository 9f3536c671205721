//! Decodes one tile or strip: decompression, bit and byte order, predictor.
//!
//! The crate `tiff` does it, except what [`decode`] names. It takes bytes and gives samples in the
//! machine's byte order; it knows neither files nor where the chunk lies. Samples stay as they are
//! stored, except for the colours that GDAL converts (`colours`, and those of JPEG).

use std::{borrow::Cow, io};

use flate2::{Decompress, FlushDecompress};
use half::{f16, slice::HalfFloatSliceExt};
use tiff::{
    TiffError,
    decoder::{Decoder, Limits},
    tags::{ByteOrder, CompressionMethod, Predictor, SampleFormat},
};

use super::{
    chunk_file::{ChunkFile, Described},
    colours::Differences,
    compression, fax, jpeg,
    level::Level,
    predictor, webp, zstandard,
};

/// Decodes a chunk with this many rows into samples of whole bytes, row by row, bands side by side.
///
/// Beside `tiff` it decodes JPEG, Zstandard and fax data of group 3 (their modules say why), bits in
/// reverse order, and values whose bits are not whole bytes, which `tiff` takes for bytes. Of nearly
/// every file it also undoes Deflate and the predictor, which takes less time here; see [`inflate`] and
/// [`predictor`].
pub(crate) fn decode(level: &Level, rows: u32, data: &[u8]) -> Result<Vec<u8>, String> {
    if level.compression == CompressionMethod::ModernJPEG {
        let mut out = jpeg::decode(level, rows, data)?;
        level.colours.convert(&mut out);
        return Ok(out);
    }
    let data = match level.is_bit_reversed {
        true => Cow::Owned(data.iter().map(|byte| byte.reverse_bits()).collect()),
        false => Cow::Borrowed(data),
    };
    if let Some(differences) = level.colours.shared() {
        return shared_differences(level, differences, rows, &data);
    }
    if !matches!(level.bits, 8 | 16 | 32 | 64) {
        return parts_of_bytes(level, rows, &data);
    }
    let mut out = whole_bytes(level, rows, &data)?;
    if usize::from(level.bits) < 8 * level.data_type.size() {
        out = widen_halves(&out);
    }
    level.colours.convert(&mut out);
    Ok(out)
}

/// What a chunk of a level is, as its file says.
fn described(level: &Level, rows: u32) -> Described {
    Described {
        width: level.block.0,
        rows,
        samples: level.chunk_samples() as u16,
        bits: level.bits,
        format: level.format,
        compression: level.compression,
        predictor: level.predictor,
        byte_order: level.byte_order,
    }
}

/// Decodes values that are whole bytes.
fn whole_bytes(level: &Level, rows: u32, data: &[u8]) -> Result<Vec<u8>, String> {
    let (samples, size) = (level.chunk_samples(), usize::from(level.bits) / 8);
    let row_bytes = level.block.0 as usize * samples * size;
    let mut out = vec![0; row_bytes * rows as usize];
    let described = described(level, rows);
    let is_predicted = compression::is_predicted(level.compression);
    if level.predictor == Predictor::Horizontal.to_u16() {
        unpack(Described { predictor: Predictor::None.to_u16(), ..described }, data, &mut out)?;
        if is_predicted {
            out.chunks_exact_mut(row_bytes).for_each(|row| predictor::sum_up(row, samples, size));
        }
    } else if level.predictor == Predictor::FloatingPoint.to_u16() && is_predicted && level.format == SampleFormat::IEEEFP {
        unpack(described.of_bytes(row_bytes), data, &mut out)?;
        out.chunks_exact_mut(row_bytes).for_each(|row| predictor::join_floats(row, samples, size));
    } else {
        unpack(described, data, &mut out)?;
    }
    Ok(out)
}

/// Decodes values whose bits are not whole bytes, or are three of them.
fn parts_of_bytes(level: &Level, rows: u32, data: &[u8]) -> Result<Vec<u8>, String> {
    let (samples, bits) = (level.chunk_samples(), usize::from(level.bits));
    let per_row = level.block.0 as usize * samples;
    let row_bytes = (per_row * bits).div_ceil(8);
    let described = described(level, rows);
    let mut out = vec![0; row_bytes * rows as usize];
    match level.fax_rows {
        // Runs of black and white pixels are counted in pixels.
        Some(follow) if bits == 1 && samples == 1 => out = fax::decode(data, level.block.0, rows, follow)?,
        None if bits == 1 && samples == 1 && level.compression == CompressionMethod::Fax4 => unpack(described, data, &mut out)?,
        _ if compression::is_predicted(level.compression) && level.predictor != Predictor::None.to_u16() => {
            return Err(format!("its predictor {} is not defined for values of {bits} bits", level.predictor));
        }
        _ => unpack(described.of_bytes(row_bytes), data, &mut out)?,
    }
    if bits == 24 && level.byte_order == ByteOrder::BigEndian {
        // Of all such values libtiff turns these round, and so GDAL writes them.
        out.as_chunks_mut::<3>().0.iter_mut().for_each(|value| value.reverse());
    }
    Ok(widen(&out, row_bytes, per_row, bits, level.data_type.size()))
}

/// Floats of 16 bits as those of 32.
fn widen_halves(bytes: &[u8]) -> Vec<u8> {
    let (halves, _) = bytes.as_chunks();
    let halves: Vec<f16> = halves.iter().map(|half| f16::from_ne_bytes(*half)).collect();
    halves.to_f32_vec().into_iter().flat_map(f32::to_ne_bytes).collect()
}

/// Decodes a chunk in which several pixels share two of their values.
fn shared_differences(level: &Level, differences: &Differences, rows: u32, data: &[u8]) -> Result<Vec<u8>, String> {
    if compression::is_predicted(level.compression) && level.predictor != Predictor::None.to_u16() {
        return Err(format!("its predictor {} is not defined for differences of colour that pixels share", level.predictor));
    }
    let (width, rows_of_units) = differences.units(level.block.0, rows);
    let mut units = vec![0; width as usize * rows_of_units as usize];
    let described = Described {
        width,
        rows: rows_of_units,
        samples: 1,
        bits: 8,
        format: SampleFormat::Uint,
        compression: level.compression,
        predictor: Predictor::None.to_u16(),
        byte_order: level.byte_order,
    };
    unpack(described, data, &mut units)?;
    let mut out = differences.spread(&units, level.block.0 as usize, rows as usize);
    level.colours.convert(&mut out);
    Ok(out)
}

/// Fills `out` with the values of a chunk. Fails if there are fewer. A damaged chunk is never unpacked beyond
/// them.
fn unpack(mut described: Described, data: &[u8], out: &mut [u8]) -> Result<(), String> {
    let mut data = Cow::Borrowed(data);
    match described.compression {
        CompressionMethod::ZSTD => {
            data = zstandard::decompress(&data, out.len())?.into();
            if described.is_plain() {
                out.copy_from_slice(data.get(..out.len()).ok_or_else(|| ends_early(out.len()))?);
                return Ok(());
            }
            described.compression = CompressionMethod::None;
        }
        CompressionMethod::Deflate | CompressionMethod::OldDeflate if described.is_plain() => return inflate(&data, out),
        CompressionMethod::LZW | CompressionMethod::Deflate | CompressionMethod::OldDeflate => {}
        CompressionMethod::WebP => {
            webp::check(&data, described.width, described.rows)?;
            described.predictor = Predictor::None.to_u16();
        }
        // What a predictor means here is not defined, and libtiff ignores it.
        CompressionMethod::None | CompressionMethod::PackBits | CompressionMethod::Fax4 => {
            described.predictor = Predictor::None.to_u16();
        }
        other => return Err(compression::unknown(other)),
    }
    // Only `out` is large.
    let decoder = Decoder::new(ChunkFile::new(described, &data)).map(|decoder| decoder.with_limits(Limits::unlimited()));
    decoder.and_then(|mut decoder| decoder.read_chunk_bytes(0, out)).map_err(|error| match error {
        TiffError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => ends_early(out.len()),
        TiffError::UnsupportedError(error) => format!("its tiles or strips cannot be decoded: {error}"),
        error => format!("a tile or strip is damaged: {error}"),
    })
}

fn ends_early(length: usize) -> String {
    format!("a tile or strip is damaged: it ends before its {length} bytes are there")
}

/// Fills `out` from a zlib stream (RFC 1950).
///
/// `tiff` does this, too, but piece by piece, for which the decoder keeps a window of what it has written: an
/// eighth of the time.
fn inflate(data: &[u8], out: &mut [u8]) -> Result<(), String> {
    let mut decoder = Decompress::new(true);
    decoder.decompress(data, out, FlushDecompress::Finish).map_err(|error| format!("a tile or strip is damaged: {error}"))?;
    if decoder.total_out() < out.len() as u64 { Err(ends_early(out.len())) } else { Ok(()) }
}

/// Values of 1 to 31 bits, the highest bit first, as values of `size` bytes; rows begin at whole bytes.
fn widen(bytes: &[u8], row_bytes: usize, per_row: usize, bits: usize, size: usize) -> Vec<u8> {
    let rows = bytes.len() / row_bytes.max(1);
    let mut out = Vec::with_capacity(rows * per_row * size);
    for row in bytes.chunks_exact(row_bytes) {
        let (mut held, mut count) = (0u64, 0);
        let mut rest = row.iter();
        for _ in 0..per_row {
            while count < bits {
                held = held << 8 | u64::from(rest.next().copied().unwrap_or(0));
                count += 8;
            }
            count -= bits;
            let value = held >> count & ((1 << bits) - 1);
            match size {
                1 => out.push(value as u8),
                2 => out.extend((value as u16).to_ne_bytes()),
                _ => out.extend((value as u32).to_ne_bytes()),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_unpacked_from_the_highest() {
        assert_eq!(widen(&[0b1010_0000, 0b0100_0000], 1, 3, 1, 1), [1, 0, 1, 0, 1, 0]);
        assert_eq!(widen(&[0xab], 1, 2, 4, 1), [0xa, 0xb]);
        let long = [(1 << 30 | 1_u32).to_ne_bytes(), 3_u32.to_ne_bytes()].concat();
        assert_eq!(widen(&[0x80, 0, 0, 2, 0, 0, 0, 0b1100], 8, 2, 31, 4), long);
        assert_eq!(widen(&[0xab, 0xcd, 0xef], 3, 2, 12, 2), [0xabc_u16.to_ne_bytes(), 0xdef_u16.to_ne_bytes()].concat());
    }
}
