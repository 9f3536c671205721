//! Statistics of bands as rio-stac writes them into `raster:bands` (STAC raster extension 1.1.0), with
//! numpy's arithmetic.
//!
//! Computes from grids in memory; fetches and prints nothing.

use std::{
    fmt,
    ops::{Add, Index, Range},
};

use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::{Number, Value};

use super::{
    dataset::Raster,
    grid::{BandView, OfBand},
    tiff::{data_type::DataType, gdal_metadata::BandMetadata, value::PixelValue},
};
use crate::{
    display::{Align, Bundle, Table},
    error::Result,
    json::python_float,
};

const BUCKETS: usize = 10;
/// Values that are computed side by side.
const LANES: usize = 8;
/// Values that are added up one after the other, in lanes.
const BLOCK: usize = 128;

/// Statistics of all bands of a raster; indexed by band from 0. As JSON it is the value of `raster:bands`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct Statistics {
    /// The bands.
    pub bands: Vec<BandStatistics>,
}

/// A band as the STAC raster extension describes it.
///
/// Minimum and maximum are whole numbers where the band's values are. They, mean and deviation are absent if
/// no pixel is valid (rio-stac writes zeros then). A raster that marks no pixel as invalid is 100 % valid
/// (rio-stac 0.12 counts one pixel then).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(into = "Value")]
#[non_exhaustive]
pub struct BandStatistics {
    /// Type of the values.
    pub data_type: DataType,
    /// Factor from values to quantities.
    pub scale: f64,
    /// Summand from values to quantities.
    pub offset: f64,
    /// `area` or `point`, if the file says what its pixels are.
    pub sampling: Option<String>,
    /// The value that means "no data".
    pub nodata: Option<f64>,
    /// Unit of the quantities.
    pub unit: Option<String>,
    /// Mean of the valid values.
    pub mean: Option<f64>,
    /// Smallest valid value. Of 64-bit integers it is rounded here, and exact as text and as JSON.
    pub minimum: Option<f64>,
    /// Largest valid value, as the smallest.
    pub maximum: Option<f64>,
    /// Standard deviation of the valid values.
    pub stddev: Option<f64>,
    /// Share of valid pixels in percent.
    pub valid_percent: f64,
    /// Number of valid pixels in the reduced image.
    pub valid_pixels: u64,
    /// Number of pixels in the reduced image.
    pub pixels: u64,
    /// Distribution of the valid values.
    pub histogram: Histogram,
    /// Minimum and maximum as numbers that are not rounded, where floats are.
    extremes: Option<(Number, Number)>,
}

/// Distribution of values in ten equal buckets between the smallest and the largest; all of one value, they
/// lie in the middle of ten buckets around it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Histogram {
    /// Number of the edges of the buckets, one more than there are buckets, as rio-stac counts.
    pub count: usize,
    /// The first edge.
    pub min: f64,
    /// The last edge.
    pub max: f64,
    /// Number of values in each bucket.
    pub buckets: Vec<u64>,
}

impl Raster {
    /// Statistics of all bands as rio-stac computes them. The image is first reduced to at most `max_size`
    /// pixels on its longer side (rio-stac's default is 1024; 0 reads all of it). It takes the nearest
    /// pixels, and overviews where GDAL would take them.
    ///
    /// # Errors
    ///
    /// Those of fetching as in [`Raster::open`], and [`Error::Raster`] if the pixels cannot be decoded.
    pub fn statistics(&self, max_size: u32) -> BoxFuture<'_, Result<Statistics>> {
        Box::pin(async move {
            let header = &self.shared.header;
            let sampling = header.geo.sampling().map(|sampling| sampling.name());
            let all: Vec<usize> = (0..header.metadata.bands.len()).collect();
            let figures =
                Figures { data_type: header.full.data_type, metadata: &header.metadata.bands, sampling, nodata: header.nodata };
            Ok(Statistics { bands: self.of_each_band(&all, max_size, &figures).await? })
        })
    }
}

