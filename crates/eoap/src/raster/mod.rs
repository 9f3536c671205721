//! Reads GeoTIFFs (OGC 19-008r4; TIFF 6.0) where they lie, fetching only the parts that are needed.
//!
//! [`Raster`] asks a source for byte ranges (asynchronously) and does everything else on bytes it has (synchronously): the
//! modules below the source neither wait nor fetch.

mod affine;
mod chunk;
mod crs;
mod data_type;
mod dataset;
mod gdal_metadata;
mod geokeys;
mod grid;
mod header;
mod png;
mod preview;
mod profile;
mod source;
mod sparse;
mod statistics;

pub use affine::Affine;
pub use crs::Crs;
pub use data_type::DataType;
pub use dataset::Raster;
pub use preview::Preview;
pub use profile::Profile;
pub use statistics::{BandStatistics, Histogram, Statistics};
