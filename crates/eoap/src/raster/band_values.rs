//! Reads bands of a region: the nearest pixels, or averages.

use super::{
    dataset::Raster,
    georeference::bounds::Window,
    io::pixels::{Failure, Wanted},
    region::Region,
    resample::{Cover, Part, Resampling, average, nearest},
    tiff::{level::Level, sample::Sample},
};
use crate::error::{Error, Result};

/// More pixels than this are not read into memory at once for statistics and averages (1 GiB of values).
pub(super) const MAX_PIXELS: u64 = 1 << 27;
/// An average of a large part is computed in stripes of about this many values.
const STRIPE_VALUES: u64 = 8 << 20;

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

    pub(super) async fn nearest_values<T: Sample>(&self, region: &Region, bands: &[usize], absent: T) -> Result<Vec<T>> {
        self.nearest_mapped(region, bands, absent, |value: T| value).await
    }

    /// The nearest pixels, each as what `map` makes of its value: nothing else of them lies in memory.
    pub(super) async fn nearest_mapped<T: Sample, U: Copy + Send + 'static>(
        &self,
        region: &Region,
        bands: &[usize],
        absent: U,
        map: impl Fn(T) -> U + Clone + Send + Sync + 'static,
    ) -> Result<Vec<U>> {
        let (level, area) = (&region.level, &region.area);
        let columns = nearest(area.column, area.width, level.width, region.width);
        let rows = nearest(area.row, area.height, level.height, region.height);
        let wanted = Wanted { level: level.clone(), bands: bands.to_vec(), columns: columns.into(), rows: rows.into() };
        wanted.read(self.fetcher_of(level), absent, map).await.map_err(|failure| self.explain(failure))
    }

    /// Averages, stripe by stripe, so that a large part does not lie in memory as a whole. A stripe holds whole rows of tiles or strips and, where
    /// bands lie side by side in them, all bands: each is decoded once, but for those that two stripes share.
    async fn averages<T: Sample>(&self, region: &Region, bands: &[usize]) -> Result<Vec<T>> {
        let (level, area) = (&region.level, &region.area);
        let columns = Cover::of(area.column, area.width, level.width, region.width);
        let rows = Cover::of(area.row, area.height, level.height, region.height);
        let (left, right) = Cover::span(&columns);
        let nodata = self.shared.header.nodata.map(T::of_f64);
        let together = if level.is_planar { 1 } else { bands.len() };
        let size = columns.len() * rows.len();
        let mut out = vec![T::default(); bands.len() * size];
        for (group, bands) in bands.chunks(together.max(1)).enumerate() {
            let mut done = 0;
            for stripe in stripes(&rows, level, u64::from(right - left) * bands.len() as u64) {
                let (top, bottom) = Cover::span(stripe);
                if u64::from(right - left) * u64::from(bottom - top) > MAX_PIXELS {
                    let reason = format!(
                        "a row of so few pixels is an average of {} × {} pixels, which are too many to read at once; read a `window`, or a larger `shape`",
                        right - left,
                        bottom - top
                    );
                    return Err(self.failed(reason));
                }
                let part = Region::whole(level, (left, top), (right - left, bottom - top));
                let values: Vec<T> = self.nearest_values(&part, bands, self.absent()).await?;
                // GDAL averages an overview without a mask of its size as if it had none.
                let validity = self.validity(self.further().await?.mask_of(level), &part).await?;
                for (index, (band, values)) in bands.iter().zip(values.chunks_exact(values.len() / bands.len())).enumerate() {
                    let valid = self.opacities(&validity, &part, *band, values).await?;
                    let width = (right - left) as usize;
                    let part = Part { values, valid: valid.as_deref(), origin: (left, top), width };
                    let averages = average(&part, (&columns, stripe), nodata);
                    let start = (group * together + index) * size + done * columns.len();
                    out[start..start + averages.len()].copy_from_slice(&averages);
                }
                done += stripe.len();
            }
        }
        Ok(out)
    }

    /// What stands for pixels that the file leaves out.
    pub(super) fn absent<T: Sample>(&self) -> T {
        T::of_f64(self.shared.header.nodata.unwrap_or(0.0))
    }

    fn explain(&self, failure: Failure) -> Error {
        match failure {
            Failure::Fetch(error) => error,
            Failure::File(reason) => self.failed(reason),
        }
    }
}

/// Rows of a result in parts that need whole rows of chunks, each of about as many values as a stripe has, `per_line` in a line of the level.
fn stripes<'a>(rows: &'a [Cover], level: &Level, per_line: u64) -> impl Iterator<Item = &'a [Cover]> {
    let lines = (STRIPE_VALUES / per_line.max(1)).max(1);
    // As many rows of chunks as fit; one at least, if it can be read at once.
    let block = u64::from(level.block.1);
    let lines = if block * per_line <= MAX_PIXELS { lines.next_multiple_of(block) } else { lines };
    let stripe = move |row: &Cover| u64::from(row.first_line()) / lines;
    rows.chunk_by(move |a, b| stripe(a) == stripe(b))
}
