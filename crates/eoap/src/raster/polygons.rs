//! Areas that are cut out of rasters, and which pixels lie in them, as GDAL's rasterizer decides it
//! (`llrasterize.cpp`; rasterio's `mask`).
//!
//! A pixel is inside if its middle is; or, if that is asked for, also if the outline touches it.

use geojson::{Geometry, Value};

use super::georeference::{affine::Affine, bounds::Bounds, crs::Crs};
use crate::error::{Error, Result};

/// Places with coordinates x and y, the last of which leads back to the first.
type Ring = Vec<(f64, f64)>;

/// An area that a raster is cut by: polygons with or without holes. See
/// [`Read::inside`](crate::Read::inside).
///
/// ```
/// use eoap::{Crs, raster::Polygons};
///
/// let lake = Polygons::ring([(-121.2, 39.9), (-121.0, 39.9), (-121.1, 40.1)], Crs::wgs84());
/// println!("{:?}", lake.all_touched());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Polygons {
    /// The rings of each shape, which is one polygon or several. A place in an even number of a shape's rings
    /// is outside of it.
    shapes: Vec<Vec<Ring>>,
    crs: Crs,
    is_all_touched: bool,
}

impl Polygons {
    /// A polygon of these corners, x and y in a reference system.
    pub fn ring(corners: impl IntoIterator<Item = (f64, f64)>, crs: Crs) -> Self {
        Self { shapes: vec![vec![corners.into_iter().collect()]], crs, is_all_touched: false }
    }

    /// A rectangle.
    pub fn rectangle(bounds: Bounds, crs: Crs) -> Self {
        Self::ring(bounds.corners(), crs)
    }

    /// The polygons of a GeoJSON geometry, whose coordinates are longitudes and latitudes (RFC 7946): an
    /// item's `geometry`, for example.
    ///
    /// # Errors
    ///
    /// [`Error::Area`] if it holds points or lines.
    pub fn of_geometry(geometry: &Geometry) -> Result<Self> {
        let mut shapes = Vec::new();
        collect(geometry, &mut shapes)?;
        Ok(Self { shapes, crs: Crs::wgs84(), is_all_touched: false })
    }

    /// The coordinates are in this reference system, as older GeoJSON says it beside the geometry.
    ///
    /// ```
    /// use eoap::{Crs, raster::Polygons};
    /// # fn run(geometry: &eoap::stac::Geometry) -> Result<(), eoap::Error> {
    /// let in_metres = Polygons::of_geometry(geometry)?.in_crs(Crs::from_epsg(32610)).all_touched();
    /// # Ok(())
    /// # }
    /// ```
    pub fn in_crs(mut self, crs: Crs) -> Self {
        self.crs = crs;
        self
    }

    /// Pixels that the outline touches are inside, too.
    pub fn all_touched(mut self) -> Self {
        self.is_all_touched = true;
        self
    }

    pub(super) fn transform(&self, to: &Crs) -> Result<Self> {
        let shape = |rings: &Vec<Ring>| rings.iter().map(|ring| self.crs.transform(to, ring)).collect::<Result<Vec<Ring>>>();
        let shapes = self.shapes.iter().map(shape).collect::<Result<_>>()?;
        Ok(Self { shapes, crs: to.clone(), is_all_touched: self.is_all_touched })
    }

    pub(super) fn crs(&self) -> &Crs {
        &self.crs
    }

    /// Nothing if there are no places.
    pub(super) fn bounds(&self) -> Option<Bounds> {
        Bounds::around(self.shapes.iter().flatten().flatten().copied())
    }

    /// Which pixels of a grid are inside, row by row.
    pub(super) fn inside(&self, transform: Affine, (rows, columns): (usize, usize)) -> Vec<bool> {
        let mut burned = Burned { inside: vec![false; rows * columns], rows, columns };
        let Some(inverse) = transform.inverse_as_gdal() else { return burned.inside };
        for shape in &self.shapes {
            let rings: Vec<Ring> = shape.iter().map(|ring| ring.iter().map(|(x, y)| inverse.apply(*x, *y)).collect()).collect();
            burned.fill(&rings);
            if self.is_all_touched {
                rings.iter().flat_map(edges).for_each(|(from, to)| burned.touch(from, to));
            }
        }
        burned.inside
    }
}

fn collect(geometry: &Geometry, shapes: &mut Vec<Vec<Ring>>) -> Result<()> {
    let ring = |places: &Vec<Vec<f64>>| places.iter().filter_map(|place| Some((*place.first()?, *place.get(1)?))).collect();
    match &geometry.value {
        Value::Polygon(rings) => shapes.push(rings.iter().map(ring).collect()),
        // The polygons of one geometry are burned at once.
        Value::MultiPolygon(polygons) => shapes.push(polygons.iter().flatten().map(ring).collect()),
        Value::GeometryCollection(geometries) => return geometries.iter().try_for_each(|geometry| collect(geometry, shapes)),
        other => {
            return Err(Error::Area { kind: other.type_name().to_owned() });
        }
    }
    Ok(())
}