/// Computes the statistics of bands. Values that are not finite never count as valid.
pub(super) struct Figures<'a> {
    pub(super) data_type: DataType,
    pub(super) metadata: &'a [BandMetadata],
    pub(super) sampling: Option<&'a str>,
    pub(super) nodata: Option<f64>,
}

impl OfBand for Figures<'_> {
    type Output = BandStatistics;

    fn of<T: PixelValue>(&self, band: usize, view: &BandView<'_, T>) -> BandStatistics {
        let values = Counted { values: view.values, opacities: view.opacities() };
        let range = extremes(&values);
        let histogram = Histogram::of(&values, range);
        let number: u64 = histogram.buckets.iter().sum();
        let (count, pixels) = (number as f64, values.values.len());
        // numpy sums all pixels of a masked array, with zeros in place of what is masked, in the precision of
        // the array.
        let or_zero = |value: f64| if value.is_nan() { 0.0 } else { value };
        let sum = match self.data_type {
            DataType::Float32 => pairwise_sum(&values, 0..pixels, &|value| or_zero(value) as f32).into(),
            _ => pairwise_sum(&values, 0..pixels, &or_zero),
        };
        let mean = (number > 0).then(|| sum / count);
        let stddev = mean.map(|mean| {
            let square = |value: f64| or_zero((value - mean) * (value - mean));
            (pairwise_sum(&values, 0..pixels, &square) / count).sqrt()
        });
        let metadata = &self.metadata[band];
        BandStatistics {
            data_type: self.data_type,
            scale: metadata.scale,
            offset: metadata.offset,
            sampling: self.sampling.map(str::to_owned),
            nodata: self.nodata,
            unit: metadata.unit.clone(),
            mean,
            minimum: range.map(|range| range.0),
            maximum: range.map(|range| range.1),
            stddev,
            valid_percent: count / pixels as f64 * 100.0,
            valid_pixels: number,
            pixels: pixels as u64,
            histogram,
            extremes: view.extremes(),
        }
    }
}

impl BandStatistics {
    /// Minimum and maximum as the band holds them: whole numbers without a point.
    fn extremes(&self) -> Option<(Value, Value)> {
        if let Some((low, high)) = &self.extremes {
            return Some((low.clone().into(), high.clone().into()));
        }
        let number = |value: f64| if self.data_type.is_integer() { Value::from(value as i64) } else { float(value) };
        self.minimum.zip(self.maximum).map(|(low, high)| (number(low), number(high)))
    }
}

impl From<BandStatistics> for Value {
    /// The band object of the raster extension, with the members and the order of rio-stac.
    fn from(band: BandStatistics) -> Self {
        let mut object = serde_json::Map::new();
        let mut set = |name: &str, value: Value| object.insert(name.to_owned(), value);
        set("data_type", band.data_type.name().into());
        set("scale", float(band.scale));
        set("offset", float(band.offset));
        if let Some(sampling) = &band.sampling {
            set("sampling", sampling.as_str().into());
        }
        if let Some(nodata) = band.nodata {
            set("nodata", float(nodata));
        }
        if let Some(unit) = &band.unit {
            set("unit", unit.as_str().into());
        }
        let (minimum, maximum) = band.extremes().unzip();
        let members = [
            ("mean", band.mean.map(float)),
            ("minimum", minimum),
            ("maximum", maximum),
            ("stddev", band.stddev.map(float)),
            ("valid_percent", Some(float(band.valid_percent))),
        ];
        let statistics = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        set("statistics", Value::Object(statistics.collect()));
        set("histogram", serde_json::json!(band.histogram));
        object.into()
    }
}

/// A float as JSON; what JSON does not have becomes the text that the raster extension has for it.
fn float(value: f64) -> Value {
    Number::from_f64(value).map_or_else(|| Value::from(python_float(value)), Value::from)
}

