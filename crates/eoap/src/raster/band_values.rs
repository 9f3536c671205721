//! Reads bands of a region, and which of their values are valid.

use std::sync::Arc;

use serde_json::Number;

use super::{
    dataset::Raster,
    georeference::bounds::Window,
    grid::Grid,
    io::pixels::{Failure, Wanted},
    region::{Region, reduced_size},
    resample::{Area, Cover, Part, Resampling, average, nearest},
    tiff::{data_type::DataType, level::Level, nodata::is_nodata, sample::Sample},
};
use crate::error::{Error, Result};

/// More pixels than this are not read into memory at once for statistics and averages (1 GiB of values).
const MAX_PIXELS: u64 = 1 << 27;
/// An average of a large part is computed in stripes of about this many values.
const STRIPE_VALUES: u64 = 4 << 20;

impl Raster {
    /// How a window of the full image is read in a shape (columns, rows).
    pub(crate) async fn region(&self, window: Window, shape: (u32, u32), resampling: Resampling) -> Result<Region> {
        let header = &self.shared.header;
        if shape == (window.width, window.height) {
            return Ok(Region::plain(header, window));
        }
        Ok(Region::new(header, self.further().await?, window, shape, resampling))
    }

    /// Reads bands (from 0) of a region, one after the other.
    pub(crate) async fn values<T: Sample>(&self, region: &Region, bands: &[usize]) -> Result<Vec<T>> {
        if region.resampling == Resampling::Average && !region.is_plain() {
            return self.averages(region, bands).await;
        }
        self.nearest_values(region, bands, self.absent()).await
    }

    async fn nearest_values<T: Sample>(&self, region: &Region, bands: &[usize], absent: T) -> Result<Vec<T>> {
        let (level, area) = (&region.level, &region.area);
        let columns = nearest(area.column, area.width, level.width, region.width);
        let rows = nearest(area.row, area.height, level.height, region.height);
        let wanted = Wanted { level: level.clone(), bands: bands.to_vec(), columns: columns.into(), rows: rows.into() };
        wanted.read(self.fetcher_of(level), absent).await.map_err(|failure| self.explain(failure))
    }

    /// Averages, stripe by stripe, so that a large part does not lie in memory as a whole.
    async fn averages<T: Sample>(&self, region: &Region, bands: &[usize]) -> Result<Vec<T>> {
        let (level, area) = (&region.level, &region.area);
        let columns = Cover::of(area.column, area.width, level.width, region.width);
        let rows = Cover::of(area.row, area.height, level.height, region.height);
        let (left, right) = Cover::span(&columns);
        let per_row = area.height / f64::from(region.height) * f64::from(right - left);
        let stripe = ((STRIPE_VALUES as f64 / per_row.max(1.0)) as usize).max(1);
        let nodata = self.shared.header.nodata.map(T::of_f64);
        let mut out = Vec::with_capacity(bands.len() * columns.len() * rows.len());
        for &band in bands {
            for rows in rows.chunks(stripe) {
                let (top, bottom) = Cover::span(rows);
                if u64::from(right - left) * u64::from(bottom - top) > MAX_PIXELS {
                    let reason = format!(
                        "a row of so few pixels is an average of {} × {} pixels, which are too many to read at once; read a `window`, or a larger `shape`",
                        right - left,
                        bottom - top
                    );
                    return Err(self.failed(reason));
                }
                let wanted = Wanted {
                    level: level.clone(),
                    bands: vec![band],
                    columns: (left..right).collect(),
                    rows: (top..bottom).collect(),
                };
                let part = Region {
                    level: level.clone(),
                    area: Area {
                        column: left.into(),
                        row: top.into(),
                        width: (right - left).into(),
                        height: (bottom - top).into(),
                    },
                    width: right - left,
                    height: bottom - top,
                    resampling: Resampling::Nearest,
                };
                let values: Vec<T> =
                    wanted.read(self.fetcher_of(level), self.absent()).await.map_err(|failure| self.explain(failure))?;
                // GDAL averages an overview without a mask of its size as if it had none.
                let valid = self.valid_by(self.further().await?.mask_of(level), &part, band).await?;
                let part = Part { values: &values, valid: valid.as_deref(), origin: (left, top), width: (right - left) as usize };
                out.extend(average(&part, (&columns, rows), nodata));
            }
        }
        Ok(out)
    }

    /// Which pixels of a band (from 0) are valid; nothing if all are. As in GDAL, a mask comes before the "no data" value, and that before an
    /// opacity. The mask of an overview that has none is that of the full image.
    pub(crate) async fn valid(&self, region: &Region, band: usize) -> Result<Option<Vec<bool>>> {
        let further = self.further().await?;
        let mask = further.mask_of(&region.level).or_else(|| further.full_mask());
        self.valid_by(mask, region, band).await
    }

