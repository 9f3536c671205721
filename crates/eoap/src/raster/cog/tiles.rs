//! The tiles of an image: cut out, made predictable (TIFF 6.0 section 14; TIFF Technical Note 3) and
//! compressed, on all cores.

use std::{io::Write, thread};

use flate2::{Compression, write::ZlibEncoder};

use super::image::Image;
use crate::raster::tiff::data_type::DataType;

/// Columns and rows of a tile.
pub(super) const TILE: usize = 512;

/// The predictor of a type: 2, differences of neighbours; 3, those of the bytes of floats; 1, none.
pub(super) fn predictor(data_type: DataType) -> u16 {
    match data_type {
        DataType::Float32 | DataType::Float64 => 3,
        DataType::UInt64 | DataType::Int64 => 1,
        _ => 2,
    }
}

/// Number of tiles in a row and in a column.
pub(super) fn grid(image: &Image) -> (usize, usize) {
    (image.width.div_ceil(TILE), image.height.div_ceil(TILE))
}

/// The data of all tiles, row by row.
pub(super) fn encode(image: &Image) -> Vec<Vec<u8>> {
    let (across, down) = grid(image);
    let numbers: Vec<usize> = (0..across * down).collect();
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let share = numbers.len().div_ceil(workers).max(1);
    thread::scope(|scope| {
        let workers: Vec<_> = numbers
            .chunks(share)
            .map(|numbers| {
                scope
                    .spawn(move || numbers.iter().map(|number| tile(image, number % across, number / across)).collect::<Vec<_>>())
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("encoding does not panic")).collect()
    })
}

fn tile(image: &Image, column: usize, row: usize) -> Vec<u8> {
    let mut data = cut(image, column, row);
    let row_bytes = TILE * image.bands * image.data_type.size();
    for line in data.chunks_exact_mut(row_bytes) {
        match predictor(image.data_type) {
            2 => difference(line, image.bands, image.data_type.size()),
            3 => split_floats(line, image.bands, image.data_type.size()),
            _ => {}
        }
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(&data).and_then(|()| encoder.finish());
    written.expect("writing to memory does not fail")
}

/// The pixels of a tile, the bands of each side by side. Outside of the image they repeat its edge, which
/// compresses best.
fn cut(image: &Image, column: usize, row: usize) -> Vec<u8> {
    let size = image.data_type.size();
    let mut data = Vec::with_capacity(TILE * TILE * image.bands * size);
    for y in row * TILE..(row + 1) * TILE {
        let y = y.min(image.height - 1);
        for x in column * TILE..(column + 1) * TILE {
            let x = x.min(image.width - 1);
            for band in 0..image.bands {
                let start = ((band * image.height + y) * image.width + x) * size;
                data.extend_from_slice(&image.bytes[start..start + size]);
            }
        }
    }
    data
}

/// Each value becomes its difference to the one of the same band in the pixel before it.
fn difference(line: &mut [u8], bands: usize, size: usize) {
    let step = bands * size;
    for at in (step..line.len()).step_by(size).rev() {
        let mut borrow = false;
        // Subtraction byte by byte, the lowest first.
        for byte in 0..size {
            let (less, first) = line[at + byte].overflowing_sub(line[at - step + byte]);
            let (less, second) = less.overflowing_sub(u8::from(borrow));
            (line[at + byte], borrow) = (less, first || second);
        }
    }
}

/// The bytes of a line's floats by significance, the highest first, and each as the difference to the one of
/// the value before it.
fn split_floats(line: &mut [u8], bands: usize, size: usize) {
    let count = line.len() / size;
    let mut bytes = vec![0; line.len()];
    for value in 0..count {
        for byte in 0..size {
            bytes[(size - 1 - byte) * count + value] = line[value * size + byte];
        }
    }
    for at in (bands..bytes.len()).rev() {
        bytes[at] = bytes[at].wrapping_sub(bytes[at - bands]);
    }
    line.copy_from_slice(&bytes);
}