impl Histogram {
    /// `numpy.histogram(values, bins=10)` of those that count, with the smallest and the largest of them.
    fn of<T: PixelValue>(values: &Counted<'_, T>, range: Option<(f64, f64)>) -> Self {
        let (minimum, maximum) = range.unwrap_or((0.0, 1.0));
        let (min, max) = if minimum == maximum { (minimum - 0.5, maximum + 0.5) } else { (minimum, maximum) };
        let step = (max - min) / BUCKETS as f64;
        let mut edges: [f64; BUCKETS] = std::array::from_fn(|index| index as f64 * step + min);
        // Also where the whole range is too wide for a float.
        edges[0] = min;
        // How many are at an edge or above, which the processor counts for many values at once; what is not a
        // number is nowhere.
        let mut above = [0; BUCKETS + 1];
        values.each_block(|values| {
            for (above, edge) in above[..BUCKETS].iter_mut().zip(edges) {
                *above += values.iter().map(|value| u64::from(*value >= edge)).sum::<u64>();
            }
        });
        let buckets = above.windows(2).map(|two| two[0] - two[1]).collect();
        Self { count: BUCKETS + 1, min, max, buckets }
    }
}

/// Values of a band, and how opaque they are.
struct Counted<'a, T> {
    values: &'a [T],
    opacities: Option<&'a [u8]>,
}

impl<T: PixelValue> Counted<'_, T> {
    /// At most `BLOCK` of the values as floats, not-a-number in place of those that do not count.
    fn block(&self, at: Range<usize>) -> ([f64; BLOCK], usize) {
        let mut block = [f64::NAN; BLOCK];
        let length = at.len();
        let numbers = block.iter_mut().zip(&self.values[at.clone()]);
        match self.opacities.map(|opacities| &opacities[at]) {
            None => numbers.for_each(|(number, value)| *number = value.to_f64()),
            Some(opacities) => numbers.zip(opacities).for_each(|((number, value), opacity)| {
                *number = if *opacity == 0 { f64::NAN } else { value.to_f64() };
            }),
        }
        if !T::DATA_TYPE.is_integer() {
            block.iter_mut().for_each(|number| *number = if number.is_finite() { *number } else { f64::NAN });
        }
        (block, length)
    }

    fn each_block(&self, mut each: impl FnMut(&[f64])) {
        for start in (0..self.values.len()).step_by(BLOCK) {
            let (block, length) = self.block(start..(start + BLOCK).min(self.values.len()));
            each(&block[..length]);
        }
    }
}

/// The smallest and the largest of the values that count, if there are any.
fn extremes<T: PixelValue>(values: &Counted<'_, T>) -> Option<(f64, f64)> {
    let (mut low, mut high) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    values.each_block(|values| {
        for values in values.chunks(LANES) {
            for ((value, low), high) in values.iter().zip(&mut low).zip(&mut high) {
                *low = if *value < *low { *value } else { *low };
                *high = if *value > *high { *value } else { *high };
            }
        }
    });
    let (low, high) = (low.into_iter().fold(f64::INFINITY, f64::min), high.into_iter().fold(f64::NEG_INFINITY, f64::max));
    (low <= high).then_some((low, high))
}

