//! Brings pixels of a raster onto another grid, in any reference system, as GDAL's warper does
//! (`gdalwarpkernel.cpp`; rasterio's `WarpedVRT`).
//!
//! A pixel of the grid is interpolated at the place of its middle. Pixels that are not valid do not count;
//! where none counts, the result is "no data" (0 if there is no such value) and not valid.

use std::{ops::Range, sync::Arc};

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
    tiff::{data_type::DataType, level::Level, value::PixelValue},
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
    /// Pixels of the level for one of the raster.
    factor: (f64, f64),
    /// Where the part begins in the level.
    origin: (f64, f64),
}

impl Raster {
    /// Reads bands (from 0) onto a grid.
    pub(super) async fn warped<T: PixelValue>(&self, grid: &PixelGrid, bands: &[usize], how: Resampling) -> Result<Warped<T>> {
        if how == Resampling::Average {
            return Err(self.failed("averages are not computed on a grid; read bilinear, or average a `shape` first".to_owned()));
        }
        let positions = Positions::new(grid, self)?;
        let nodata = self.shared.header.nodata.map(T::of_f64);
        let size = grid.width as usize * grid.height as usize;
        let mut out =
            Warped { values: vec![nodata.unwrap_or_default(); bands.len() * size], valid: vec![false; bands.len() * size] };
        let parts = |count: u32| (0..count).step_by(BLOCK as usize).map(move |start| start..(start + BLOCK).min(count));
        let full = &self.shared.header.full;
        let inside = |place: &mut Place| {
            let is_inside = |(x, y): &(f64, f64)| {
                *x >= 0.0 && *y >= 0.0 && *x <= f64::from(full.width) + EDGE && *y <= f64::from(full.height) + EDGE
            };
            *place = place.filter(is_inside);
        };
        for rows in parts(grid.height) {
            for columns in parts(grid.width) {
                let places = on_all_cores(rows.clone().collect(), |row| {
                    let mut places = positions.of_row(row, columns.clone());
                    places.iter_mut().for_each(inside);
                    places
                });
                self.warp_block(grid, (&columns, &rows), &places, bands, how, &mut out).await?;
            }
        }
        Ok(out)
    }

    /// Computes a block of the grid, whose places in the raster are given row by row.
    async fn warp_block<T: PixelValue>(
        &self,
        grid: &PixelGrid,
        (columns, rows): (&Range<u32>, &Range<u32>),
        places: &[Vec<Place>],
        bands: &[usize],
        how: Resampling,
        out: &mut Warped<T>,
    ) -> Result<()> {
        let Some(extent) = Extent::of(places) else { return Ok(()) };
        let (level, wanted) = (self.level_for(&extent, rows.len() as u32, how).await?, extent.pixels_a_step());
        let full = &self.shared.header.full;
        let factor = (f64::from(level.width) / f64::from(full.width), f64::from(level.height) / f64::from(full.height));
        let scale = (scale(wanted.0 * factor.0), scale(wanted.1 * factor.1));
        let radius = how.kernel().map_or(0, Kernel::radius);
        let window = extent.window(factor, (level.width, level.height), (margin(radius, scale.0), margin(radius, scale.1)));
        if u64::from(window.width) * u64::from(window.height) * bands.len() as u64 > MAX_PIXELS {
            return Err(self.failed(format!(
                "a part of the grid takes {window} of it, which are too many to read at once; the grid's pixels are too large"
            )));
        }
        let part = Region::whole(level, (window.column, window.row), (window.width, window.height));
        let values: Vec<T> = self.nearest_values(&part, bands, self.absent()).await?;
        let further = self.further().await?;
        let mask = further.mask_of(level).or_else(|| further.full_mask());
        let validity = self.validity(mask, &part).await?;
        let nodata = self.shared.header.nodata.map(T::of_f64);
        let (width, size) = (grid.width as usize, grid.width as usize * grid.height as usize);
        for (number, (band, values)) in bands.iter().zip(values.chunks_exact(values.len() / bands.len())).enumerate() {
            let opacities = self.opacities(&validity, &part, *band, values).await?;
            let source = Source {
                values,
                opacities: opacities.as_deref().filter(|opacities| opacities.contains(&0)),
                width: window.width.into(),
                height: window.height.into(),
                scale,
                factor,
                origin: (window.column.into(), window.row.into()),
            };
            let (columns, rows) =
                (columns.start as usize..columns.end as usize, rows.start as usize * width..rows.end as usize * width);
            let band = number * size..(number + 1) * size;
            let values = out.values[band.clone()][rows.clone()].chunks_exact_mut(width).map(|line| &mut line[columns.clone()]);
            let valid = out.valid[band][rows].chunks_exact_mut(width).map(|line| &mut line[columns.clone()]);
            let jobs = places.iter().zip(values.zip(valid)).collect();
            on_all_cores(jobs, |(places, (values, valid)): (&Vec<Place>, (&mut [T], &mut [bool]))| {
                for (place, (value, is_valid)) in places.iter().zip(values.iter_mut().zip(valid)) {
                    if let Some(found) = place.and_then(|place| source.at(place, how, nodata)) {
                        (*value, *is_valid) = (found, true);
                    }
                }
            });
        }
        Ok(())
    }

