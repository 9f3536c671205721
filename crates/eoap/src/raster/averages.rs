//! Averages of a large part, read from top to bottom. Each tile or strip is fetched and decoded once, and
//! only what further rows of the result need stays in memory.

use std::ops::Range;

use super::{
    band_values::MAX_PIXELS,
    cores::on_all_cores,
    dataset::Raster,
    region::Region,
    resample::{Cover, Part, average},
    tiff::{level::Level, value::PixelValue},
};
use crate::error::Result;

/// About this many values are read at once.
const STRIPE_VALUES: u64 = 8 << 20;

/// The lines of a level that are in memory, from `top` on: the values of each band, and how opaque they are.
struct Lines<T> {
    top: u32,
    bands: Vec<(Vec<T>, Option<Vec<u8>>)>,
}

impl Raster {
    /// Averages of bands (from 0) of a region, one after the other. Where bands lie side by side in tiles or
    /// strips, all are read at once.
    pub(super) async fn averages<T: PixelValue>(&self, region: &Region, bands: &[usize]) -> Result<Vec<T>> {
        let (level, area) = (&region.level, &region.area);
        let columns = Cover::of(area.column, area.width, level.width, region.width);
        let rows = Cover::of(area.row, area.height, level.height, region.height);
        let size = columns.len() * rows.len();
        let together = if level.is_planar { 1 } else { bands.len().max(1) };
        let mut out = vec![T::default(); bands.len() * size];
        for (bands, out) in bands.chunks(together).zip(out.chunks_mut((together * size).max(1))) {
            self.average_bands(region, bands, (&columns, &rows), out).await?;
        }
        Ok(out)
    }

    async fn average_bands<T: PixelValue>(
        &self,
        region: &Region,
        bands: &[usize],
        (columns, rows): (&[Cover], &[Cover]),
        out: &mut [T],
    ) -> Result<()> {
        let (left, right) = Cover::span(columns);
        let (first, last) = Cover::span(rows);
        let nodata = self.shared.header.nodata.map(T::of_f64);
        let at_once = lines_at_once(&region.level, u64::from(right - left) * bands.len() as u64);
        let mut here = Lines { top: first, bands: vec![(Vec::new(), None); bands.len()] };
        let (mut next, mut done) = (first, 0);
        while next < last {
            let end = (next / at_once + 1).saturating_mul(at_once).min(last);
            if u64::from(right - left) * u64::from(end - here.top) > MAX_PIXELS {
                let reason = format!(
                    "a row of so few pixels is an average of {} × {} pixels, which are too many to read at once; read a `window`, or a larger `shape`",
                    right - left,
                    end - here.top
                );
                return Err(self.failed(reason));
            }
            self.read_lines(region, bands, left..right, next..end, &mut here).await?;
            next = end;
            let ready = rows[done..].iter().take_while(|row| row.lines().end <= next).count();
            let averages = on_all_cores(here.bands.iter().collect(), |(values, opacities): &(Vec<T>, Option<Vec<u8>>)| {
                let width = (right - left) as usize;
                let part = Part { values, valid: opacities.as_deref(), origin: (left, here.top), width };
                average(&part, (columns, &rows[done..done + ready]), nodata)
            });
            for (band, averages) in averages.into_iter().enumerate() {
                let start = (band * rows.len() + done) * columns.len();
                out[start..start + averages.len()].copy_from_slice(&averages);
            }
            done += ready;
            here.leave_out(rows.get(done).map_or(next, |row| row.lines().start.min(next)), (right - left) as usize);
        }
        Ok(())
    }

    /// Adds lines to those in memory.
    async fn read_lines<T: PixelValue>(
        &self,
        region: &Region,
        bands: &[usize],
        columns: Range<u32>,
        lines: Range<u32>,
        here: &mut Lines<T>,
    ) -> Result<()> {
        let level = &region.level;
        let part = Region::whole(level, (columns.start, lines.start), (columns.len() as u32, lines.len() as u32));
        let values: Vec<T> = self.nearest_values(&part, bands, self.absent()).await?;
        // GDAL averages an overview without a mask of its size as if it had none.
        let validity = self.validity(self.further().await?.mask_of(level), &part).await?;
        let values = values.chunks_exact(values.len() / bands.len());
        for ((band, values), (before, opacities)) in bands.iter().zip(values).zip(&mut here.bands) {
            let more = self.opacities(&validity, &part, *band, values).await?;
            before.extend_from_slice(values);
            if let Some(more) = more {
                opacities.get_or_insert_default().extend_from_slice(&more);
            }
        }
        Ok(())
    }
}

impl<T> Lines<T> {
    /// Drops the lines above this one.
    fn leave_out(&mut self, top: u32, width: usize) {
        let count = (top - self.top) as usize * width;
        for (values, opacities) in &mut self.bands {
            values.drain(..count);
            opacities.iter_mut().for_each(|opacities| drop(opacities.drain(..count)));
        }
        self.top = top;
    }
}

/// Lines that are read at once: whole rows of tiles or strips, up to the limit of values. It is at least one
/// row, if that can be read at once.
fn lines_at_once(level: &Level, per_line: u64) -> u32 {
    let lines = (STRIPE_VALUES / per_line.max(1)).max(1);
    let block = u64::from(level.block.1);
    let lines = if block * per_line <= MAX_PIXELS { lines.next_multiple_of(block) } else { lines };
    lines.try_into().unwrap_or(u32::MAX)
}
