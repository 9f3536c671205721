//! Writes a PNG image (ISO/IEC 15948). With few colours, as in masks and colour maps, it has a colour table.
//! Otherwise it has red, green, blue and opacity.
//!
//! A preview needs only these two kinds of image, and the compressor is a dependency already. The crate
//! `png` would bring two more crates, one of them a second compressor. The tests read images with it. What
//! the colours mean is not known here.

use std::{collections::BTreeMap, io::Write};

use flate2::{Compression, Crc, write::ZlibEncoder};

const INDEXED: u8 = 3;
const RGBA: u8 = 6;
/// Filter types of rows (clause 9).
const NONE: u8 = 0;
const PAETH: u8 = 4;

/// The bytes of a PNG file with these pixels (red, green, blue, opacity), row by row. `pixels` must have
/// `width` × `height` entries; an image without pixels becomes a transparent one.
pub(crate) fn encode(width: u32, height: u32, pixels: &[[u8; 4]]) -> Vec<u8> {
    if pixels.is_empty() {
        return encode(1, 1, &[[0; 4]]);
    }
    let table = table(pixels);
    let depth = match table.as_ref().map_or(256, BTreeMap::len) {
        0..=2 => 1,
        3..=4 => 2,
        5..=16 => 4,
        _ => 8,
    };
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::with_capacity(13);
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    // The only compression and filter methods, not interlaced.
    header.extend([depth, if table.is_some() { INDEXED } else { RGBA }, 0, 0, 0]);
    chunk(&mut png, b"IHDR", &header);
    let rows = pixels.chunks_exact(width as usize);
    let mut data = ZlibEncoder::new(Vec::new(), Compression::best());
    if let Some(table) = &table {
        chunk(&mut png, b"PLTE", &table.keys().flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect::<Vec<u8>>());
        chunk(&mut png, b"tRNS", &table.keys().map(|pixel| pixel[3]).collect::<Vec<u8>>());
        // Numbers in a table are unrelated to those of their neighbours, so there is nothing to predict.
        rows.for_each(|row| write(&mut data, NONE, &packed(row, table, depth.into())));
    } else {
        let mut above = vec![[0; 4]; width as usize];
        for row in rows {
            write(&mut data, PAETH, &predicted(row, &above));
            above.copy_from_slice(row);
        }
    }
    chunk(&mut png, b"IDAT", &data.finish().expect("writing to memory does not fail"));
    chunk(&mut png, b"IEND", &[]);
    png
}

fn chunk(png: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    let mut crc = Crc::new();
    crc.update(name);
    crc.update(data);
    png.extend((data.len() as u32).to_be_bytes());
    png.extend(name);
    png.extend(data);
    png.extend(crc.sum().to_be_bytes());
}

/// Each row begins with its filter.
fn write(data: &mut ZlibEncoder<Vec<u8>>, filter: u8, row: &[u8]) {
    data.write_all(&[filter]).and_then(|()| data.write_all(row)).expect("writing to memory does not fail");
}

/// The difference between a row and its prediction from the neighbours to the left and above (clause 9.4,
/// the Paeth predictor).
fn predicted(row: &[[u8; 4]], above: &[[u8; 4]]) -> Vec<u8> {
    let mut differences = Vec::with_capacity(row.len() * 4);
    let (mut left, mut corner) = ([0; 4], [0; 4]);
    for (pixel, up) in row.iter().zip(above) {
        for channel in 0..4 {
            let [a, b, c] = [left[channel], up[channel], corner[channel]].map(i16::from);
            let [to_a, to_b, to_c] = [b - c, a - c, a + b - 2 * c].map(i16::abs);
            let nearest = if to_a <= to_b && to_a <= to_c {
                left[channel]
            } else if to_b <= to_c {
                up[channel]
            } else {
                corner[channel]
            };
            differences.push(pixel[channel].wrapping_sub(nearest));
        }
        (left, corner) = (*pixel, *up);
    }
    differences
}

/// The colours with their numbers. `None` if there are too many for a table.
fn table(pixels: &[[u8; 4]]) -> Option<BTreeMap<[u8; 4], u8>> {
    let mut table = BTreeMap::new();
    let mut last = None;
    for pixel in pixels {
        // Pixels are often like their neighbours.
        if last != Some(pixel) {
            table.insert(*pixel, 0);
            last = Some(pixel);
        }
        if table.len() > 256 {
            return None;
        }
    }
    table.values_mut().zip(0..=u8::MAX).for_each(|(number, next)| *number = next);
    Some(table)
}

/// A row of numbers of colours, each of `depth` bits, the first in the highest bits.
fn packed(row: &[[u8; 4]], table: &BTreeMap<[u8; 4], u8>, depth: usize) -> Vec<u8> {
    let pack = |pixels: &[[u8; 4]]| {
        pixels.iter().enumerate().fold(0, |byte, (index, pixel)| byte | (table[pixel] << (8 - depth * (index + 1))))
    };
    row.chunks(8 / depth).map(pack).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red, green, blue and opacity of a PNG file's pixels.
    fn decode(file: &[u8]) -> (u32, u32, Vec<u8>) {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
        let mut reader = decoder.read_info().expect("header");
        let mut bytes = vec![0; reader.output_buffer_size().expect("size")];
        let info = reader.next_frame(&mut bytes).expect("image");
        (info.width, info.height, bytes)
    }

    #[test]
    fn pixels_come_back_whatever_the_number_of_colours() {
        for (width, height, colours) in [(1, 1, 1), (9, 2, 2), (7, 3, 3), (5, 5, 16), (17, 3, 17), (16, 16, 256), (20, 20, 400)] {
            let pixel = |index: u32| {
                let colour = index % colours;
                [(colour * 7 % 256) as u8, (colour / 7) as u8, 255 - (colour % 200) as u8, if colour == 0 { 0 } else { 255 }]
            };
            let pixels: Vec<[u8; 4]> = (0..width * height).map(pixel).collect();
            assert_eq!(
                decode(&encode(width, height, &pixels)),
                (width, height, pixels.as_flattened().to_vec()),
                "{colours} colours"
            );
        }
    }

    #[test]
    fn same_pixels_are_same_bytes_and_masks_are_small() {
        let mask: Vec<[u8; 4]> = (0..256 * 256)
            .map(|index: u32| if index.wrapping_mul(2_654_435_761) >> 31 == 0 { [0; 4] } else { [1, 2, 3, 255] })
            .collect();
        assert_eq!(encode(256, 256, &mask), encode(256, 256, &mask));
        assert!(encode(256, 256, &mask).len() < 256 * 256 / 8 + 200);
        assert_eq!(decode(&encode(0, 0, &[])), (1, 1, vec![0; 4]));
    }
}