    /// The overview, or the full image, that GDAL would take for places of this extent.
    async fn level_for(&self, extent: &Extent, rows: u32, how: Resampling) -> Result<&Arc<Level>> {
        let full = &self.shared.header.full;
        let usable: Vec<_> = self
            .further()
            .await?
            .overviews
            .iter()
            .filter(|level| level.samples == full.samples && level.data_type == full.data_type)
            .collect();
        let sizes: Vec<_> = usable.iter().map(|level| (level.width, level.height)).collect();
        let best = best_overview((full.width, full.height), &sizes, extent.pixels_a_step(), rows, how);
        Ok(best.map_or(full, |index| usable[index]))
    }
}

/// Which part of a raster places lie in, and how far they are from one another.
#[derive(Clone, Copy, Debug)]
struct Extent {
    low: (f64, f64),
    high: (f64, f64),
    across: Steps,
    down: Steps,
}

/// Steps from one place to the next: columns and rows of the raster in all, and how many steps.
#[derive(Clone, Copy, Debug, Default)]
struct Steps {
    columns: f64,
    rows: f64,
    count: f64,
}

impl Extent {
    /// That of places, row by row; nothing if there is no place.
    fn of(places: &[Vec<Place>]) -> Option<Self> {
        let next = places.iter().skip(1).map(Vec::as_slice).chain([&[][..]]);
        let rows =
            on_all_cores(places.iter().zip(next).collect(), |(row, next): (&Vec<Place>, &[Place])| Self::of_row(row, next));
        let whole = rows.into_iter().reduce(Self::and)?;
        (whole.low.0 <= whole.high.0).then_some(whole)
    }

    fn of_row(row: &[Place], next: &[Place]) -> Self {
        let mut extent = Self {
            low: (f64::INFINITY, f64::INFINITY),
            high: (0.0, 0.0),
            across: Steps::between(row, row.get(1..).unwrap_or_default()),
            down: Steps::between(row, next),
        };
        for (x, y) in row.iter().flatten() {
            extent.low = (extent.low.0.min(*x), extent.low.1.min(*y));
            extent.high = (extent.high.0.max(*x), extent.high.1.max(*y));
        }
        extent
    }

    fn and(self, other: Self) -> Self {
        Self {
            low: (self.low.0.min(other.low.0), self.low.1.min(other.low.1)),
            high: (self.high.0.max(other.high.0), self.high.1.max(other.high.1)),
            across: self.across.and(other.across),
            down: self.down.and(other.down),
        }
    }

    /// Columns and rows of the raster from one place to the next in a row, or from one row to the next: the
    /// larger ones.
    fn pixels_a_step(&self) -> (f64, f64) {
        let (across, down) = (self.across.mean(), self.down.mean());
        let larger = |a: f64, b: f64| if a.max(b) > 0.0 { a.max(b) } else { 1.0 };
        (larger(across.0, down.0), larger(across.1, down.1))
    }

    /// The part of a level that the places and the pixels around them lie in, if `factor` pixels of the level
    /// are one of the raster.
    fn window(&self, factor: (f64, f64), size: (u32, u32), margin: (u32, u32)) -> Window {
        let span = |low: f64, high: f64, size: u32, margin: u32| {
            let start = (low as u32).min(size - 1).saturating_sub(margin);
            let end = (high as u32).saturating_add(margin + 1).min(size);
            (start, end - start)
        };
        let (column, width) = span(self.low.0 * factor.0, self.high.0 * factor.0, size.0, margin.0);
        let (row, height) = span(self.low.1 * factor.1, self.high.1 * factor.1, size.1, margin.1);
        Window::new(column, row, width, height)
    }
}

