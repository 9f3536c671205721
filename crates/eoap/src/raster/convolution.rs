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
    tiff::{data_type::DataType, sample::Sample},
};

/// A block of the result is made of about this many pixels of the source.
const BLOCK_PIXELS: u64 = 1 << 20;

/// One direction of a part of a level that is read in another size.
#[derive(Clone, Debug)]
pub(super) struct Direction {
    /// Pixels of the level for each of the result.
    ratio: f64,
    /// The first pixel of the part, and how many it has.
    first: u32,
    length: u32,
    /// What is added to places in the level, for a part that begins within a pixel.
    delta: f64,
    /// Where places are counted from: those in the whole result, if the part begins with one of its pixels.
    origin: i64,
    shift: i64,
    size: u32,
    result: u32,
}

impl Direction {
    /// The part from `start` on, `length` pixels long, of a level with `size` pixels, read as `result`
    /// pixels.
    pub(super) fn of(start: f64, length: f64, size: u32, result: u32) -> Self {
        let ratio = length / f64::from(result);
        let first = ((start + 0.5) as u32).min(size - 1);
        let whole = ((length + 0.5) as u32).max(1).min(size - first);
        let virtual_start = start / ratio;
        let is_on_grid = (virtual_start - (virtual_start + 0.5).trunc()).abs() < 1e-8;
        let (delta, origin, shift) = match is_on_grid {
            true => (0.0, 0, (virtual_start + 0.5) as i64),
            false => (start - f64::from(first), first.into(), 0),
        };
        Self { ratio, first, length: whole, delta, origin, shift, size, result }
    }

    /// The factor by which GDAL widens a kernel when it decides what to read.
    fn factor(&self) -> u32 {
        ((0.5 + self.ratio) as u32).max(1)
    }

    /// How many pixels of the source this many pixels of the result take.
    fn needed(&self, result: u32) -> u64 {
        (3 + (f64::from(result) * self.ratio) as u64).min(self.size.into())
    }

    /// The pixels that these pixels of the result are made of, with `margin` more on each side.
    fn source(&self, result: &Range<u32>, margin: u32) -> Range<u32> {
        let start = u64::from(self.first) + (f64::from(result.start) * self.ratio) as u64;
        let end = u64::from(self.first) + 1 + (f64::from(result.end) * self.ratio).ceil() as u64;
        let end = end.min(self.size.into()) + u64::from(margin);
        (start.saturating_sub(margin.into()) as u32)..(end.min(self.size.into()) as u32)
    }

    /// The weights of the pixels that each pixel of the result is made of, out of those of a block.
    fn taps(&self, kernel: Kernel, result: &Range<u32>, source: &Range<u32>, steps: Steps) -> Vec<Taps> {
        let scale = (1.0 / self.ratio).min(1.0);
        let radius = f64::from(kernel.radius()) / scale;
        let (low, high) = (i64::from(source.start) - self.origin, i64::from(source.end) - self.origin);
        let of = |index: u32| {
            let middle = ((i64::from(index) + self.shift) as f64 + 0.5) * self.ratio + self.delta;
            let start = ((middle - radius + 0.5).floor() as i64).max(low);
            let end = ((middle + radius + 0.5) as i64).min(high).max(start);
            let distances = steps.distances(scale * (start as f64 - middle + 0.5), scale, (end - start) as usize);
            Taps::of(kernel, (start - low) as usize, distances)
        };
        result.clone().map(of).collect()
    }
}

/// How GDAL counts from one distance to the next, which changes only the last digit.
#[derive(Clone, Copy, Debug)]
enum Steps {
    OneByOne,
    FourByFour,
}

impl Steps {
    fn distances(self, first: f64, step: f64, count: usize) -> Vec<f64> {
        let mut out = Vec::with_capacity(count);
        let mut at = first;
        while out.len() < count {
            match self {
                Self::FourByFour if out.len() + 4 <= count => {
                    out.extend([at, at + step, at + 2.0 * step, at + 3.0 * step]);
                    at += 4.0 * step;
                }
                _ => {
                    out.push(at);
                    at += step;
                }
            }
        }
        out
    }
}

/// The first pixel that counts, and the weights from there on.
#[derive(Debug)]
struct Taps {
    start: usize,
    weights: Vec<f64>,
    /// The weights as shares of their sum.
    shares: Vec<f64>,
}

