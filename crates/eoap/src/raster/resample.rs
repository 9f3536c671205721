//! How an image is read in another size, as GDAL does it: which overview, which pixels, which average.
//!
//! Computes with sizes and values in memory; fetches nothing.

use super::{
    kernel::Kernel,
    tiff::{data_type::DataType, value::PixelValue},
};

/// How a pixel of the result comes from pixels of the file, when the shapes differ.
///
/// ```no_run
/// # async fn run(raster: eoap::Raster) -> Result<(), eoap::Error> {
/// let small = raster.read::<f32>().shape(300, 400).resampling(eoap::Resampling::Bilinear).await?;
/// assert_eq!(small.dim().1, 300);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resampling {
    /// The pixel in whose area the middle of the new pixel lies.
    #[default]
    Nearest,
    /// The mean of all valid pixels that the new pixel covers, each weighted with how much of it is covered.
    Average,
    /// Valid pixels up to one pixel away, the nearer the more: of the file, or of the result where its pixels
    /// are the larger ones.
    Bilinear,
    /// Valid pixels up to two pixels away, by Catmull and Rom's kernel: sharper than bilinear; may go beyond
    /// the values that there are.
    Cubic,
    /// Valid pixels up to two pixels away, by a B-spline: smoother than bilinear.
    CubicSpline,
    /// Valid pixels up to three pixels away, by a windowed sine: the sharpest; may go beyond the values that
    /// there are.
    Lanczos,
}

impl Resampling {
    /// The kernel to interpolate with.
    pub(super) fn kernel(self) -> Option<Kernel> {
        match self {
            Self::Nearest | Self::Average => None,
            Self::Bilinear => Some(Kernel::Bilinear),
            Self::Cubic => Some(Kernel::Cubic),
            Self::CubicSpline => Some(Kernel::CubicSpline),
            Self::Lanczos => Some(Kernel::Lanczos),
        }
    }
}

/// A rectangle of a level in pixels, whose edges may lie within pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) column: f64,
    pub(crate) row: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// The level that GDAL reads from (GDALBandGetBestOverviewLevel2): the smallest overview that is at most a
/// little smaller than what is asked for. `sizes` are those of the overviews that can be used. `wanted` is
/// how many pixels of the full image make one of the result. Returns an index into `sizes`, or nothing for
/// the full image.
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

/// The pixels that each pixel of the result covers in one direction, with the weights of the first and the
/// last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cover {
    start: u32,
    end: u32,
    first: f64,
    last: f64,
}

impl Cover {
    /// The pixels that are covered by `result` pixels from `start` on, `length` in all. GDAL rounds where the
    /// part begins, and counts from there.
    pub(crate) fn of(start: f64, length: f64, source: u32, result: u32) -> Vec<Self> {
        const EPSILON: f64 = 1e-8;
        let base = ((start + 0.5) as u32).min(source - 1);
        let size = source - base;
        let (delta, step) = (start - f64::from(base), length / f64::from(result));
        let cover = |index: u32| {
            let (low, high) = (delta + f64::from(index) * step, delta + (f64::from(index) + 1.0) * step);
            let from = ((low + EPSILON) as u32).min(size - 1);
            let to = ((high - EPSILON).ceil() as u32).max(from + 1).min(size);
            let first = if to == from + 1 { 1.0 } else { 1.0 - (low - f64::from(from)) };
            Self { start: base + from, end: base + to, first, last: 1.0 - (f64::from(to) - high) }
        };
        (0..result).map(cover).collect()
    }

    /// The columns or rows that these need.
    pub(crate) fn span(covers: &[Self]) -> (u32, u32) {
        covers.first().zip(covers.last()).map_or((0, 0), |(first, last)| (first.start, last.end))
    }

    /// The columns or rows that this one needs.
    pub(crate) fn lines(&self) -> std::ops::Range<u32> {
        self.start..self.end
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

    /// The weights of all of them together.
    fn total(&self) -> f64 {
        match self.end - self.start {
            1 => self.first,
            count => self.first + (f64::from(count - 2) + self.last),
        }
    }

    fn is_pair(&self) -> bool {
        self.end == self.start + 2
    }
}

/// A part of one band: its values row by row, which of them count, the place of the first (column, row), and
/// the length of a row.
#[derive(Debug)]
pub(crate) struct Part<'a, T> {
    pub(crate) values: &'a [T],
    /// How opaque each is; what is 0 does not count.
    pub(crate) valid: Option<&'a [u8]>,
    pub(crate) origin: (u32, u32),
    pub(crate) width: usize,
}

/// Averages a part of a band. Where nothing of it is valid the result is `nodata`. A result that equals
/// `nodata` by chance becomes its neighbour. Sums have GDAL 3.10's order and precision, so that the last
/// digit is the same.
pub(crate) fn average<T: PixelValue>(part: &Part<'_, T>, (columns, rows): (&[Cover], &[Cover]), nodata: Option<T>) -> Vec<T> {
    // GDAL takes four pixels as they are where columns are pairs side by side.
    let are_apart = columns.windows(2).all(|two| two[0].end == two[1].start);
    let pairs = columns.iter().all(Cover::is_pair) && are_apart && part.valid.is_none();
    let mut out = Vec::with_capacity(columns.len() * rows.len());
    for row in rows {
        for (index, column) in columns.iter().enumerate() {
            out.push(match part.valid {
                None if pairs && row.is_pair() => {
                    // Four at a time are added in another order than the few that remain.
                    let is_one_of_four = index < columns.len() / 4 * 4;
                    part.average_of_four(column, row, is_one_of_four)
                }
                None => rounded(part.weighed(column, row) / (column.total() * row.total())),
                Some(valid) => match (part.weighed_valid(column, row, valid), nodata) {
                    ((_, 0.0), nodata) => nodata.unwrap_or_default(),
                    ((sum, total), Some(nodata)) if is_just(sum / total, nodata) => neighbour(nodata),
                    ((sum, total), _) => rounded(sum / total),
                },
            });
        }
    }
    out
}

