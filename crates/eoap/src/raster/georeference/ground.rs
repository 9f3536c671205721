//! Where pixels are without a transformation: ground control points (TIFF tag 33922) and rational polynomials
//! (TIFF tag 50844).

/// A pixel whose place on the ground is known.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct GroundControlPoint {
    /// Columns from the left edge, with parts of pixels.
    pub column: f64,
    /// Rows from the upper edge.
    pub row: f64,
    /// x, or longitude.
    pub x: f64,
    /// y, or latitude.
    pub y: f64,
    /// Height.
    pub z: f64,
}

/// How a camera saw the ground: column and row are quotients of polynomials of longitude, latitude and height
/// (RPC00B; GDAL's RFC 22).
///
/// A place is normalised first: `P = (latitude - latitude_offset) / latitude_scale`, and longitude `L` and
/// height `H` likewise. Each polynomial has the terms `1, L, P, H, LP, LH, PH, L², P², H², PLH, L³, LP², LH²,
/// L²P, P³, PH², L²H, P²H, H³`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct RationalPolynomials {
    /// Bias of the error in metres; -1 if it is not known.
    pub error_bias: f64,
    /// Random error in metres; -1 if it is not known.
    pub error_random: f64,
    /// What a row is normalised by.
    pub line_offset: f64,
    /// What a column is normalised by.
    pub sample_offset: f64,
    /// What a latitude is normalised by, in degrees.
    pub latitude_offset: f64,
    /// What a longitude is normalised by, in degrees.
    pub longitude_offset: f64,
    /// What a height is normalised by, in metres above the ellipsoid.
    pub height_offset: f64,
    /// What a row is normalised by.
    pub line_scale: f64,
    /// What a column is normalised by.
    pub sample_scale: f64,
    /// What a latitude is normalised by.
    pub latitude_scale: f64,
    /// What a longitude is normalised by.
    pub longitude_scale: f64,
    /// What a height is normalised by.
    pub height_scale: f64,
    /// The polynomial above the line of the row.
    pub line_numerator: [f64; 20],
    /// The polynomial below it.
    pub line_denominator: [f64; 20],
    /// The polynomial above the line of the column.
    pub sample_numerator: [f64; 20],
    /// The polynomial below it.
    pub sample_denominator: [f64; 20],
}

impl RationalPolynomials {
    /// From the 92 numbers of the tag; nothing if there are fewer.
    pub(crate) fn of_tag(numbers: &[f64]) -> Option<Self> {
        let (head, polynomials) = numbers.get(..92)?.split_at(12);
        let polynomial = |number: usize| polynomials[number * 20..(number + 1) * 20].try_into().ok();
        Some(Self {
            error_bias: head[0],
            error_random: head[1],
            line_offset: head[2],
            sample_offset: head[3],
            latitude_offset: head[4],
            longitude_offset: head[5],
            height_offset: head[6],
            line_scale: head[7],
            sample_scale: head[8],
            latitude_scale: head[9],
            longitude_scale: head[10],
            height_scale: head[11],
            line_numerator: polynomial(0)?,
            line_denominator: polynomial(1)?,
            sample_numerator: polynomial(2)?,
            sample_denominator: polynomial(3)?,
        })
    }

    /// Column and row of a place: longitude and latitude in degrees, and its height in metres above the
    /// ellipsoid. 0 is the middle of the first pixel.
    pub fn pixel(&self, longitude: f64, latitude: f64, height: f64) -> (f64, f64) {
        let l = (longitude - self.longitude_offset) / self.longitude_scale;
        let p = (latitude - self.latitude_offset) / self.latitude_scale;
        let h = (height - self.height_offset) / self.height_scale;
        let terms = [
            1.0,
            l,
            p,
            h,
            l * p,
            l * h,
            p * h,
            l * l,
            p * p,
            h * h,
            p * l * h,
            l * l * l,
            l * p * p,
            l * h * h,
            l * l * p,
            p * p * p,
            p * h * h,
            l * l * h,
            p * p * h,
            h * h * h,
        ];
        let value = |of: &[f64; 20]| of.iter().zip(terms).map(|(factor, term)| factor * term).sum::<f64>();
        let column = value(&self.sample_numerator) / value(&self.sample_denominator) * self.sample_scale + self.sample_offset;
        let row = value(&self.line_numerator) / value(&self.line_denominator) * self.line_scale + self.line_offset;
        (column, row)
    }
}