impl Taps {
    fn of(kernel: Kernel, start: usize, mut weights: Vec<f64>) -> Self {
        weights.iter_mut().for_each(|distance| *distance = kernel.weight(*distance));
        let (fours, rest) = weights.as_chunks::<4>();
        let sum =
            fours.iter().map(|[a, b, c, d]| a + b + c + d).chain(rest.iter().copied()).fold(0.0, |sum, weight| sum + weight);
        let inverse = if sum == 0.0 { 1.0 } else { 1.0 / sum };
        let shares = weights.iter().map(|weight| weight * inverse).collect();
        Self { start, weights, shares }
    }
}

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
    pub(super) fn apply<T: Sample>(&self, block: &Block, source: &Source<'_, T>, nodata: Option<T>, bits: Option<u32>) -> Vec<T> {
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

    fn masked<T: Sample>(
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
fn plain<T: Sample>(source: &Source<'_, T>, columns: &[Taps], rows: &[Taps], finish: impl Fn(f64) -> T) -> Vec<T> {
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
fn horizontally<T: Sample>(source: &Source<'_, T>, row: usize, columns: &[Taps], floats: &mut [f64], out: &mut Vec<f64>) {
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

/// Of each four, the first two and the last two are added up apart.
fn in_pairs(values: impl ExactSizeIterator<Item = f64>, shares: &[f64]) -> f64 {
    let (mut first, mut second) = (0.0, 0.0);
    let fours = shares.len() / 4 * 4;
    for (index, (value, share)) in values.zip(shares).enumerate() {
        match index < fours && index % 4 >= 2 {
            true => second += value * share,
            false => first += value * share,
        }
    }
    first + second
}

/// Four sums side by side, as the processor's vectors have them.
fn in_vectors(values: &[f64], shares: &[f64], is_one_of_three: bool) -> f64 {
    let mut sums = [[0.0; 4]; 2];
    // Of less than eight, lines that are computed alone have no vectors.
    let size = if is_one_of_three && shares.len() < 8 { 4 } else { 8 };
    let whole = shares.len() / size * size;
    for (number, (values, shares)) in values[..whole].chunks_exact(4).zip(shares.chunks_exact(4)).enumerate() {
        let sums = &mut sums[if is_one_of_three { 0 } else { number % 2 }];
        for lane in 0..4 {
            sums[lane] += values[lane] * shares[lane];
        }
    }
    let [a, b, c, d] = [0, 1, 2, 3].map(|lane| sums[0][lane] + sums[1][lane]);
    let rest = values[whole..].iter().zip(&shares[whole..]);
    rest.fold((a + c) + (b + d), |sum, (value, share)| sum + value * share)
}

/// The weighed sum of values, and the sum of the weights.
fn weighed<T: Sample>(values: &[T], opacities: &[u8], weights: &[f64]) -> (f64, f64) {
    let whole = weights.len() / 4 * 4;
    let weight = |at: usize| weights[at] * f64::from(opacities[at]);
    let (mut sum, mut total) = (0.0, 0.0);
    if is_vectored::<T>() {
        let (mut sums, mut totals) = ([0.0; 4], [0.0; 4]);
        for at in 0..whole {
            sums[at % 4] += values[at].to_f64() * weight(at);
            totals[at % 4] += weight(at);
        }
        sum = (sums[0] + sums[2]) + (sums[1] + sums[3]);
        total = (totals[0] + totals[2]) + (totals[1] + totals[3]);
    } else {
        for at in (0..whole).step_by(4) {
            (at..at + 4).for_each(|at| sum += values[at].to_f64() * weight(at));
            total += weight(at) + weight(at + 1) + weight(at + 2) + weight(at + 3);
        }
    }
    for (at, value) in values.iter().enumerate().skip(whole) {
        sum += value.to_f64() * weight(at);
        total += weight(at);
    }
    (sum, total)
}

fn longest_run(are_valid: impl Iterator<Item = bool>) -> usize {
    let (mut run, mut longest) = (0, 0);
    for is_valid in are_valid {
        run = if is_valid { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// Whether GDAL adds values of this type up in vectors.
fn is_vectored<T: Sample>() -> bool {
    matches!(T::TYPE, DataType::UInt8 | DataType::UInt16)
}

/// Whether GDAL keeps results of this type in 32 bits until they are rounded.
fn has_32_bit_work<T: Sample>() -> bool {
    matches!(T::TYPE, DataType::UInt8 | DataType::Int8 | DataType::UInt16 | DataType::Int16 | DataType::Float32)
}

/// A value of the type. A result that equals "no data" by chance becomes its neighbour.
fn finished<T: Sample>(value: f64, nodata: Option<T>, largest: Option<f64>) -> T {
    let value = if has_32_bit_work::<T>() { f64::from(value as f32) } else { value };
    let value = match nodata {
        Some(nodata) if is_just(value, nodata) => neighbour(nodata).to_f64(),
        _ => value,
    };
    let value = largest.map_or(value, |largest| value.min(largest));
    match T::TYPE {
        DataType::Float32 | DataType::Float64 => T::of_f64(value),
        _ if has_32_bit_work::<T>() => rounded_from_32_bits(value as f32),
        // The conversion cuts off what is behind the point.
        _ => T::of_f64(value + if value < 0.0 { -0.5 } else { 0.5 }),
    }
}

fn is_just<T: Sample>(value: f64, nodata: T) -> bool {
    match T::TYPE {
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

    fn read<T: Sample>(convolution: &Convolution, values: &[T], mask: Option<&[u8]>, nodata: Option<T>) -> Vec<T> {
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
