//! Where a raster lies: from pixels to coordinates, and the reference system that these are in (OGC 19-008r4
//! GeoTIFF; WKT 1).
//!
//! Computes on the header's values. Knows no pixel values and fetches nothing.

pub(crate) mod affine;
pub(crate) mod antimeridian;
pub(crate) mod bounds;
pub(crate) mod crs;
pub(crate) mod custom_crs;
pub(crate) mod esri;
pub(crate) mod geokeys;
pub(crate) mod ground;
mod projection_methods;
pub(crate) mod wkt;
