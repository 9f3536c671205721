//! Where a raster lies: its bounds and its footprint.

use serde_json::json;

use super::{
    dataset::Raster,
    georeference::{
        antimeridian,
        bounds::{Bounds, Window},
        crs::Crs,
    },
};
use crate::error::Result;

/// Places on each edge that are followed across the antimeridian.
const EDGE_STEPS: usize = 16;

impl Raster {
    /// Where the raster lies in its own reference system, as rasterio's `bounds`.
    pub fn bounds(&self) -> Bounds {
        Window::new(0, 0, self.width(), self.height()).bounds(self.transform())
    }

    /// Where the raster lies in WGS 84: longitude and latitude, as rio-stac's `bbox`. Across the
    /// antimeridian, west is larger than east (RFC 7946 clause 5.2).
    ///
    /// # Errors
    ///
    /// [`Error::Raster`](crate::Error::Raster) without a reference system, and those of [`Crs::transform`].
    pub fn bounds_wgs84(&self) -> Result<Bounds> {
        Ok(antimeridian::bounds(&self.corners_wgs84()?).expect("a rectangle has corners"))
    }

    /// Where the raster lies in WGS 84: a polygon of its four corners, as rio-stac's `geometry` and STAC's.
    /// Across the antimeridian it is two, one on each side (RFC 7946 clause 3.1.9).
    ///
    /// # Errors
    ///
    /// Those of [`Raster::bounds_wgs84`].
    pub fn footprint(&self) -> Result<stac::Geometry> {
        let mut rings = antimeridian::rings(&self.corners_wgs84()?);
        rings.iter_mut().for_each(|ring| ring.extend(ring.first().copied()));
        let shape = match rings.as_slice() {
            [ring] => json!({"type": "Polygon", "coordinates": [ring]}),
            rings => json!({"type": "MultiPolygon", "coordinates": rings.iter().map(|ring| [ring]).collect::<Vec<_>>()}),
        };
        serde_json::from_value(shape).map_err(|error| self.failed(format!("its footprint is no polygon: {error}")))
    }

    fn corners_wgs84(&self) -> Result<Vec<(f64, f64)>> {
        let crs = self.crs().ok_or_else(|| self.failed("it has no reference system".to_owned()))?;
        let corners = self.bounds().corners();
        let edges: Vec<(f64, f64)> = (0..4)
            .flat_map(|index| {
                let ((x, y), (to_x, to_y)) = (corners[index], corners[(index + 1) % 4]);
                let share = |step: usize| step as f64 / EDGE_STEPS as f64;
                (0..EDGE_STEPS).map(move |step| (x + (to_x - x) * share(step), y + (to_y - y) * share(step)))
            })
            .collect();
        match crs.transform(&Crs::wgs84(), &edges) {
            Ok(ring) => Ok(antimeridian::continuous(&ring, EDGE_STEPS)),
            // Corners may have places where the points between them have none.
            Err(_) => crs.transform(&Crs::wgs84(), &corners),
        }
    }

    /// Longitude and latitude of the corners of the first, the rows' last, the last and the columns' last
    /// pixel.
    pub(super) fn pixel_corners_wgs84(&self) -> Result<[(f64, f64); 4]> {
        let crs = self.crs().ok_or_else(|| self.failed("it has no reference system".to_owned()))?;
        let (width, height) = (f64::from(self.width()), f64::from(self.height()));
        let corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)];
        let places = crs.transform(&Crs::wgs84(), &corners.map(|(column, row)| self.transform().apply(column, row)))?;
        places.try_into().map_err(|_| self.failed("its corners are lost".to_owned()))
    }
}
