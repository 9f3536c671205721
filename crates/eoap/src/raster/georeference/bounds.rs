//! Rectangles: in coordinates ([`Bounds`]) and in pixels ([`Window`]). Knows no file and no reference system.

use std::fmt;

use serde::Serialize;

use super::affine::Affine;
use crate::json::python_float;

/// A rectangle in the coordinates of some reference system: rasterio's `BoundingBox`, STAC's `bbox`.
///
/// ```
/// let bounds = eoap::Bounds::new(-121.4, 39.8, -120.7, 40.5);
/// assert_eq!((bounds.left, bounds.top), (-121.4, 40.5));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Bounds {
    /// Smallest x, or west.
    pub left: f64,
    /// Smallest y, or south; with rows that run to the north it is the larger one, as in rasterio.
    pub bottom: f64,
    /// Largest x, or east.
    pub right: f64,
    /// Largest y, or north.
    pub top: f64,
}

impl Bounds {
    /// West, south, east and north, in the order of STAC and rasterio.
    pub fn new(left: f64, bottom: f64, right: f64, top: f64) -> Self {
        Self { left, bottom, right, top }
    }

    /// The rectangle around places; nothing if there is none.
    pub(crate) fn around(places: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        places.into_iter().fold(None, |bounds: Option<Self>, (x, y)| {
            let bounds = bounds.unwrap_or(Self::new(x, y, x, y));
            Some(Self::new(bounds.left.min(x), bounds.bottom.min(y), bounds.right.max(x), bounds.top.max(y)))
        })
    }

    /// West, south, east, north.
    pub fn to_array(self) -> [f64; 4] {
        [self.left, self.bottom, self.right, self.top]
    }

    /// The four corners, counter-clockwise from the lower left.
    pub fn corners(self) -> [(f64, f64); 4] {
        [(self.left, self.bottom), (self.right, self.bottom), (self.right, self.top), (self.left, self.top)]
    }
}

impl fmt::Display for Bounds {
    /// As STAC writes a bounding box: `[west, south, east, north]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.to_array().map(python_float).join(", "))
    }
}

/// A rectangle of pixels: rasterio's `Window(col_off, row_off, width, height)`.
///
/// ```
/// use eoap::Window;
///
/// let window = Window::new(10, 20, 300, 400);
/// assert_eq!(window.within((100, 1000)), Some(Window::new(10, 20, 90, 400)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Window {
    /// The first column.
    pub column: u32,
    /// The first row.
    pub row: u32,
    /// Number of columns.
    pub width: u32,
    /// Number of rows.
    pub height: u32,
}

impl Window {
    /// First column, first row, number of columns, number of rows.
    pub fn new(column: u32, row: u32, width: u32, height: u32) -> Self {
        Self { column, row, width, height }
    }

    /// The pixels of an image of this size that bounds touch with more than their edge; nothing if there are
    /// none.
    ///
    /// ```
    /// use eoap::{Affine, Bounds, Window};
    /// let affine = Affine { a: 10.0, b: 0.0, c: 0.0, d: 0.0, e: -10.0, f: 100.0 };
    /// let window = Window::of_bounds(Bounds::new(5.0, 70.0, 30.0, 95.0), affine, (10, 10));
    /// assert_eq!(window, Some(Window::new(0, 0, 3, 3)));
    /// ```
    pub fn of_bounds(bounds: Bounds, affine: Affine, (width, height): (u32, u32)) -> Option<Self> {
        // Anything less than a thousandth of a pixel comes from rounding.
        const SLACK: f64 = 1e-3;
        let inverse = affine.inverse()?;
        let pixels = Bounds::around(bounds.corners().map(|(x, y)| inverse.apply(x, y)))?;
        let span = |low: f64, high: f64, size: u32| {
            let (low, high) = ((low + SLACK).floor().max(0.0), (high - SLACK).ceil().min(size.into()));
            (low < high).then_some((low as u32, (high - low) as u32))
        };
        let (column, width) = span(pixels.left, pixels.right, width)?;
        let (row, height) = span(pixels.bottom, pixels.top, height)?;
        Some(Self { column, row, width, height })
    }

    /// The part of the window that lies in an image of this size; nothing if there is none.
    pub fn within(self, (width, height): (u32, u32)) -> Option<Self> {
        let (columns, rows) = (width.saturating_sub(self.column), height.saturating_sub(self.row));
        let part = Self { width: self.width.min(columns), height: self.height.min(rows), ..self };
        (part.width > 0 && part.height > 0).then_some(part)
    }

    /// Where the window lies, in the coordinates that the transformation leads to: `left, bottom, right, top`
    /// as rasterio has it.
    pub fn bounds(self, affine: Affine) -> Bounds {
        let (column, row) = (f64::from(self.column), f64::from(self.row));
        let (right, bottom) = (column + f64::from(self.width), row + f64::from(self.height));
        if affine.is_axis_aligned() {
            let ((left, top), (right, bottom)) = (affine.apply(column, row), affine.apply(right, bottom));
            return Bounds::new(left, bottom, right, top);
        }
        let corners = [(column, row), (right, row), (right, bottom), (column, bottom)].map(|(x, y)| affine.apply(x, y));
        Bounds::around(corners).unwrap_or(Bounds::new(0.0, 0.0, 0.0, 0.0))
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × {} pixels from column {}, row {}", self.width, self.height, self.column, self.row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AFFINE: Affine = Affine { a: 10.0, b: 0.0, c: 1000.0, d: 0.0, e: -10.0, f: 2000.0 };

    #[test]
    fn windows_and_bounds_belong_together() {
        let window = Window::new(3, 4, 5, 6);
        let bounds = window.bounds(AFFINE);
        assert_eq!(bounds, Bounds::new(1030.0, 1900.0, 1080.0, 1960.0));
        assert_eq!(Window::of_bounds(bounds, AFFINE, (100, 100)), Some(window));
        assert_eq!(Window::of_bounds(bounds, AFFINE, (4, 7)), Some(Window::new(3, 4, 1, 3)));
        assert_eq!(Window::of_bounds(bounds, AFFINE, (3, 7)), None);
        let tilted = Affine { b: 10.0, d: 10.0, ..AFFINE };
        assert_eq!(Window::new(0, 0, 1, 1).bounds(tilted), Bounds::new(1000.0, 1990.0, 1020.0, 2010.0));
        assert_eq!(Window::of_bounds(bounds, Affine { a: 0.0, ..AFFINE }, (100, 100)), None);
    }

    #[test]
    fn windows_are_cut_to_the_image() {
        assert_eq!(Window::new(8, 8, 5, 1).within((10, 10)), Some(Window::new(8, 8, 2, 1)));
        assert_eq!(Window::new(10, 0, 1, 1).within((10, 10)), None);
    }
}
