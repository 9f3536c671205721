//! Where the pixels of a grid lie in a raster: exact at a few of each row, and in between on lines that are
//! right to a hundredth of a pixel.
//!
//! GDAL does the same, to an eighth of a pixel unless a smaller tolerance is asked for
//! (`GDALApproxTransform`).

use std::ops::Range;

use super::{
    dataset::Raster,
    georeference::{affine::Affine, crs::Projector},
    pixel_grid::PixelGrid,
};
use crate::error::Result;

/// How far a place may be from the exact one, in pixels of the raster.
const TOLERANCE: f64 = 0.01;
/// Up to this many pixels are computed one by one.
const FEW: u32 = 5;

/// From pixels of a grid to those of a raster.
pub(super) struct Positions {
    projector: Option<Projector>,
    from: Affine,
    to: Affine,
}

impl Positions {
    pub(super) fn new(grid: &PixelGrid, raster: &Raster) -> Result<Self> {
        let own = PixelGrid::of(raster)?;
        let to = own.transform.inverse_as_gdal().ok_or_else(|| raster.failed("its pixels have no area".to_owned()))?;
        let projector = if grid.crs == own.crs { None } else { Some(Projector::new(&grid.crs, &own.crs)?) };
        Ok(Self { projector, from: grid.transform, to })
    }

    /// Column and row in the raster of the middle of a pixel of the grid; nothing if it has no place there.
    fn exact(&self, column: u32, row: u32) -> Option<(f64, f64)> {
        let place = self.from.apply(f64::from(column) + 0.5, f64::from(row) + 0.5);
        let (x, y) = match &self.projector {
            Some(projector) => projector.project(place)?,
            None => place,
        };
        Some(self.to.apply(x, y))
    }

    /// Those of a row of the grid.
    pub(super) fn of_row(&self, row: u32, columns: Range<u32>) -> Vec<Option<(f64, f64)>> {
        let mut out = Vec::with_capacity(columns.len());
        if self.projector.is_none() || columns.len() as u32 <= FEW {
            out.extend(columns.map(|column| self.exact(column, row)));
            return out;
        }
        let (first, last) = (columns.start, columns.end - 1);
        self.add(row, (first, self.exact(first, row)), (last, self.exact(last, row)), &mut out);
        out.push(self.exact(last, row));
        out
    }

    /// Adds the places from the first column up to the last, which is left out.
    fn add(&self, row: u32, first: Known, last: Known, out: &mut Vec<Option<(f64, f64)>>) {
        let count = last.0 - first.0;
        if count <= FEW {
            out.push(first.1);
            out.extend((first.0 + 1..last.0).map(|column| self.exact(column, row)));
            return;
        }
        let middle = first.0 + count / 2;
        let found = self.exact(middle, row);
        if let (Some(from), Some(to), Some(found)) = (first.1, last.1, found) {
            let at = |column: u32| {
                let share = f64::from(column - first.0) / f64::from(count);
                (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share)
            };
            let straight = at(middle);
            // On a curve that bends one way, the middle is furthest off.
            if (straight.0 - found.0).abs() + (straight.1 - found.1).abs() <= TOLERANCE {
                out.extend((first.0..last.0).map(|column| Some(at(column))));
                return;
            }
        }
        self.add(row, first, (middle, found), out);
        self.add(row, (middle, found), last, out);
    }
}

/// A column and its place.
type Known = (u32, Option<(f64, f64)>);
