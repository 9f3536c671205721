//! Which pixels of a level each pixel of a result is made of, and how much each of them counts, in one
//! direction. Computes with places, not with values.

use std::ops::Range;

use super::kernel::Kernel;

/// One direction of a part of a level that is read in another size.
#[derive(Clone, Debug)]
pub(super) struct Direction {
    /// Pixels of the level for each of the result.
    ratio: f64,
    /// The first pixel of the part, and how many it has.
    first: u32,
    pub(super) length: u32,
    /// What is added to places in the level, for a part that begins within a pixel.
    delta: f64,
    /// Where places are counted from: those in the whole result, if the part begins with one of its pixels.
    origin: i64,
    shift: i64,
    pub(super) size: u32,
    pub(super) result: u32,
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
    pub(super) fn factor(&self) -> u32 {
        ((0.5 + self.ratio) as u32).max(1)
    }

    /// How many pixels of the source this many pixels of the result take.
    pub(super) fn needed(&self, result: u32) -> u64 {
        (3 + (f64::from(result) * self.ratio) as u64).min(self.size.into())
    }

    /// The pixels that these pixels of the result are made of, with `margin` more on each side.
    pub(super) fn source(&self, result: &Range<u32>, margin: u32) -> Range<u32> {
        let start = u64::from(self.first) + (f64::from(result.start) * self.ratio) as u64;
        let end = u64::from(self.first) + 1 + (f64::from(result.end) * self.ratio).ceil() as u64;
        let end = end.min(self.size.into()) + u64::from(margin);
        (start.saturating_sub(margin.into()) as u32)..(end.min(self.size.into()) as u32)
    }

    /// The weights of the pixels that each pixel of the result is made of, out of those of a block.
    pub(super) fn taps(&self, kernel: Kernel, result: &Range<u32>, source: &Range<u32>, steps: Steps) -> Vec<Taps> {
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
pub(super) enum Steps {
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
pub(super) struct Taps {
    pub(super) start: usize,
    pub(super) weights: Vec<f64>,
    /// The weights as shares of their sum.
    pub(super) shares: Vec<f64>,
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
