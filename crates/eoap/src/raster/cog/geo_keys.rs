//! The keys that name a reference system (OGC 19-008r4 clause 7.1).

use crate::{
    error::{Error, Result},
    raster::georeference::crs::Crs,
};

const MODEL_TYPE: u16 = 1024;
const RASTER_TYPE: u16 = 1025;
const GEODETIC_CRS: u16 = 2048;
const PROJECTED_CRS: u16 = 3072;

/// The value of GeoKeyDirectoryTag: version 1.1.0, then keys in ascending order.
pub(super) fn of(crs: &Crs) -> Result<Vec<u16>> {
    let refuse = |reason: &str| Error::ReferenceSystem { crs: crs.to_string(), reason: reason.to_owned() };
    let code = crs.epsg.and_then(|code| u16::try_from(code).ok());
    let code = code.ok_or_else(|| refuse("only systems with an EPSG code can be written to a file"))?;
    let (model, key) = match crs.wkt.as_deref().and_then(|wkt| wkt.split('[').next()) {
        Some("PROJCS") => (1, PROJECTED_CRS),
        Some("GEOGCS") => (2, GEODETIC_CRS),
        _ => return Err(refuse("it is neither a projected nor a geographic system that is known here")),
    };
    Ok([[1, 1, 0, 3], [MODEL_TYPE, 0, 1, model], [RASTER_TYPE, 0, 1, 1], [key, 0, 1, code]].concat())
}
