//! Interpolates a band by convolution with a kernel, as GDAL 3.10 does it when a read asks for another shape
//! (`RasterIOResampled`).
//!
//! GDAL computes in blocks, and a kernel ends where the pixels of its block end. This module does the same,
//! so that results are equal there, too. Sums have GDAL's order, so that the last digit is the same. It
//! computes with values in memory, and fetches nothing.

use std::{collections::VecDeque, ops::Range};

use super::{
    kernel::Kernel,
    resample::{neighbour, rounded_from_32_bits},
    taps::{Direction, Steps, Taps},
    tiff::{data_type::DataType, value::PixelValue},
    weighed_sums::{in_pairs, in_vectors, is_vectored, weighed},
};

/// A block of the result is made of about this many pixels of the source.
const BLOCK_PIXELS: u64 = 1 << 20;

/// How a part is read: its directions, and the kernel.
#[derive(Debug)]
pub(super) struct Convolution {
    pub(super) columns: Direction,
    pub(super) rows: Direction,
    pub(super) kernel: Kernel,
}

/// What GDAL computes at a time: some pixels of the result, and the pixels of the source that it reads for
/// them.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) result_columns: Range<u32>,
    pub(super) result_rows: Range<u32>,
    pub(super) columns: Range<u32>,
    pub(super) rows: Range<u32>,
}

/// Whether GDAL reads a band alone, or several with one mask together. It changes which pixels are read
/// around a block, and what becomes of "no data".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Alone,
    Together,
}

impl Convolution {
    /// The blocks of the result, row by row. `block_width` is that of the level's tiles or strips.
    pub(super) fn blocks(&self, block_width: u32, reading: Reading) -> Vec<Vec<Block>> {
        let (width, height) = self.block_size(block_width);
        let factors = (self.columns.factor(), self.rows.factor());
        let factors = match reading {
            Reading::Alone => factors,
            Reading::Together => (factors.0.max(factors.1), factors.0.max(factors.1)),
        };
        let margin = (self.kernel.radius() * factors.0, self.kernel.radius() * factors.1);
        let parts = |count: u32, size: u32| (0..count).step_by(size as usize).map(move |start| start..(start + size).min(count));
        let block = |result_rows: &Range<u32>, result_columns: Range<u32>| Block {
            columns: self.columns.source(&result_columns, margin.0),
            rows: self.rows.source(result_rows, margin.1),
            result_rows: result_rows.clone(),
            result_columns,
        };
        let row = |rows: Range<u32>| parts(self.columns.result, width).map(|columns| block(&rows, columns)).collect();
        parts(self.rows.result, height).map(row).collect()
    }

    fn block_size(&self, block_width: u32) -> (u32, u32) {
        let (mut width, mut height) = (self.columns.result, self.rows.result);
        loop {
            let (columns, rows) = (self.columns.needed(width), self.rows.needed(height));
            if (width, height) == (1, 1) || columns * rows <= BLOCK_PIXELS {
                return (width, height);
            }
            let is_whole = columns >= u64::from(self.columns.length) && self.columns.length == block_width;
            if is_whole && height > 1 {
                height /= 2;
            } else if width > 1 && (columns > rows || height == 1) {
                width /= 2;
            } else {
                height /= 2;
            }
        }
    }

    /// Computes a block. `bits` are those of the values in the file, if they are fewer than their type has.
    pub(super) fn apply<T: PixelValue>(
        &self,
        block: &Block,
        source: &Source<'_, T>,
        nodata: Option<T>,
        bits: Option<u32>,
    ) -> Vec<T> {
        let columns = self.columns.taps(self.kernel, &block.result_columns, &block.columns, Steps::OneByOne);
        let rows = self.rows.taps(self.kernel, &block.result_rows, &block.rows, Steps::FourByFour);
        let largest = bits.filter(|_| self.kernel != Kernel::Bilinear).map(|bits| f64::from(((1_u64 << bits) - 1) as f32));
        let finish = |value: f64| finished::<T>(value, nodata, largest);
        match source.mask_if_needed() {
            Mask::Opaque => plain(source, &columns, &rows, finish),
            Mask::Absent => vec![nodata.unwrap_or_default(); columns.len() * rows.len()],
            Mask::Mixed(mask) => self.masked(source, mask, &columns, &rows, nodata, finish),
        }
    }

