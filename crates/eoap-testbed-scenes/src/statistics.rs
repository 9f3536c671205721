//! What STAC's raster extension says of a mask, as rio-stac computes it.
//!
//! [`band`] reads the pixels thinned out, as rio-stac does. What the mask is of is not known here.

use serde_json::{Value, json};

/// rio-stac reads no more pixels a side.
const LONGEST: usize = 1024;

/// The entry of `raster:bands` for a mask of ones, where 0 means no data.
pub fn band(width: u32, height: u32, pixels: &[u8]) -> Value {
    // An image is not so large that these would not fit.
    let (width, height) = (width as usize, height as usize);
    let (columns, rows) = thinned(width, height);
    let picked = |index: usize, of: usize, from: usize| ((index as f64 + 0.5) * from as f64 / of as f64).floor() as usize;
    let columns_picked: Vec<usize> = (0..columns).map(|column| picked(column, columns, width)).collect();
    let valid: usize = (0..rows)
        .map(|row| {
            let line = &pixels[picked(row, rows, height) * width..];
            columns_picked.iter().filter(|column| line[**column] != 0).count()
        })
        .sum();
    let percent = valid as f64 / (rows * columns) as f64 * 100.0;
    // Without a valid pixel NumPy has a mean of 0, and a histogram of nothing from 0 to 1.
    let (statistics, ends) = if valid > 0 {
        (json!({"mean": 1.0, "minimum": 1, "maximum": 1, "stddev": 0.0, "valid_percent": percent}), (0.5, 1.5))
    } else {
        (json!({"mean": 0.0, "minimum": 0.0, "maximum": 0.0, "stddev": 0.0, "valid_percent": percent}), (0.0, 1.0))
    };
    let mut buckets = [0; 10];
    buckets[5] = valid;
    json!({
        "data_type": "uint8",
        "scale": 1.0,
        "offset": 0.0,
        "sampling": "area",
        "nodata": 0.0,
        "statistics": statistics,
        "histogram": {"count": 11, "min": ends.0, "max": ends.1, "buckets": buckets},
    })
}

/// Columns and rows of the thinned-out image.
fn thinned(width: usize, height: usize) -> (usize, usize) {
    if width.max(height) <= LONGEST {
        return (width, height);
    }
    let ratio = height as f64 / width as f64;
    if ratio > 1.0 {
        ((LONGEST as f64 / ratio).ceil() as usize, LONGEST)
    } else {
        (LONGEST, (LONGEST as f64 * ratio).ceil() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_thinned_out_as_rio_stac_does() {
        assert_eq!(thinned(1821, 2402), (777, 1024));
        assert_eq!(thinned(1821, 482), (1024, 272));
        assert_eq!(thinned(1024, 3), (1024, 3));
    }

    #[test]
    fn ones_are_counted() {
        let band = band(2, 2, &[0, 1, 1, 1]);
        assert_eq!(band["statistics"]["valid_percent"], 75.0);
        assert_eq!(band["histogram"]["buckets"], json!([0, 0, 0, 0, 0, 3, 0, 0, 0, 0]));
    }
}
