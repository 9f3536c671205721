//! From pixels to coordinates: an affine transformation of the plane.

use std::fmt;

use crate::json::python_float;

/// Affine transformation from column and row to x and y in the units of the reference system. The
/// coefficients have rasterio's order: `x = a·column + b·row + c`, `y = d·column + e·row + f`. Column and row
/// 0 are the outer corner of the first pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "an affine transformation of the plane has six coefficients")]
pub struct Affine {
    /// Width of a pixel.
    pub a: f64,
    /// Rotation, 0 as a rule.
    pub b: f64,
    /// x of the corner.
    pub c: f64,
    /// Rotation, 0 as a rule.
    pub d: f64,
    /// Height of a pixel, negative as a rule: rows go down, y goes up.
    pub e: f64,
    /// y of the corner.
    pub f: f64,
}

impl Affine {
    /// The transformation that changes nothing, for files without a georeference.
    pub const IDENTITY: Self = Self { a: 1.0, b: 0.0, c: 0.0, d: 0.0, e: 1.0, f: 0.0 };

    /// x and y of a place in pixels.
    ///
    /// ```
    /// let affine = eoap::Affine { a: 30.0, b: 0.0, c: 636975.0, d: 0.0, e: -30.0, f: 4482615.0 };
    /// assert_eq!(affine.apply(1821.0, 2402.0), (691605.0, 4410555.0));
    /// ```
    pub fn apply(&self, column: f64, row: f64) -> (f64, f64) {
        (self.a * column + self.b * row + self.c, self.d * column + self.e * row + self.f)
    }

    /// x and y of the middle of a pixel, as rasterio's `xy(row, column)`.
    ///
    /// ```
    /// let affine = eoap::Affine { a: 30.0, b: 0.0, c: 636975.0, d: 0.0, e: -30.0, f: 4482615.0 };
    /// assert_eq!(affine.xy(0, 1), (637020.0, 4482600.0));
    /// assert_eq!(affine.index(637020.0, 4482600.0), Some((0, 1)));
    /// ```
    pub fn xy(&self, row: i64, column: i64) -> (f64, f64) {
        self.apply(column as f64 + 0.5, row as f64 + 0.5)
    }

    /// Row and column of the pixel in which a place lies, as rasterio's `index(x, y)`; they may lie outside
    /// of the raster. Nothing if the transformation has no inverse.
    pub fn index(&self, x: f64, y: f64) -> Option<(i64, i64)> {
        let (column, row) = self.inverse()?.apply(x, y);
        Some((row.floor() as i64, column.floor() as i64))
    }

    /// The transformation from coordinates to pixels; nothing if a pixel has no area.
    pub fn inverse(&self) -> Option<Self> {
        let determinant = self.a * self.e - self.b * self.d;
        if determinant == 0.0 || !determinant.is_finite() {
            return None;
        }
        // In the order of Python's `affine`, so that rounding is the same.
        let inverse = 1.0 / determinant;
        let (a, b, d, e) = (self.e * inverse, -self.b * inverse, -self.d * inverse, self.a * inverse);
        Some(Self { a, b, c: -self.c * a - self.f * b, d, e, f: -self.c * d - self.f * e })
    }

    /// As [`inverse`](Self::inverse), with the last digits that GDAL has (`GDALInvGeoTransform`), which
    /// decide on edges of pixels.
    pub(crate) fn inverse_as_gdal(&self) -> Option<Self> {
        let Self { a, b, c, d, e, f } = *self;
        if self.is_axis_aligned() && a != 0.0 && e != 0.0 {
            return Some(Self { a: 1.0 / a, b: 0.0, c: -c / a, d: 0.0, e: 1.0 / e, f: -f / e });
        }
        let determinant = a * e - b * d;
        if determinant == 0.0 || !determinant.is_finite() {
            return None;
        }
        let inverse = 1.0 / determinant;
        let (x, y) = ((b * f - c * e) * inverse, (c * d - a * f) * inverse);
        Some(Self { a: e * inverse, b: -b * inverse, c: x, d: -d * inverse, e: a * inverse, f: y })
    }

    /// The transformation of a part that begins at this pixel, with pixels this many times as wide and high.
    ///
    /// ```
    /// let affine = eoap::Affine { a: 30.0, b: 0.0, c: 1000.0, d: 0.0, e: -30.0, f: 2000.0 };
    /// let part = affine.part((10.0, 20.0), (2.0, 2.0));
    /// assert_eq!((part.c, part.f, part.a, part.e), (1300.0, 1400.0, 60.0, -60.0));
    /// ```
    pub fn part(&self, (column, row): (f64, f64), (wider, higher): (f64, f64)) -> Self {
        let (c, f) = self.apply(column, row);
        Self { a: self.a * wider, b: self.b * higher, c, d: self.d * wider, e: self.e * higher, f }
    }

    /// Whether rows and columns run along the axes.
    pub(crate) fn is_axis_aligned(&self) -> bool {
        self.b == 0.0 && self.d == 0.0
    }
}

impl fmt::Display for Affine {
    /// As Python's `affine` writes it, on two lines.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = [self.a, self.b, self.c, self.d, self.e, self.f].map(python_float);
        write!(f, "Affine({a}, {b}, {c},\n       {d}, {e}, {g})")
    }
}