/// The sum in the order of numpy, which is more exact than one after the other: halves of halves, with eight
/// partial sums at the bottom.
fn pairwise_sum<T, S>(values: &Counted<'_, T>, at: Range<usize>, of: &impl Fn(f64) -> S) -> S
where
    T: PixelValue,
    S: Copy + Default + Add<Output = S>,
{
    let count = at.len();
    if count > BLOCK {
        let middle = at.start + count / 2 - count / 2 % LANES;
        return pairwise_sum(values, at.start..middle, of) + pairwise_sum(values, middle..at.end, of);
    }
    let (block, length) = values.block(at);
    let (eights, rest) = block[..length].as_chunks::<LANES>();
    let add = |sum: S, value: &f64| sum + of(*value);
    let Some((first, eights)) = eights.split_first() else { return rest.iter().fold(S::default(), add) };
    let mut sums = first.map(of);
    for eight in eights {
        sums.iter_mut().zip(eight).for_each(|(sum, value)| *sum = *sum + of(*value));
    }
    let [a, b, c, d, e, f, g, h] = sums;
    rest.iter().fold(((a + b) + (c + d)) + ((e + f) + (g + h)), add)
}

impl Index<usize> for Statistics {
    type Output = BandStatistics;

    fn index(&self, band: usize) -> &BandStatistics {
        &self.bands[band]
    }
}

impl Statistics {
    /// Shows the statistics in a notebook.
    pub fn evcxr_display(&self) {
        let table = self.table();
        Bundle::text(table.to_text()).html(table.to_html()).emit();
    }

    fn table(&self) -> Table {
        let columns = ["band", "type", "minimum", "maximum", "mean", "stddev", "valid pixels", "valid %", "histogram"];
        let mut table = Table::new(columns.map(|name| {
            let words = matches!(name, "type" | "histogram");
            (name, if words { Align::Left } else { Align::Right })
        }));
        for (index, band) in self.bands.iter().enumerate() {
            let (minimum, maximum) = match band.extremes() {
                // Floats are written as Python does it, and so are those that JSON does not have.
                Some(_) if !band.data_type.is_integer() => (band.minimum.map(python_float), band.maximum.map(python_float)),
                extremes => extremes.map(|(low, high)| (low.to_string(), high.to_string())).unzip(),
            };
            let or_none = |text: Option<String>| text.unwrap_or_else(|| "none".to_owned());
            let float = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), python_float);
            let buckets: Vec<String> = band.histogram.buckets.iter().map(u64::to_string).collect();
            let histogram =
                format!("{} in {}..{}", buckets.join(" "), python_float(band.histogram.min), python_float(band.histogram.max));
            table.row([
                (index + 1).to_string(),
                band.data_type.to_string(),
                or_none(minimum),
                or_none(maximum),
                float(band.mean),
                float(band.stddev),
                format!("{} of {}", band.valid_pixels, band.pixels),
                python_float(band.valid_percent),
                histogram,
            ]);
        }
        table
    }
}

impl fmt::Display for Statistics {
    /// A table: a line per band.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table().to_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(values: &[f64]) -> Counted<'_, f64> {
        Counted { values, opacities: None }
    }

    fn histogram(values: &[f64]) -> Histogram {
        Histogram::of(&counted(values), extremes(&counted(values)))
    }

    // Expectations written by numpy 2.
    #[test]
    fn histograms_of_numpy() {
        let of_one = histogram(&[1.0; 5]);
        assert_eq!((of_one.min, of_one.max, of_one.count), (0.5, 1.5, 11));
        assert_eq!(of_one.buckets, [0, 0, 0, 0, 0, 5, 0, 0, 0, 0]);
        assert_eq!(histogram(&[]).buckets, [0; 10]);
        assert_eq!((histogram(&[]).min, histogram(&[]).max), (0.0, 1.0));
        let tenths: Vec<f64> = (0..=10).map(|tenth| f64::from(tenth) / 10.0).collect();
        // Not quite what one would expect of eleven tenths, but what numpy counts: edges are rounded as well.
        assert_eq!(histogram(&tenths).buckets, [1, 1, 2, 0, 1, 2, 1, 0, 1, 2]);
        let tenths: Vec<f64> = (0..31).map(|tenth| f64::from(tenth) * 0.1).collect();
        assert_eq!(histogram(&tenths).buckets, [3, 3, 3, 3, 3, 3, 3, 3, 3, 4]);
    }

    #[test]
    fn sums_are_paired() {
        let values: Vec<f64> = (0..1000).map(|value| f64::from(value) * 0.1).collect();
        assert_eq!(pairwise_sum(&counted(&values), 0..1000, &|value| value), 49950.0);
        assert_eq!(pairwise_sum(&counted(&[0.1; 7]), 0..7, &|value| value), 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1);
    }
}