impl Steps {
    /// From each place to the one of the others at its index.
    fn between(places: &[Place], others: &[Place]) -> Self {
        let pairs = places.iter().zip(others).filter_map(|(a, b)| a.zip(*b));
        pairs.fold(Self::default(), |steps, (a, b)| {
            steps.and(Self { columns: (b.0 - a.0).abs(), rows: (b.1 - a.1).abs(), count: 1.0 })
        })
    }

    fn and(self, other: Self) -> Self {
        Self { columns: self.columns + other.columns, rows: self.rows + other.rows, count: self.count + other.count }
    }

    fn mean(self) -> (f64, f64) {
        if self.count > 0.0 { (self.columns / self.count, self.rows / self.count) } else { (0.0, 0.0) }
    }
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

/// The whole number at or below. The standard library's takes a call for each.
fn floor(value: f64) -> i64 {
    let whole = value as i64;
    whole - i64::from(whole as f64 > value)
}

impl<T: PixelValue> Source<'_, T> {
    /// The value at a place in the raster; nothing if no valid pixel counts.
    fn at(&self, (x, y): (f64, f64), how: Resampling, nodata: Option<T>) -> Option<T> {
        let (x, y) = (x * self.factor.0 - self.origin.0, y * self.factor.1 - self.origin.1);
        let column = floor(x + EDGE).min(self.width - 1);
        let row = floor(y + EDGE).min(self.height - 1);
        // What lies in a pixel that is not valid is not filled from its neighbours.
        self.pixel(column, row)?;
        let Some(kernel) = how.kernel() else { return Some(self.values[(row * self.width + column) as usize]) };
        let is_same_scale = self.scale.0 >= SAME_SCALE && self.scale.1 >= SAME_SCALE;
        let value = match kernel {
            Kernel::Bilinear if is_same_scale => self.of_four(x, y),
            Kernel::Cubic if is_same_scale => self.of_sixteen(x, y).or_else(|| self.of_four(x, y)),
            kernel => self.convolved(x, y, kernel),
        }?;
        let value = match T::DATA_TYPE {
            DataType::Float32 | DataType::Float64 => T::of_f64(value),
            // The conversion cuts off what is behind the point.
            _ if value >= -0.5 => T::of_f64(value + 0.5),
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
        let (column, row) = (floor(x - 0.5), floor(y - 0.5));
        let (right, down) = (x - 0.5 - column as f64, y - 0.5 - row as f64);
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
        let (column, row) = (floor(x - 0.5), floor(y - 0.5));
        let weights = |delta: f64| [-1.0, 0.0, 1.0, 2.0].map(|at: f64| Kernel::Cubic.weight(at - delta));
        let (across, down) = (weights(x - 0.5 - column as f64), weights(y - 0.5 - row as f64));
        let mut sum = 0.0;
        for (line, weight) in (-1..).zip(down) {
            let mut in_line = 0.0;
            for (at, weight) in (-1..).zip(across) {
                in_line += self.pixel(column + at, row + line)? * weight;
            }
            sum += in_line * weight;
        }
        Some(sum)
    }

    /// By a kernel that is widened where the grid's pixels are larger.
    fn convolved(&self, x: f64, y: f64, kernel: Kernel) -> Option<f64> {
        let (column, row) = (floor(x - 0.5), floor(y - 0.5));
        let (right, down) = (x - 0.5 - column as f64, y - 0.5 - row as f64);
        let reach = |scale: f64| (f64::from(kernel.radius()) / scale).ceil() as i64;
        let (mut sum, mut total) = (0.0, 0.0);
        for line in -reach(self.scale.1)..=reach(self.scale.1) {
            let by_line = kernel.weight((line as f64 - down) * self.scale.1);
            if by_line == 0.0 {
                continue;
            }
            for at in -reach(self.scale.0)..=reach(self.scale.0) {
                let weight = by_line * kernel.weight((at as f64 - right) * self.scale.0);
                if let Some(value) = self.pixel(column + at, row + line).filter(|_| weight != 0.0) {
                    sum += value * weight;
                    total += weight;
                }
            }
        }
        (total >= 0.000001).then(|| sum / total)
    }
}
