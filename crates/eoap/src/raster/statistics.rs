//! Statistics of bands as rio-stac writes them into `raster:bands` (STAC raster extension 1.1.0), with
//! numpy's arithmetic.
//!
//! Computes from grids in memory; fetches and prints nothing.

use std::{
    fmt,
    ops::{Add, Index, Range},
};

use serde::Serialize;
use serde_json::{Number, Value};

use super::{
    grid::Grid,
    tiff::{data_type::DataType, gdal_metadata::BandMetadata},
};
use crate::{
    display::{Align, Bundle, Table},
    json::python_float,
};

const BUCKETS: usize = 10;

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

impl BandStatistics {
    /// Computes the statistics of a band. Values that are not finite never count as valid.
    pub(crate) fn of(
        grid: &Grid,
        data_type: DataType,
        metadata: &BandMetadata,
        sampling: Option<&str>,
        nodata: Option<f64>,
    ) -> Self {
        let is_valid = |index: usize| grid.valid[index] && grid.values[index].is_finite();
        let valid: Vec<f64> = (0..grid.values.len()).filter(|index| is_valid(*index)).map(|index| grid.values[index]).collect();
        let count = valid.len() as f64;
        // numpy sums all pixels of a masked array, with zeros in place of what is masked, in the precision of
        // the array.
        let (all, filled) = (0..grid.values.len(), |index: usize| if is_valid(index) { grid.values[index] } else { 0.0 });
        let sum = match data_type {
            DataType::Float32 => pairwise_sum(all.clone(), &|index| filled(index) as f32).into(),
            _ => pairwise_sum(all.clone(), &filled),
        };
        let mean = (!valid.is_empty()).then(|| sum / count);
        let stddev = mean.map(|mean| {
            let square = |index: usize| if is_valid(index) { (grid.values[index] - mean).powi(2) } else { 0.0 };
            (pairwise_sum(all, &square) / count).sqrt()
        });
        Self {
            data_type,
            scale: metadata.scale,
            offset: metadata.offset,
            sampling: sampling.map(str::to_owned),
            nodata,
            unit: metadata.unit.clone(),
            mean,
            minimum: valid.iter().copied().reduce(f64::min),
            maximum: valid.iter().copied().reduce(f64::max),
            stddev,
            valid_percent: count / grid.values.len() as f64 * 100.0,
            valid_pixels: valid.len() as u64,
            pixels: grid.values.len() as u64,
            histogram: Histogram::of(&valid),
            extremes: grid.extremes.clone(),
        }
    }

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
    /// `numpy.histogram(values, bins=10)`.
    fn of(values: &[f64]) -> Self {
        let minimum = values.iter().copied().reduce(f64::min).unwrap_or(0.0);
        let maximum = values.iter().copied().reduce(f64::max).unwrap_or(1.0);
        let (min, max) = if minimum == maximum { (minimum - 0.5, maximum + 0.5) } else { (minimum, maximum) };
        let step = (max - min) / BUCKETS as f64;
        let mut edges: Vec<f64> = (0..=BUCKETS).map(|index| index as f64 * step + min).collect();
        edges[BUCKETS] = max;
        let mut buckets = vec![0; BUCKETS];
        for &value in values {
            let place = (value - min) / (max - min) * BUCKETS as f64;
            let mut bucket = (place as usize).min(BUCKETS - 1);
            // Rounding may have put a value at an edge on its wrong side.
            if value < edges[bucket] {
                bucket -= 1;
            } else if bucket < BUCKETS - 1 && value >= edges[bucket + 1] {
                bucket += 1;
            }
            buckets[bucket] += 1;
        }
        Self { count: BUCKETS + 1, min, max, buckets }
    }
}

/// The sum in the order of numpy, which is more exact than one after the other: halves of halves, with eight
/// partial sums at the bottom.
fn pairwise_sum<T: Copy + Default + Add<Output = T>>(range: Range<usize>, value: &impl Fn(usize) -> T) -> T {
    let add = |sum: T, index: usize| sum + value(index);
    match range.len() {
        0..8 => range.fold(T::default(), add),
        count @ 8..=128 => {
            let mut sums: [T; 8] = std::array::from_fn(|index| value(range.start + index));
            let whole = range.start + count - count % 8;
            for eight in (range.start + 8..whole).step_by(8) {
                sums.iter_mut().enumerate().for_each(|(index, sum)| *sum = *sum + value(eight + index));
            }
            let [a, b, c, d, e, f, g, h] = sums;
            (whole..range.end).fold(((a + b) + (c + d)) + ((e + f) + (g + h)), add)
        }
        count => {
            let middle = range.start + count / 2 - count / 2 % 8;
            pairwise_sum(range.start..middle, value) + pairwise_sum(middle..range.end, value)
        }
    }
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

    // Expectations written by numpy 2.
    #[test]
    fn histograms_of_numpy() {
        let histogram = Histogram::of(&[1.0; 5]);
        assert_eq!((histogram.min, histogram.max, histogram.count), (0.5, 1.5, 11));
        assert_eq!(histogram.buckets, [0, 0, 0, 0, 0, 5, 0, 0, 0, 0]);
        assert_eq!(Histogram::of(&[]).buckets, [0; 10]);
        assert_eq!((Histogram::of(&[]).min, Histogram::of(&[]).max), (0.0, 1.0));
        let tenths: Vec<f64> = (0..=10).map(|tenth| f64::from(tenth) / 10.0).collect();
        // Not quite what one would expect of eleven tenths, but what numpy counts: edges are rounded as well.
        assert_eq!(Histogram::of(&tenths).buckets, [1, 1, 2, 0, 1, 2, 1, 0, 1, 2]);
        let tenths: Vec<f64> = (0..31).map(|tenth| f64::from(tenth) * 0.1).collect();
        assert_eq!(Histogram::of(&tenths).buckets, [3, 3, 3, 3, 3, 3, 3, 3, 3, 4]);
    }

    #[test]
    fn sums_are_paired() {
        let values: Vec<f64> = (0..1000).map(|value| f64::from(value) * 0.1).collect();
        assert_eq!(pairwise_sum(0..1000, &|index| values[index]), 49950.0);
        assert_eq!(pairwise_sum(0..7, &|_| 0.1), 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1);
    }
}
