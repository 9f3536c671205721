//! From pixels to coordinates: an affine transformation of the plane.

use std::fmt;

use crate::json::python_float;

/// Affine transformation from column and row to x and y in the units of the reference system, with the coefficients in the
/// order of rasterio: `x = a·column + b·row + c`, `y = d·column + e·row + f`. Column and row 0 are the outer corner of the
/// first pixel.
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
}

impl fmt::Display for Affine {
    /// As Python's `affine` writes it, on two lines.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = [self.a, self.b, self.c, self.d, self.e, self.f].map(python_float);
        write!(f, "Affine({a}, {b}, {c},\n       {d}, {e}, {g})")
    }
}