    async fn valid_by(&self, mask: Option<&Arc<Level>>, region: &Region, band: usize) -> Result<Option<Vec<bool>>> {
        let level = &region.level;
        let opaque = |values: Vec<u8>| values.into_iter().map(|value| value != 0).collect();
        if let Some(mask) = mask {
            // A mask beside the file may have bands, and has one for each of the raster's then.
            let band = if usize::from(mask.samples) > band { band } else { 0 };
            return Ok(Some(opaque(self.nearest_values(&region.of(mask), &[band], 0).await?)));
        }
        if let Some(nodata) = self.shared.header.nodata {
            return Ok(Some(match level.data_type {
                // Many integers of 64 bits are the same float.
                DataType::Int64 => self.valid_by_nodata::<i64>(region, band, nodata).await?,
                DataType::UInt64 => self.valid_by_nodata::<u64>(region, band, nodata).await?,
                _ => self.valid_by_nodata::<f64>(region, band, nodata).await?,
            }));
        }
        match level.alpha() {
            Some(alpha) if alpha != band => {
                let values: Vec<f64> = self.nearest_values(region, &[alpha], 0.0).await?;
                Ok(Some(values.into_iter().map(|value| value != 0.0).collect()))
            }
            _ => Ok(None),
        }
    }

    async fn valid_by_nodata<T: Sample>(&self, region: &Region, band: usize, nodata: f64) -> Result<Vec<bool>> {
        let values = self.nearest_values(region, &[band], T::of_f64(nodata)).await?;
        Ok(values.into_iter().map(|value: T| !stands_for_nodata(value, nodata, &region.level)).collect())
    }

    /// What stands for pixels that the file leaves out.
    fn absent<T: Sample>(&self) -> T {
        T::of_f64(self.shared.header.nodata.unwrap_or(0.0))
    }

    /// Reads bands (from 0) in a reduced size, with what is valid.
    pub(super) async fn grids(&self, bands: &[usize], max_size: u32) -> Result<Vec<Grid>> {
        let (width, height) = reduced_size(self.width(), self.height(), max_size);
        if u64::from(width) * u64::from(height) > MAX_PIXELS {
            let reason = format!("{width} × {height} pixels are too many to read at once; ask for a smaller `max_size`");
            return Err(self.failed(reason));
        }
        let window = Window::new(0, 0, self.width(), self.height());
        let region = self.region(window, (width, height), Resampling::Nearest).await?;
        let mut grids = Vec::with_capacity(bands.len());
        for &band in bands {
            grids.push(match self.shared.header.full.data_type {
                DataType::Int64 => whole_grid(&region, self.values_and_validity::<i64>(&region, band).await?),
                DataType::UInt64 => whole_grid(&region, self.values_and_validity::<u64>(&region, band).await?),
                _ => {
                    let (values, valid) = self.values_and_validity(&region, band).await?;
                    Grid { width, height, values, valid, extremes: None }
                }
            });
        }
        Ok(grids)
    }

    /// Reads a band (from 0), and which of its values are valid; only once, where the values themselves say it.
    async fn values_and_validity<T: Sample>(&self, region: &Region, band: usize) -> Result<(Vec<T>, Vec<bool>)> {
        let values: Vec<T> = self.values(region, &[band]).await?;
        let valid = match (self.further().await?.full_mask(), self.shared.header.nodata) {
            (None, Some(nodata)) => values.iter().map(|value| !stands_for_nodata(*value, nodata, &region.level)).collect(),
            _ => self.valid(region, band).await?.unwrap_or_else(|| vec![true; values.len()]),
        };
        Ok((values, valid))
    }

    fn explain(&self, failure: Failure) -> Error {
        match failure {
            Failure::Fetch(error) => error,
            Failure::File(reason) => self.failed(reason),
        }
    }
}

/// The values of a band of 64-bit integers as floats, and the smallest and the largest of the valid ones as they are.
fn whole_grid<T: Sample + Ord + Into<Number>>(region: &Region, (values, valid): (Vec<T>, Vec<bool>)) -> Grid {
    let those = || values.iter().zip(&valid).filter(|(_, valid)| **valid).map(|(value, _)| *value);
    let extremes = those().min().zip(those().max()).map(|(low, high)| (low.into(), high.into()));
    let values = values.iter().map(|value| value.to_f64()).collect();
    Grid { width: region.width, height: region.height, values, valid, extremes }
}

/// Many integers of 64 bits are the same float, so those are compared as they are.
fn stands_for_nodata<T: Sample>(value: T, nodata: f64, level: &Level) -> bool {
    let float = value.to_f64();
    match level.data_type {
        DataType::Int64 | DataType::UInt64 => value == T::of_f64(nodata) && float == nodata,
        data_type => is_nodata(float, nodata, data_type),
    }
}
