//! How an image is read in another size, as GDAL does it: which overview, which pixels, which average.
//!
//! Computes with sizes and values that are here; fetches nothing.

use super::sample::Sample;

/// How a pixel of the result comes from pixels of the file, when the shapes differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resampling {
    /// The pixel in whose area the middle of the new pixel lies.
    #[default]
    Nearest,
    /// The mean of all valid pixels that the new pixel covers, each weighted with how much of it is covered.
    Average,
}

/// A rectangle of a level in pixels, whose edges may lie within pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) column: f64,
    pub(crate) row: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// The level that GDAL reads from (GDALBandGetBestOverviewLevel2): the smallest overview that is at most a little smaller than what
/// is asked for. `sizes` are those of the overviews that can be used, `wanted` how many pixels of the full image make one of the
/// result; answers an index into `sizes`, or nothing for the full image.
pub(crate) fn best_overview(
    full: (u32, u32),
    sizes: &[(u32, u32)],
    wanted: (f64, f64),
    rows: u32,
    resampling: Resampling,
) -> Option<usize> {
    // An overview may be this much too small, for a nearest pixel.
    let threshold = if resampling == Resampling::Nearest { 1.2 } else { 1.0 };
    const EPSILON: f64 = 0.1;
    let wanted = if wanted.0 < wanted.1 || rows == 1 { wanted.0 } else { wanted.1 };
    let (mut best, mut best_factor) = (None, 0.0);
    for (index, size) in sizes.iter().enumerate() {
        let (x, y) = (f64::from(full.0) / f64::from(size.0), f64::from(full.1) / f64::from(size.1));
        let factor = x.min(y);
        let fits = size.0 <= full.0 && size.1 <= full.1;
        if fits && factor < wanted * threshold + EPSILON && factor > best_factor {
            (best, best_factor) = (Some(index), factor);
        }
    }
    best
}

/// Which pixel of the source each pixel of the result is.
pub(crate) fn nearest(start: f64, length: f64, source: u32, result: u32) -> Vec<u32> {
    const EPSILON: f64 = 1e-10;
    let step = length / f64::from(result);
    (0..result).map(|index| (((f64::from(index) + 0.5) * step + start + EPSILON) as u32).min(source - 1)).collect()
}

/// The pixels that each pixel of the result covers in one direction, with the weights of the first and the last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cover {
    start: u32,
    end: u32,
    first: f64,
    last: f64,
}

impl Cover {
    /// The pixels that are covered by `result` pixels from `start` on, `length` in all.
    pub(crate) fn of(start: f64, length: f64, source: u32, result: u32) -> Vec<Self> {
        const EPSILON: f64 = 1e-8;
        let step = length / f64::from(result);
        let cover = |index: u32| {
            let (low, high) = (start + f64::from(index) * step, start + (f64::from(index) + 1.0) * step);
            let from = ((low + EPSILON) as u32).min(source - 1);
            let to = ((high - EPSILON).ceil() as u32).max(from + 1).min(source);
            let first = if to == from + 1 { 1.0 } else { 1.0 - (low - f64::from(from)) };
            Self { start: from, end: to, first, last: 1.0 - (f64::from(to) - high) }
        };
        (0..result).map(cover).collect()
    }

    /// The columns or rows that these need.
    pub(crate) fn span(covers: &[Self]) -> (u32, u32) {
        covers.first().zip(covers.last()).map_or((0, 0), |(first, last)| (first.start, last.end))
    }

    fn weight(&self, at: u32) -> f64 {
        if at == self.start {
            self.first
        } else if at + 1 == self.end {
            self.last
        } else {
            1.0
        }
    }
}

/// Averages a part of one band, row by row from `origin` (column, row) on and `width` columns wide. `valid` leaves pixels out; where it
/// leaves none, the result is `absent`.
pub(crate) fn average<T: Sample>(
    values: &[T],
    valid: Option<&[bool]>,
    origin: (u32, u32),
    width: usize,
    (columns, rows): (&[Cover], &[Cover]),
    absent: T,
) -> Vec<T> {
    let mut out = Vec::with_capacity(columns.len() * rows.len());
    for row in rows {
        for column in columns {
            let (mut sum, mut total) = (0.0, 0.0);
            for y in row.start..row.end {
                let line = (y - origin.1) as usize * width;
                let weight = row.weight(y);
                for x in column.start..column.end {
                    let at = line + (x - origin.0) as usize;
                    if valid.is_none_or(|valid| valid[at]) {
                        let weight = weight * column.weight(x);
                        sum += values[at].to_f64() * weight;
                        total += weight;
                    }
                }
            }
            out.push(if total > 0.0 { rounded(sum / total) } else { absent });
        }
    }
    out
}

/// The nearest value of the type; halves go away from zero.
fn rounded<T: Sample>(value: f64) -> T {
    T::of_f64(if T::TYPE.is_integer() { value.round() } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_in_the_middle_are_taken() {
        assert_eq!(nearest(0.0, 10.0, 10, 5), [1, 3, 5, 7, 9]);
        assert_eq!(nearest(0.0, 3.0, 3, 3), [0, 1, 2]);
        assert_eq!(nearest(0.0, 2402.0, 2402, 1024)[..4], [1, 3, 5, 8]);
        assert_eq!(nearest(0.0, 2402.0, 2402, 1024)[1023], 2400);
        assert_eq!(nearest(4.0, 4.0, 10, 2), [5, 7]);
        assert_eq!(nearest(8.0, 2.0, 10, 4), [8, 8, 9, 9]);
    }

    #[test]
    fn averages_weigh_what_is_covered() {
        let (columns, rows) = (Cover::of(0.0, 3.0, 3, 2), Cover::of(0.0, 1.0, 1, 1));
        assert_eq!(average(&[1.0, 4.0, 10.0], None, (0, 0), 3, (&columns, &rows), 0.0), [2.0, 8.0]);
        assert_eq!(average(&[1_u8, 4, 10], Some(&[true, false, false]), (0, 0), 3, (&columns, &rows), 9), [1, 9]);
        assert_eq!(average(&[1_u8, 2], None, (0, 0), 2, (&Cover::of(0.0, 2.0, 2, 1), &rows), 0), [2]);
    }

    #[test]
    fn overviews_a_little_too_small_will_do_for_nearest() {
        let sizes = [(500, 500), (250, 250)];
        let best = |wanted, resampling| best_overview((1000, 1000), &sizes, (wanted, wanted), 300, resampling);
        assert_eq!(best(1.7, Resampling::Nearest), Some(0));
        assert_eq!(best(1.7, Resampling::Average), None);
        assert_eq!(best(4.0, Resampling::Average), Some(1));
    }
}
