//! Reads an image in a smaller size, by taking the nearest pixel, exactly as GDAL does it: the size that rio-stac asks for,
//! the same overview, the same pixels.
//!
//! [`Plan`] says which pixels of which chunks; [`Grid`] holds the values. Neither fetches anything.

use std::{collections::BTreeMap, ops::Range};

use super::header::{Header, Level};

/// The size that rio-stac reads an image in: at most `max_size` pixels on the longer side, never larger than it is.
///
/// With a `max_size` of 0 the image keeps its size.
pub(crate) fn reduced_size(width: u32, height: u32, max_size: u32) -> (u32, u32) {
    if max_size == 0 || width.max(height) <= max_size {
        return (width, height);
    }
    let (ratio, size) = (f64::from(height) / f64::from(width), f64::from(max_size));
    if ratio > 1.0 { ((size / ratio).ceil() as u32, max_size) } else { (max_size, (size * ratio).ceil() as u32) }
}

/// The level that GDAL reads from for this size: the smallest overview that is at most a little smaller than what is asked for
/// (GDALBandGetBestOverviewLevel2).
pub(crate) fn best_level(header: &Header, width: u32, height: u32) -> &Level {
    const THRESHOLD: f64 = 1.2;
    const EPSILON: f64 = 0.1;
    let full = &header.full;
    let factor = |level: &Level| {
        let (x, y) = (f64::from(full.width) / f64::from(level.width), f64::from(full.height) / f64::from(level.height));
        x.min(y)
    };
    let (x, y) = (f64::from(full.width) / f64::from(width), f64::from(full.height) / f64::from(height));
    let wanted = if x < y || height == 1 { x } else { y };
    let (mut best, mut best_factor) = (full, 0.0);
    for overview in &header.overviews {
        let fits = overview.width <= full.width && overview.height <= full.height;
        let is_like = overview.samples == full.samples && overview.data_type == full.data_type;
        let factor = factor(overview);
        if fits && is_like && factor < wanted * THRESHOLD + EPSILON && factor > best_factor {
            (best, best_factor) = (overview, factor);
        }
    }
    best
}

/// Which pixel of the source each pixel of the result is.
fn nearest(source: u32, result: u32) -> Vec<u32> {
    const EPSILON: f64 = 1e-10;
    let step = f64::from(source) / f64::from(result);
    (0..result).map(|index| (((f64::from(index) + 0.5) * step + EPSILON) as u32).min(source - 1)).collect()
}

/// How to read one level in a smaller size.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) level: &'a Level,
    columns: Vec<u32>,
    rows: Vec<u32>,
}

/// A chunk that is needed: its column and row among the chunks, the first band in it, and where it lies.
#[derive(Clone, Debug)]
pub(crate) struct NeededChunk {
    pub(crate) column: u32,
    pub(crate) row: u32,
    pub(crate) band: usize,
    pub(crate) place: Range<u64>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(level: &'a Level, width: u32, height: u32) -> Self {
        Self { level, columns: nearest(level.width, width), rows: nearest(level.height, height) }
    }

    /// The chunks that hold the pixels of these bands (from 0), in the order of the file's directory.
    pub(crate) fn chunks(&self, bands: &[usize]) -> Vec<NeededChunk> {
        let (block_width, block_height) = self.level.block;
        let blocks = |places: &[u32], size: u32| {
            let mut blocks: Vec<u32> = places.iter().map(|place| place / size).collect();
            blocks.dedup();
            blocks
        };
        let columns = blocks(&self.columns, block_width);
        let mut needed = BTreeMap::new();
        for row in blocks(&self.rows, block_height) {
            for &column in &columns {
                for &band in bands {
                    let index = self.level.chunk_index(column, row, band);
                    let (offset, length) = self.level.chunks[index];
                    let place = offset..offset.saturating_add(length);
                    needed.entry(index).or_insert(NeededChunk { column, row, band, place });
                }
            }
        }
        needed.into_values().collect()
    }

    /// Puts the pixels of a decoded chunk into the grids of the bands; `None` stands for a chunk that the file leaves out.
    pub(crate) fn place(&self, chunk: &NeededChunk, data: Option<&[u8]>, bands: &[usize], grids: &mut [Grid], absent: f64) {
        let level = self.level;
        let (left, top) = (chunk.column * level.block.0, chunk.row * level.block.1);
        let within = |places: &[u32], start: u32, size: u32| {
            places.partition_point(|place| *place < start)..places.partition_point(|place| *place < start + size)
        };
        let rows = within(&self.rows, top, level.block.1);
        let columns = within(&self.columns, left, level.block.0);
        let samples = level.chunk_samples();
        for (&band, grid) in bands.iter().zip(grids) {
            if level.is_planar && band != chunk.band {
                continue;
            }
            let sample = if level.is_planar { 0 } else { band };
            for y in rows.clone() {
                let line = (self.rows[y] - top) as usize * level.block.0 as usize;
                for x in columns.clone() {
                    let pixel = (line + (self.columns[x] - left) as usize) * samples + sample;
                    let value = data.and_then(|data| level.data_type.value(data, pixel)).unwrap_or(absent);
                    grid.values[y * self.columns.len() + x] = value;
                }
            }
        }
    }
}

/// The values of one band in a reduced size, row by row, and which of them are valid.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) values: Vec<f64>,
    pub(crate) valid: Vec<bool>,
}

impl Grid {
    pub(crate) fn new(width: u32, height: u32) -> Self {
        let count = width as usize * height as usize;
        Self { width, height, values: vec![0.0; count], valid: vec![true; count] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_rio_stac() {
        assert_eq!(reduced_size(1821, 2402, 1024), (777, 1024));
        assert_eq!(reduced_size(1821, 482, 1024), (1024, 272));
        assert_eq!(reduced_size(100, 50, 1024), (100, 50));
        assert_eq!(reduced_size(5000, 5000, 0), (5000, 5000));
        assert_eq!(reduced_size(1, 5000, 10), (1, 10));
    }

    #[test]
    fn pixels_in_the_middle_are_taken() {
        assert_eq!(nearest(10, 5), [1, 3, 5, 7, 9]);
        assert_eq!(nearest(3, 3), [0, 1, 2]);
        assert_eq!(nearest(2402, 1024)[..4], [1, 3, 5, 8]);
        assert_eq!(nearest(2402, 1024)[1023], 2400);
    }
}
