//! Brings pixels of a raster onto another grid, in any reference system, as GDAL's warper does
//! (`gdalwarpkernel.cpp`; rasterio's `WarpedVRT`).
//!
//! A pixel of the grid is interpolated at the place of its middle. Pixels that are not valid do not count;
//! where none counts, the result is "no data" (0 if there is no such value) and not valid.

use std::ops::Range;

use super::{
    band_values::MAX_PIXELS,
    cores::on_all_cores,
    dataset::Raster,
    georeference::bounds::Window,
    kernel::Kernel,
    pixel_grid::PixelGrid,
    positions::Positions,
    region::Region,
    resample::{Resampling, best_overview, neighbour_below},
    tiff::{data_type::DataType, sample::Sample},
};
use crate::error::Result;

/// The grid is computed in squares of this size.
const BLOCK: u32 = 1024;
/// From this share of a pixel on, kernels keep the size that they have (GDAL's `bUse4SamplesFormula`).
const SAME_SCALE: f64 = 0.95;
/// Places this near to a pixel's edge are in the pixel.
const EDGE: f64 = 1e-10;

/// Values on a grid, and which of them are valid: band after band, row after row.
#[derive(Debug)]
pub(super) struct Warped<T> {
    pub(super) values: Vec<T>,
    pub(super) valid: Vec<bool>,
}

/// Column and row of a pixel of the grid in the raster, if it has a place there.
type Place = Option<(f64, f64)>;

/// One band of a part of a level.
struct Source<'a, T> {
    values: &'a [T],
    opacities: Option<&'a [u8]>,
    width: i64,
    height: i64,
    /// Pixels of the grid for one of the level, at most 1.
    scale: (f64, f64),
    /// Where the part begins in the level.
    origin: (f64, f64),
}

impl Raster {
    /// Reads bands (from 0) onto a grid.
    pub(super) async fn warped<T: Sample>(&self, grid: &PixelGrid, bands: &[usize], how: Resampling) -> Result<Warped<T>> {
        if how == Resampling::Average {
            return Err(self.failed("averages are not computed on a grid; read bilinear, or average a `shape` first".to_owned()));
        }
        let positions = Positions::new(grid, self)?;
        let nodata = self.shared.header.nodata.map(T::of_f64);
        let size = grid.width as usize * grid.height as usize;
        let mut out =
            Warped { values: vec![nodata.unwrap_or_default(); bands.len() * size], valid: vec![false; bands.len() * size] };
        let parts = |count: u32| (0..count).step_by(BLOCK as usize).map(move |start| start..(start + BLOCK).min(count));
        for rows in parts(grid.height) {
            for columns in parts(grid.width) {
                let lines: Vec<u32> = rows.clone().collect();
                let places = on_all_cores(&lines, |row| positions.of_row(*row, columns.clone())).concat();
                self.warp_block(grid, (&columns, &rows), &places, bands, how, &mut out).await?;
            }
        }
        Ok(out)
    }

