//! What a file says about its ground, its colours and its statistics without a pixel being read.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;

use super::{
    dataset::Raster,
    georeference::{
        crs::Crs,
        ground::{GroundControlPoint, RationalPolynomials},
    },
    io::side_files::text_beside,
    tiff::auxiliary::Auxiliary,
};
use crate::error::Result;

/// Statistics of a band that were computed and recorded before: GDAL's `STATISTICS_…`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct RecordedStatistics {
    /// The smallest value.
    pub minimum: f64,
    /// The largest value.
    pub maximum: f64,
    /// The mean.
    pub mean: f64,
    /// The standard deviation of all values.
    pub standard_deviation: f64,
    /// The share of pixels that are valid, if it was recorded.
    pub valid_percent: Option<f64>,
}

impl RecordedStatistics {
    /// From GDAL's items of a band.
    fn of_items(items: &BTreeMap<String, String>) -> Option<Self> {
        let number = |name: &str| items.get(name)?.trim().parse::<f64>().ok();
        Some(Self {
            minimum: number("STATISTICS_MINIMUM")?,
            maximum: number("STATISTICS_MAXIMUM")?,
            mean: number("STATISTICS_MEAN")?,
            standard_deviation: number("STATISTICS_STDDEV")?,
            valid_percent: number("STATISTICS_VALID_PERCENT"),
        })
    }
}

impl Raster {
    /// The pixels whose places are known, if the file has such points instead of a transformation, as
    /// rasterio's `gcps`.
    pub fn ground_control_points(&self) -> Vec<GroundControlPoint> {
        self.shared.header.geo.control_points()
    }

    /// The reference system of the ground control points.
    pub fn ground_control_crs(&self) -> Option<Crs> {
        self.shared.header.geo.control_crs()
    }

    /// How a camera saw the ground, if the file has it, as rasterio's `rpcs`.
    pub fn rational_polynomials(&self) -> Option<&RationalPolynomials> {
        self.shared.header.rational.as_ref()
    }

    /// The colours of a palette, by the values of pixels: red, green and blue. Nothing if the file has none.
    pub fn palette(&self) -> Option<&[[u8; 3]]> {
        self.shared.header.palette.as_deref()
    }

    /// Statistics of a band (from 1) that were computed before. They come from the file beside the raster
    /// that GDAL names after it with `.aux.xml`, if [`with_side_files`](Self::with_side_files) allows a look,
    /// else from the raster itself. Nothing is computed.
    ///
    /// # Errors
    ///
    /// Those of fetching as in [`Raster::open`].
    ///
    /// ```no_run
    /// # async fn run(raster: eoap::Raster) -> Result<(), eoap::Error> {
    /// if let Some(figures) = raster.recorded_statistics(1).await? {
    ///     println!("{} to {}", figures.minimum, figures.maximum);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn recorded_statistics(&self, band: usize) -> BoxFuture<'_, Result<Option<RecordedStatistics>>> {
        Box::pin(async move {
            let beside = match self.looks_beside {
                true => text_beside(&self.shared.fetcher, ".aux.xml").await?.map(|xml| Auxiliary::read(&xml)),
                false => None,
            };
            let of_band = |auxiliary: &Auxiliary| auxiliary.bands.get(&band).and_then(RecordedStatistics::of_items);
            let recorded = beside.as_ref().and_then(of_band);
            Ok(recorded.or_else(|| RecordedStatistics::of_items(self.band_tags(band)?)))
        })
    }
}
