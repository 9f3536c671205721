//! Statistics of the bands, as GDAL writes them into its tag 42112.

use super::{image::Image, overview::number};
use crate::raster::tiff::nodata::is_nodata;

/// What is known of the valid values of a band.
struct Figures {
    minimum: f64,
    maximum: f64,
    mean: f64,
    deviation: f64,
    valid_percent: f64,
}

/// The text of the tag; nothing if no band has a valid value.
pub(super) fn metadata(image: &Image, nodata: Option<f64>) -> Option<String> {
    let mut items = String::new();
    for band in 0..image.bands {
        let Some(figures) = Figures::of(image, band, nodata) else { continue };
        for (name, value) in [
            ("MAXIMUM", figures.maximum),
            ("MEAN", figures.mean),
            ("MINIMUM", figures.minimum),
            ("STDDEV", figures.deviation),
            ("VALID_PERCENT", figures.valid_percent),
        ] {
            items += &format!("  <Item name=\"STATISTICS_{name}\" sample=\"{band}\">{value}</Item>\n");
        }
    }
    (!items.is_empty()).then(|| format!("<GDALMetadata>\n{items}</GDALMetadata>\n"))
}

impl Figures {
    fn of(image: &Image, band: usize, nodata: Option<f64>) -> Option<Self> {
        let (size, pixels) = (image.data_type.size(), image.width * image.height);
        let bytes = &image.bytes[band * pixels * size..(band + 1) * pixels * size];
        let is_valid =
            |value: &f64| value.is_finite() && !nodata.is_some_and(|nodata| is_nodata(*value, nodata, image.data_type));
        let values = || bytes.chunks_exact(size).map(|bytes| number(bytes, image.data_type)).filter(is_valid);
        let (mut minimum, mut maximum, mut sum, mut count) = (f64::INFINITY, f64::NEG_INFINITY, 0.0, 0_usize);
        for value in values() {
            (minimum, maximum, sum, count) = (minimum.min(value), maximum.max(value), sum + value, count + 1);
        }
        if count == 0 {
            return None;
        }
        let mean = sum / count as f64;
        let squares: f64 = values().map(|value| (value - mean) * (value - mean)).sum();
        let (deviation, valid_percent) = ((squares / count as f64).sqrt(), count as f64 / pixels as f64 * 100.0);
        Some(Self { minimum, maximum, mean, deviation, valid_percent })
    }
}
