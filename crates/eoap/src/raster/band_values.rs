//! Reads bands of a region: the nearest pixels, or what is made of several.

use super::{
    dataset::Raster,
    georeference::bounds::Window,
    io::pixels::{Failure, Wanted},
    region::Region,
    resample::{Resampling, nearest},
    tiff::value::PixelValue,
};
use crate::error::{Error, Result};

/// Statistics and averages read at most this many pixels into memory at once (1 GiB of values).
pub(super) const MAX_PIXELS: u64 = 1 << 27;

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
    pub(crate) async fn values<T: PixelValue>(&self, region: &Region, bands: &[usize]) -> Result<Vec<T>> {
        match region.resampling {
            _ if region.is_plain() => {}
            Resampling::Average => return self.averages(region, bands).await,
            resampling => {
                if let Some(kernel) = resampling.kernel() {
                    return self.interpolated(region, bands, kernel).await;
                }
            }
        }
        self.nearest_values(region, bands, self.absent()).await
    }

    pub(super) async fn nearest_values<T: PixelValue>(&self, region: &Region, bands: &[usize], absent: T) -> Result<Vec<T>> {
        self.wanted(region, bands)
            .read(self.fetcher_of(&region.level), absent, |values| values)
            .await
            .map_err(|failure| self.explain(failure))
    }

    /// The nearest pixels, each as what `map` makes of its value: only that is kept in memory.
    pub(super) async fn nearest_mapped<T: PixelValue, U: Copy + Send + 'static>(
        &self,
        region: &Region,
        bands: &[usize],
        absent: U,
        map: impl Fn(T) -> U + Clone + Send + Sync + 'static,
    ) -> Result<Vec<U>> {
        let map = move |values: Vec<T>| values.into_iter().map(&map).collect();
        self.wanted(region, bands)
            .read(self.fetcher_of(&region.level), absent, map)
            .await
            .map_err(|failure| self.explain(failure))
    }

    /// The nearest pixels of a region.
    fn wanted(&self, region: &Region, bands: &[usize]) -> Wanted {
        let (level, area) = (&region.level, &region.area);
        let columns = nearest(area.column, area.width, level.width, region.width);
        let rows = nearest(area.row, area.height, level.height, region.height);
        Wanted { level: level.clone(), bands: bands.to_vec(), columns: columns.into(), rows: rows.into() }
    }

    /// The value of pixels that the file leaves out.
    pub(super) fn absent<T: PixelValue>(&self) -> T {
        T::of_f64(self.shared.header.nodata.unwrap_or(0.0))
    }

    fn explain(&self, failure: Failure) -> Error {
        match failure {
            Failure::Fetch(error) => error,
            Failure::File(reason) => self.failed(reason),
        }
    }
}
