//! A grid of pixels somewhere on Earth. The pixels of a raster can be read onto it.

use std::fmt;

use super::{
    dataset::Raster,
    georeference::{
        affine::Affine,
        bounds::{Bounds, Window},
        crs::Crs,
    },
};
use crate::error::Result;

/// A grid of pixels: the reference system, the transformation from columns and rows to coordinates, and the
/// size. Rasters are read onto it with [`Read::on_grid`](crate::Read::on_grid).
///
/// ```
/// use eoap::{Bounds, Crs, raster::PixelGrid};
///
/// let grid = PixelGrid::of_bounds(Bounds::new(-121.2, 39.9, -121.0, 40.1), Crs::wgs84(), 0.001);
/// assert_eq!((grid.width, grid.height), (200, 200));
/// assert_eq!(grid.transform.apply(0.0, 0.0), (-121.2, 40.1));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PixelGrid {
    /// The reference system of the coordinates.
    pub crs: Crs,
    /// From columns and rows to coordinates.
    pub transform: Affine,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl PixelGrid {
    /// A grid with this many columns and rows.
    pub fn new(crs: Crs, transform: Affine, width: u32, height: u32) -> Self {
        Self { crs, transform, width, height }
    }

    /// A grid of square pixels of this size from the upper left corner of bounds. It covers them.
    pub fn of_bounds(bounds: Bounds, crs: Crs, pixel: f64) -> Self {
        // Without this tolerance, rounding may add a pixel.
        let count = |length: f64| (length / pixel - 1e-6).ceil().max(1.0) as u32;
        let transform = Affine { a: pixel, b: 0.0, c: bounds.left, d: 0.0, e: -pixel, f: bounds.top };
        Self { crs, transform, width: count(bounds.right - bounds.left), height: count(bounds.top - bounds.bottom) }
    }

    /// The grid of a raster.
    ///
    /// # Errors
    ///
    /// [`Error::Raster`](crate::Error::Raster) if the raster has no reference system.
    pub fn of(raster: &Raster) -> Result<Self> {
        let crs = raster.crs().ok_or_else(|| raster.failed("it has no reference system".to_owned()))?;
        Ok(Self { crs, transform: raster.transform(), width: raster.width(), height: raster.height() })
    }

    /// Where the grid lies, in its own reference system.
    pub fn bounds(&self) -> Bounds {
        Window::new(0, 0, self.width, self.height).bounds(self.transform)
    }
}

impl fmt::Display for PixelGrid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × {} pixels at {} in {}", self.width, self.height, self.bounds(), self.crs)
    }
}