    fn masked<T: PixelValue>(
        &self,
        source: &Source<'_, T>,
        mask: &[u8],
        columns: &[Taps],
        rows: &[Taps],
        nodata: Option<T>,
        finish: impl Fn(f64) -> T,
    ) -> Vec<T> {
        let mut between = Vec::with_capacity(columns.len() * source.height);
        for row in 0..source.height {
            let (values, opacities) = (source.line(source.values, row), source.line(mask, row));
            between.extend(columns.iter().map(|taps| {
                let part = taps.start..taps.start + taps.weights.len();
                let opacities = &opacities[part.clone()];
                if self.kernel.has_negative_weights() && longest_run(opacities.iter().map(|at| *at != 0)) < opacities.len() / 2 {
                    return None;
                }
                let (sum, total) = weighed(&values[part], opacities, &taps.weights);
                (total > 0.0).then(|| sum / total)
            }));
        }
        let mut out = Vec::with_capacity(columns.len() * rows.len());
        for taps in rows {
            for column in 0..columns.len() {
                let values = || (0..taps.weights.len()).map(|row| between[(taps.start + row) * columns.len() + column]);
                let is_gappy = self.kernel.has_negative_weights()
                    && longest_run(values().map(|value| value.is_some())) < taps.weights.len() / 2;
                let (mut sum, mut total) = (0.0, 0.0);
                for (value, weight) in values().zip(&taps.weights) {
                    let weight = if value.is_some() { *weight } else { 0.0 };
                    sum += value.unwrap_or_default() * weight;
                    total += weight;
                }
                out.push(match !is_gappy && total > 0.0 {
                    true => finish(sum / total),
                    false => nodata.unwrap_or_default(),
                });
            }
        }
        out
    }
}

/// The pixels of a block, and how opaque each is, in rows of which each begins `stride` values after the one
/// before.
#[derive(Debug)]
pub(super) struct Source<'a, T> {
    pub(super) values: &'a [T],
    pub(super) mask: Option<&'a [u8]>,
    pub(super) stride: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// What a mask says of a block.
enum Mask<'a> {
    Opaque,
    Absent,
    Mixed(&'a [u8]),
}

impl<T> Source<'_, T> {
    fn line<'a, U>(&self, of: &'a [U], row: usize) -> &'a [U] {
        &of[row * self.stride..][..self.width]
    }

    fn mask_if_needed(&self) -> Mask<'_> {
        let Some(mask) = self.mask else { return Mask::Opaque };
        let first = mask[0];
        match (0..self.height).all(|row| self.line(mask, row).iter().all(|opacity| *opacity == first)) {
            false => Mask::Mixed(mask),
            true if first == 0 => Mask::Absent,
            true => Mask::Opaque,
        }
    }
}

/// Computes a block whose pixels are all valid. Lines of the source are brought to the result's width when
/// they are needed, and kept as long as they are.
fn plain<T: PixelValue>(source: &Source<'_, T>, columns: &[Taps], rows: &[Taps], finish: impl Fn(f64) -> T) -> Vec<T> {
    let mut lines: VecDeque<Vec<f64>> = VecDeque::new();
    let mut first = 0;
    let (mut floats, mut sums) = (vec![0.0; source.width], vec![0.0; columns.len()]);
    let mut out = Vec::with_capacity(columns.len() * rows.len());
    for taps in rows {
        let mut spare = Vec::new();
        while first < taps.start {
            first += 1;
            spare.extend(lines.pop_front());
        }
        while lines.len() < taps.shares.len() {
            let mut line = spare.pop().unwrap_or_default();
            horizontally(source, first + lines.len(), columns, &mut floats, &mut line);
            lines.push_back(line);
        }
        vertically(&lines, taps, has_32_bit_work::<T>(), &mut sums);
        out.extend(sums.iter().map(|sum| finish(*sum)));
    }
    out
}

/// A line of a block in the width of the result.
fn horizontally<T: PixelValue>(source: &Source<'_, T>, row: usize, columns: &[Taps], floats: &mut [f64], out: &mut Vec<f64>) {
    let is_one_of_three = row < source.height / 3 * 3;
    floats.iter_mut().zip(source.line(source.values, row)).for_each(|(float, value)| *float = value.to_f64());
    out.clear();
    out.extend(columns.iter().map(|taps| {
        let values = &floats[taps.start..taps.start + taps.shares.len()];
        match is_vectored::<T>() {
            true => in_vectors(values, &taps.shares, is_one_of_three),
            false => in_pairs(values.iter().copied(), &taps.shares),
        }
    }));
}

/// A line of the result from those that it is made of.
fn vertically(lines: &VecDeque<Vec<f64>>, taps: &Taps, in_eights: bool, out: &mut [f64]) {
    let simple = if in_eights { out.len() / 8 * 8 } else { 0 };
    out.fill(0.0);
    for (line, share) in lines.iter().zip(&taps.shares) {
        out[..simple].iter_mut().zip(line).for_each(|(sum, value)| *sum += value * share);
    }
    for (column, sum) in out.iter_mut().enumerate().skip(simple) {
        *sum = in_pairs(lines.iter().take(taps.shares.len()).map(|line| line[column]), &taps.shares);
    }
}