    async fn warp_block<T: Sample>(
        &self,
        grid: &PixelGrid,
        (columns, rows): (&Range<u32>, &Range<u32>),
        places: &[Option<(f64, f64)>],
        bands: &[usize],
        how: Resampling,
        out: &mut Warped<T>,
    ) -> Result<()> {
        let full = &self.shared.header.full;
        let inside = |place: &Option<(f64, f64)>| {
            let (x, y) = (*place)?;
            let is_inside = x >= 0.0 && y >= 0.0 && x <= f64::from(full.width) + EDGE && y <= f64::from(full.height) + EDGE;
            is_inside.then_some((x, y))
        };
        let places: Vec<_> = places.iter().map(inside).collect();
        let Some(wanted) = pixels_a_step(&places, columns.len()) else { return Ok(()) };
        let further = self.further().await?;
        let usable: Vec<_> =
            further.overviews.iter().filter(|level| level.samples == full.samples && level.data_type == full.data_type).collect();
        let sizes: Vec<_> = usable.iter().map(|level| (level.width, level.height)).collect();
        let best = best_overview((full.width, full.height), &sizes, wanted, rows.len() as u32, how);
        let level = best.map_or(full, |index| usable[index]);
        let factor = (f64::from(level.width) / f64::from(full.width), f64::from(level.height) / f64::from(full.height));
        let places: Vec<_> = places.iter().map(|place| place.map(|(x, y)| (x * factor.0, y * factor.1))).collect();
        let scale = (scale(wanted.0 * factor.0), scale(wanted.1 * factor.1));
        let radius = how.kernel().map_or(0, Kernel::radius);
        let window = around(&places, (level.width, level.height), (margin(radius, scale.0), margin(radius, scale.1)));
        if u64::from(window.width) * u64::from(window.height) * bands.len() as u64 > MAX_PIXELS {
            return Err(self.failed(format!(
                "a part of the grid takes {window} of it, which are too many to read at once; the grid's pixels are too large"
            )));
        }
        let part = Region::whole(level, (window.column, window.row), (window.width, window.height));
        let values: Vec<T> = self.nearest_values(&part, bands, self.absent()).await?;
        let mask = further.mask_of(level).or_else(|| further.full_mask());
        let validity = self.validity(mask, &part).await?;
        let nodata = self.shared.header.nodata.map(T::of_f64);
        for (number, (band, values)) in bands.iter().zip(values.chunks_exact(values.len() / bands.len())).enumerate() {
            let opacities = self.opacities(&validity, &part, *band, values).await?;
            let source = Source {
                values,
                opacities: opacities.as_deref(),
                width: window.width.into(),
                height: window.height.into(),
                scale,
                origin: (window.column.into(), window.row.into()),
            };
            let lines: Vec<_> = places.chunks_exact(columns.len()).collect();
            let found = on_all_cores(&lines, |places| {
                let value = |place: &Option<(f64, f64)>| source.at((*place)?, how, nodata);
                places.iter().map(value).collect::<Vec<Option<T>>>()
            });
            for (row, found) in rows.clone().zip(found) {
                let start = (number * grid.height as usize + row as usize) * grid.width as usize + columns.start as usize;
                for (at, value) in found.into_iter().enumerate() {
                    if let Some(value) = value {
                        (out.values[start + at], out.valid[start + at]) = (value, true);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Columns and rows of the raster from one place to the next in a row, and from one row to the next; nothing
/// if there is no place.
fn pixels_a_step(places: &[Option<(f64, f64)>], width: usize) -> Option<(f64, f64)> {
    places.iter().flatten().next()?;
    let mean = |pairs: &mut dyn Iterator<Item = (&Place, &Place)>| {
        let steps = pairs.filter_map(|(a, b)| a.zip(*b)).map(|(a, b)| ((b.0 - a.0).abs(), (b.1 - a.1).abs()));
        let (x, y, count) = steps.fold((0.0, 0.0, 0.0), |(x, y, count), step| (x + step.0, y + step.1, count + 1.0));
        if count > 0.0 { (x / count, y / count) } else { (0.0, 0.0) }
    };
    let across = mean(&mut places.chunks(width).flat_map(|row| row.iter().zip(&row[1..])));
    let down = mean(&mut places.iter().zip(places.iter().skip(width)));
    let larger = |a: f64, b: f64| if a.max(b) > 0.0 { a.max(b) } else { 1.0 };
    Some((larger(across.0, down.0), larger(across.1, down.1)))
}

/// Pixels of the grid for one pixel of the level, where `step` pixels of the level make one of the grid. As
/// in GDAL, it is at most 1, and 1 by a whole number if it is near to that.
fn scale(step: f64) -> f64 {
    let whole = step.round();
    if step <= 1.0 {
        1.0
    } else if (step - whole).abs() < 0.05 {
        1.0 / whole
    } else {
        1.0 / step
    }
}

/// The pixels on each side that a kernel needs.
fn margin(radius: u32, scale: f64) -> u32 {
    (f64::from(radius) / scale).ceil() as u32 + 1
}

/// The part of a level that places and the pixels around them lie in.
fn around(places: &[Option<(f64, f64)>], size: (u32, u32), margin: (u32, u32)) -> Window {
    let span = |of: fn((f64, f64)) -> f64, size: u32, margin: u32| {
        let (low, high) = places
            .iter()
            .flatten()
            .fold((f64::INFINITY, 0.0_f64), |(low, high), place| (low.min(of(*place)), high.max(of(*place))));
        let start = (low as u32).min(size - 1).saturating_sub(margin);
        let end = (high as u32).saturating_add(margin + 1).min(size);
        (start, end - start)
    };
    let (column, width) = span(|place| place.0, size.0, margin.0);
    let (row, height) = span(|place| place.1, size.1, margin.1);
    Window::new(column, row, width, height)
}

impl<T: Sample> Source<'_, T> {
    /// The value at a place in the level; nothing if no valid pixel counts.
    fn at(&self, (x, y): (f64, f64), how: Resampling, nodata: Option<T>) -> Option<T> {
        let (x, y) = (x - self.origin.0, y - self.origin.1);
        let column = ((x + EDGE).floor() as i64).min(self.width - 1);
        let row = ((y + EDGE).floor() as i64).min(self.height - 1);
        // What lies in a pixel that is not valid is not filled from its neighbours.
        self.pixel(column, row)?;
        let Some(kernel) = how.kernel() else { return Some(self.values[(row * self.width + column) as usize]) };
        let is_same_scale = self.scale.0 >= SAME_SCALE && self.scale.1 >= SAME_SCALE;
        let value = match kernel {
            Kernel::Bilinear if is_same_scale => self.of_four(x, y),
            Kernel::Cubic if is_same_scale => self.of_sixteen(x, y).or_else(|| self.of_four(x, y)),
            kernel => self.convolved(x, y, kernel),
        }?;
        let value = match T::TYPE {
            DataType::Float32 | DataType::Float64 => T::of_f64(value),
            _ => T::of_f64((value + 0.5).floor()),
        };
        Some(if Some(value) == nodata { neighbour_below(value) } else { value })
    }

    /// The value of a pixel that is there and valid.
    fn pixel(&self, column: i64, row: i64) -> Option<f64> {
        if column < 0 || row < 0 || column >= self.width || row >= self.height {
            return None;
        }
        let at = (row * self.width + column) as usize;
        let is_valid = self.opacities.is_none_or(|opacities| opacities[at] != 0);
        is_valid.then(|| self.values[at].to_f64())
    }

    /// Of the four pixels around a place, those that are valid.
    fn of_four(&self, x: f64, y: f64) -> Option<f64> {
        let (column, row) = ((x - 0.5).floor(), (y - 0.5).floor());
        let (right, down) = (x - 0.5 - column, y - 0.5 - row);
        let (column, row) = (column as i64, row as i64);
        let is_inside = column >= 0 && row >= 0 && column + 1 < self.width && row + 1 < self.height;
        if is_inside && self.opacities.is_none() {
            let at = (row * self.width + column) as usize;
            let line = |at: usize| self.values[at].to_f64() * (1.0 - right) + self.values[at + 1].to_f64() * right;
            return Some(line(at) * (1.0 - down) + line(at + self.width as usize) * down);
        }
        let four = [
            (column, row, (1.0 - right) * (1.0 - down)),
            (column + 1, row, right * (1.0 - down)),
            (column, row + 1, (1.0 - right) * down),
            (column + 1, row + 1, right * down),
        ];
        let (mut sum, mut total) = (0.0, 0.0);
        for (column, row, weight) in four {
            if let Some(value) = self.pixel(column, row) {
                sum += value * weight;
                total += weight;
            }
        }
        (total >= 0.00001).then(|| if total == 1.0 { sum } else { sum / total })
    }

    /// Of the sixteen pixels around a place; nothing if one of them is missing.
    fn of_sixteen(&self, x: f64, y: f64) -> Option<f64> {
        let (column, row) = ((x - 0.5).floor(), (y - 0.5).floor());
        let weights = |delta: f64| [-1.0, 0.0, 1.0, 2.0].map(|at: f64| Kernel::Cubic.weight(at - delta));
        let (across, down) = (weights(x - 0.5 - column), weights(y - 0.5 - row));
        let mut sum = 0.0;
        for (line, weight) in (-1..).zip(down) {
            let mut in_line = 0.0;
            for (at, weight) in (-1..).zip(across) {
                in_line += self.pixel(column as i64 + at, row as i64 + line)? * weight;
            }
            sum += in_line * weight;
        }
        Some(sum)
    }

    /// By a kernel that is widened where the grid's pixels are larger.
    fn convolved(&self, x: f64, y: f64, kernel: Kernel) -> Option<f64> {
        let (column, row) = ((x - 0.5).floor(), (y - 0.5).floor());
        let (right, down) = (x - 0.5 - column, y - 0.5 - row);
        let reach = |scale: f64| (f64::from(kernel.radius()) / scale).ceil() as i64;
        let (mut sum, mut total) = (0.0, 0.0);
        for line in -reach(self.scale.1)..=reach(self.scale.1) {
            let by_line = kernel.weight((line as f64 - down) * self.scale.1);
            if by_line == 0.0 {
                continue;
            }
            for at in -reach(self.scale.0)..=reach(self.scale.0) {
                let weight = by_line * kernel.weight((at as f64 - right) * self.scale.0);
                if let Some(value) = self.pixel(column as i64 + at, row as i64 + line).filter(|_| weight != 0.0) {
                    sum += value * weight;
                    total += weight;
                }
            }
        }
        (total >= 0.000001).then(|| sum / total)
    }
}