/// From each corner to the next, and from the last to the first.
fn edges(ring: &Ring) -> impl Iterator<Item = ((f64, f64), (f64, f64))> {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1)).take(ring.len())
}

/// Which pixels are inside.
struct Burned {
    inside: Vec<bool>,
    rows: usize,
    columns: usize,
}

impl Burned {
    /// The pixels from one column up to another, which is left out.
    fn run(&mut self, row: usize, from: f64, to: f64) {
        let within = |column: f64| column.clamp(0.0, self.columns as f64) as usize;
        let (from, to) = (within(from), within(to));
        if from < to {
            self.inside[row * self.columns + from..row * self.columns + to].fill(true);
        }
    }

    /// The pixels whose middles are inside of an odd number of rings.
    fn fill(&mut self, rings: &[Ring]) {
        for row in 0..self.rows {
            let middle = row as f64 + 0.5;
            let mut crossings = Vec::new();
            for (from, to) in rings.iter().flat_map(edges) {
                let (low, high) = if from.1 < to.1 { (from, to) } else { (to, from) };
                if low.1 == high.1 {
                    // An edge along the middles of a row closes what is above it.
                    if from.1 == middle && from.0 > to.0 {
                        self.run(row, (to.0 + 0.5).floor(), (from.0 + 0.5).floor());
                    }
                } else if low.1 <= middle && middle < high.1 {
                    crossings.push((middle - low.1) * (high.0 - low.0) / (high.1 - low.1) + low.0);
                }
            }
            crossings.sort_by(f64::total_cmp);
            for [from, to] in crossings.as_chunks::<2>().0 {
                self.run(row, (from + 0.5).floor(), (to + 0.5).floor());
            }
        }
    }

    fn mark(&mut self, column: f64, row: f64) {
        let (column, row) = (column.floor(), row.floor());
        if column >= 0.0 && row >= 0.0 && column < self.columns as f64 && row < self.rows as f64 {
            self.inside[row as usize * self.columns + column as usize] = true;
        }
    }

    /// The pixels that a line touches, step by step from the left to the right.
    fn touch(&mut self, from: (f64, f64), to: (f64, f64)) {
        let ((mut x, mut y), (end, last)) = if from.0 <= to.0 { (from, to) } else { (to, from) };
        let limits = |count: usize, low: f64, high: f64| (low.floor().max(0.0) as i64)..=(high.floor().min(count as f64) as i64);
        // As in GDAL, lines that are nearly upright or level count as upright or level.
        if x.floor() == end.floor() || (x - end).abs() < 0.01 {
            limits(self.rows, y.min(last), y.max(last)).for_each(|row| self.mark(end, row as f64));
            return;
        }
        if y.floor() == last.floor() || (y - last).abs() < 0.01 {
            limits(self.columns, x, end).for_each(|column| self.mark(column as f64, y));
            return;
        }
        let slope = (last - y) / (end - x);
        if x < 0.0 {
            (x, y) = (0.0, y - x * slope);
        }
        let end = end.min(self.columns as f64);
        const STEP: f64 = 1e-9;
        while x < end {
            self.mark(x, y);
            let right = (x + 1.0).floor() - x;
            let row = y.floor();
            if (y + right * slope).floor() == row {
                (x, y) = (x + right, y + right * slope);
                continue;
            }
            let step = if slope < 0.0 { (row - y).min(-STEP) } else { (row + 1.0 - y).max(STEP) };
            (x, y) = (x + step / slope, y + step);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(polygons: &Polygons, rows: usize, columns: usize) -> Vec<String> {
        let inside = polygons.inside(Affine::IDENTITY, (rows, columns));
        inside.chunks(columns).map(|row| row.iter().map(|inside| if *inside { '#' } else { '.' }).collect()).collect()
    }

    #[test]
    fn middles_decide_unless_all_that_is_touched_counts() {
        let triangle = Polygons::ring([(0.0, 0.0), (4.0, 0.0), (0.0, 4.0)], Crs::wgs84());
        assert_eq!(drawn(&triangle, 4, 4), ["####", "###.", "##..", "#..."]);
        let small = Polygons::rectangle(Bounds::new(1.6, 1.6, 2.4, 2.4), Crs::wgs84());
        assert_eq!(drawn(&small, 4, 4), ["....", "....", "....", "...."]);
        assert_eq!(drawn(&small.all_touched(), 4, 4), ["....", ".##.", ".##.", "...."]);
    }

    #[test]
    fn holes_are_outside_and_points_have_no_inside() {
        let json = r#"{"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]], [[1, 1], [3, 1], [3, 3], [1, 3], [1, 1]]]}"#;
        let polygon = Polygons::of_geometry(&json.parse::<geojson::GeoJson>().expect("JSON").try_into().expect("geometry"));
        assert_eq!(drawn(&polygon.expect("polygon"), 4, 4), ["####", "#..#", "#..#", "####"]);
        let point = Geometry::new(Value::Point(vec![1.0, 2.0]));
        assert!(Polygons::of_geometry(&point).expect_err("no area").to_string().contains("Point has no inside"));
    }
}
