//! Where a raster lies: its bounds and its footprint.

use serde_json::json;

use super::{
    dataset::Raster,
    georeference::{
        bounds::{Bounds, Window},
        crs::Crs,
    },
};
use crate::error::Result;

impl Raster {
    /// Where the raster lies in its own reference system, as rasterio's `bounds`.
    pub fn bounds(&self) -> Bounds {
        Window::new(0, 0, self.width(), self.height()).bounds(self.transform())
    }

    /// Where the raster lies in WGS 84: longitude and latitude, as rio-stac's `bbox`.
    ///
    /// # Errors
    ///
    /// [`Error::Raster`](crate::Error::Raster) without a reference system, and those of [`Crs::transform`].
    pub fn bounds_wgs84(&self) -> Result<Bounds> {
        let places = self.corners_wgs84()?;
        Ok(Bounds::around(places).expect("a rectangle has corners"))
    }

    /// Where the raster lies in WGS 84: a polygon of its four corners, as rio-stac's `geometry` and STAC's.
    ///
    /// # Errors
    ///
    /// Those of [`Raster::bounds_wgs84`].
    pub fn footprint(&self) -> Result<stac::Geometry> {
        let mut ring = self.corners_wgs84()?;
        ring.extend(ring.first().copied());
        let polygon = json!({"type": "Polygon", "coordinates": [ring]});
        serde_json::from_value(polygon).map_err(|error| self.failed(format!("its footprint is no polygon: {error}")))
    }

    fn corners_wgs84(&self) -> Result<Vec<(f64, f64)>> {
        let crs = self.crs().ok_or_else(|| self.failed("it has no reference system".to_owned()))?;
        crs.transform(&Crs::wgs84(), &self.bounds().corners())
    }

    /// Longitude and latitude of the corners of the first, the rows' last, the last and the columns' last pixel.
    pub(super) fn pixel_corners_wgs84(&self) -> Result<[(f64, f64); 4]> {
        let crs = self.crs().ok_or_else(|| self.failed("it has no reference system".to_owned()))?;
        let (width, height) = (f64::from(self.width()), f64::from(self.height()));
        let corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)];
        let places = crs.transform(&Crs::wgs84(), &corners.map(|(column, row)| self.transform().apply(column, row)))?;
        places.try_into().map_err(|_| self.failed("its corners are lost".to_owned()))
    }
}