impl<T: PixelValue> Part<'_, T> {
    fn line(&self, row: u32) -> usize {
        (row - self.origin.1) as usize * self.width
    }

    /// The weighed sum of all values, line by line.
    fn weighed(&self, column: &Cover, row: &Cover) -> f64 {
        let mut sum = 0.0;
        for y in row.start..row.end {
            let start = self.line(y) + (column.start - self.origin.0) as usize;
            let line = &self.values[start..start + (column.end - column.start) as usize];
            let mut in_line = line[0].to_f64() * column.first;
            if let [_, middle @ .., last] = line {
                for value in middle {
                    in_line += value.to_f64();
                }
                in_line += last.to_f64() * column.last;
            }
            sum += in_line * row.weight(y);
        }
        sum
    }

    /// The weighed sum of the valid values, and the sum of their weights.
    fn weighed_valid(&self, column: &Cover, row: &Cover, valid: &[u8]) -> (f64, f64) {
        let (mut sum, mut total) = (0.0, 0.0);
        for y in row.start..row.end {
            let (mut in_line, mut weight_in_line) = (0.0, 0.0);
            for x in column.start..column.end {
                let at = self.line(y) + (x - self.origin.0) as usize;
                if valid[at] != 0 {
                    in_line += self.values[at].to_f64() * column.weight(x);
                    weight_in_line += column.weight(x);
                }
            }
            sum += in_line * row.weight(y);
            total += weight_in_line * row.weight(y);
        }
        (sum, total)
    }

    /// Two by two pixels that count in full.
    fn average_of_four(&self, column: &Cover, row: &Cover, is_one_of_four: bool) -> T {
        let at = self.line(row.start) + (column.start - self.origin.0) as usize;
        let [a, b, c, d] = [at, at + 1, at + self.width, at + self.width + 1].map(|at| self.values[at].to_f64());
        if has_32_bit_work(T::DATA_TYPE) {
            let [a, b, c, d] = [a, b, c, d].map(|value| value as f32);
            let sum = if is_one_of_four { (a + c) + (b + d) } else { a + b + c + d };
            return rounded((sum * 0.25).into());
        }
        rounded((a + b + c + d) / 4.0)
    }
}

/// The types whose averages GDAL computes in 32 bits.
fn has_32_bit_work(data_type: DataType) -> bool {
    matches!(data_type, DataType::Int8 | DataType::Int16 | DataType::Float32)
}

/// The nearest value of the type; halves go away from zero.
fn rounded<T: PixelValue>(value: f64) -> T {
    let half = if value < 0.0 { -0.5 } else { 0.5 };
    T::of_f64(match T::DATA_TYPE {
        DataType::Float32 | DataType::Float64 => value,
        DataType::Int8 | DataType::Int16 => return rounded_from_32_bits(value as f32),
        // The conversion cuts off what is behind the point.
        _ => value + half,
    })
}

/// The nearest whole number of the type, as GDAL finds it in 32 bits; halves go away from zero.
pub(super) fn rounded_from_32_bits<T: PixelValue>(value: f32) -> T {
    let half = if value < 0.0 { -0.5 } else { 0.5 };
    // The conversion cuts off what is behind the point.
    T::of_f64(f64::from(value + half))
}

/// Whether an average equals this value: before it is rounded, except for the types that GDAL averages as
/// whole numbers.
fn is_just<T: PixelValue>(value: f64, nodata: T) -> bool {
    match T::DATA_TYPE {
        DataType::UInt8 | DataType::UInt16 => rounded::<T>(value) == nodata,
        data_type if has_32_bit_work(data_type) => value as f32 == nodata.to_f64() as f32,
        _ => value == nodata.to_f64(),
    }
}

/// A value right beside this one.
pub(super) fn neighbour<T: PixelValue>(value: T) -> T {
    let number = value.to_f64();
    match T::DATA_TYPE {
        DataType::Float32 => T::of_f64((number as f32).next_up().into()),
        DataType::Float64 => T::of_f64(number.next_up()),
        _ if T::of_f64(number + 1.0) == value => T::of_f64(number - 1.0),
        _ => T::of_f64(number + 1.0),
    }
}

/// The value that GDAL's warper takes for one that is "no data" by chance.
pub(super) fn neighbour_below<T: PixelValue>(value: T) -> T {
    let number = value.to_f64();
    match T::DATA_TYPE {
        DataType::Float32 | DataType::Float64 => neighbour(value),
        _ if T::of_f64(number - 1.0) == value => T::of_f64(number + 1.0),
        _ => T::of_f64(number - 1.0),
    }
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
        fn part<'a, T>(values: &'a [T], valid: Option<&'a [u8]>) -> Part<'a, T> {
            Part { values, valid, origin: (0, 0), width: values.len() }
        }
        assert_eq!(average(&part(&[1.0, 4.0, 10.0], None), (&columns, &rows), None), [2.0, 8.0]);
        let valid = [255, 0, 0];
        assert_eq!(average(&part(&[1_u8, 4, 10], Some(&valid)), (&columns, &rows), Some(9)), [1, 9]);
        assert_eq!(average(&part(&[1_u8, 4, 10], Some(&valid)), (&columns, &rows), Some(1)), [2, 1]);
        assert_eq!(average(&part(&[1_u8, 2], None), (&Cover::of(0.0, 2.0, 2, 1), &rows), None), [2]);
        assert_eq!(average(&part(&[-1_i8, -2], None), (&Cover::of(0.0, 2.0, 2, 1), &rows), None), [-2]);
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