fn longest_run(are_valid: impl Iterator<Item = bool>) -> usize {
    let (mut run, mut longest) = (0, 0);
    for is_valid in are_valid {
        run = if is_valid { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// Whether GDAL keeps results of this type in 32 bits until they are rounded.
fn has_32_bit_work<T: PixelValue>() -> bool {
    matches!(T::DATA_TYPE, DataType::UInt8 | DataType::Int8 | DataType::UInt16 | DataType::Int16 | DataType::Float32)
}

/// A value of the type. A result that equals "no data" by chance becomes its neighbour.
fn finished<T: PixelValue>(value: f64, nodata: Option<T>, largest: Option<f64>) -> T {
    let value = if has_32_bit_work::<T>() { f64::from(value as f32) } else { value };
    let value = match nodata {
        Some(nodata) if is_just(value, nodata) => neighbour(nodata).to_f64(),
        _ => value,
    };
    let value = largest.map_or(value, |largest| value.min(largest));
    match T::DATA_TYPE {
        DataType::Float32 | DataType::Float64 => T::of_f64(value),
        _ if has_32_bit_work::<T>() => rounded_from_32_bits(value as f32),
        // The conversion cuts off what is behind the point.
        _ => T::of_f64(value + if value < 0.0 { -0.5 } else { 0.5 }),
    }
}

fn is_just<T: PixelValue>(value: f64, nodata: T) -> bool {
    match T::DATA_TYPE {
        DataType::Float32 | DataType::Float64 => value == nodata.to_f64(),
        // The conversion cuts off what is behind the point; of 32 bits, the sum is exact.
        _ if has_32_bit_work::<T>() => T::of_f64(value + 0.5_f64.copysign(value)) == nodata,
        _ => T::of_f64(value.round()) == nodata,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KERNELS: [Kernel; 4] = [Kernel::Bilinear, Kernel::Cubic, Kernel::CubicSpline, Kernel::Lanczos];

    fn whole(kernel: Kernel, size: (u32, u32), result: (u32, u32)) -> Convolution {
        let direction = |size: u32, result: u32| Direction::of(0.0, size.into(), size, result);
        Convolution { columns: direction(size.0, result.0), rows: direction(size.1, result.1), kernel }
    }

    fn read<T: PixelValue>(convolution: &Convolution, values: &[T], mask: Option<&[u8]>, nodata: Option<T>) -> Vec<T> {
        let blocks = convolution.blocks(1, Reading::Alone);
        let [block] = &blocks.concat()[..] else { panic!("one block: {blocks:?}") };
        let (width, height) = (convolution.columns.size as usize, convolution.rows.size as usize);
        convolution.apply(block, &Source { values, mask, stride: width, width, height }, nodata, None)
    }

    #[test]
    fn bilinear_halves_are_means_of_four_by_four_with_weights() {
        let values: Vec<f64> = (0..64).map(f64::from).collect();
        let halves = read(&whole(Kernel::Bilinear, (8, 8), (4, 4)), &values, None, None);
        // A plane stays a plane away from its edges.
        assert!((halves[5] - 22.5).abs() < 1e-12 && (halves[10] - 40.5).abs() < 1e-12, "{halves:?}");
    }

    #[test]
    fn what_comes_to_no_data_becomes_its_neighbour() {
        let values: Vec<u8> = vec![4, 6, 4, 6];
        assert_eq!(read(&whole(Kernel::Bilinear, (2, 2), (1, 1)), &values, None, Some(5)), [6]);
        let mask = [0, 0, 0, 255];
        assert_eq!(read(&whole(Kernel::Bilinear, (2, 2), (1, 1)), &values, Some(&mask), Some(9)), [6]);
        assert_eq!(read(&whole(Kernel::Bilinear, (2, 2), (1, 1)), &values, Some(&[0; 4]), Some(9)), [9]);
    }

    proptest! {
        #[test]
        fn one_value_stays_that_value(value: i16, width in 1_u32..40, height in 1_u32..40, columns in 1_u32..60, rows in 1_u32..60) {
            for kernel in KERNELS {
                let values = vec![value; (width * height) as usize];
                let found = read(&whole(kernel, (width, height), (columns, rows)), &values, None, None);
                prop_assert_eq!(found, vec![value; (columns * rows) as usize]);
            }
        }

        #[test]
        fn blocks_cover_the_result_once_and_lie_within_the_source(
            size in (1_u32..5000, 1_u32..5000), result in (1_u32..3000, 1_u32..3000), kernel in 0_usize..4
        ) {
            let convolution = whole(KERNELS[kernel], size, result);
            let blocks = convolution.blocks(256, Reading::Together).concat();
            let pixels: u64 = blocks.iter().map(|block| block.result_columns.len() as u64 * block.result_rows.len() as u64).sum();
            prop_assert_eq!(pixels, u64::from(result.0) * u64::from(result.1));
            for block in blocks {
                prop_assert!(block.columns.end <= size.0 && block.rows.end <= size.1);
                prop_assert!(!block.columns.is_empty() && !block.rows.is_empty());
            }
        }
    }
}
