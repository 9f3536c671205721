//! Reads GeoTIFFs (OGC 19-008r4; TIFF 6.0) where they lie, fetching only the parts that are needed.
//!
//! [`Raster`] asks a source for byte ranges (asynchronously) and does everything else on bytes it has (synchronously): the
//! modules below the source neither wait nor fetch.
//!
//! # The crate `tiff`
//!
//! | | by whom |
//! |---|---|
//! | tags, types, compressions and the like by name | `tiff::tags` |
//! | LZW, Deflate, PackBits, no compression; byte order; predictors | `tiff::decoder`, a chunk at a time ([`chunk`], [`chunk_file`]) |
//! | predictor 2 of one value a pixel | [`chunk`]: four times as fast, a fifth of the time of such a chunk |
//! | Zstandard, JPEG | [`zstandard`] (`tiff` brings the C library), [`jpeg`] (it allocates what a JPEG says of itself) |
//! | directories | [`directory`]: `tiff` reads the lists of all chunks before it tells a size, up to megabytes where 16 KiB are fetched here |
//!
//! With figures: the README of the crate.

mod affine;
mod band_values;
mod bounds;
mod check;
mod chunk;
mod chunk_file;
mod compression;
mod crs;
mod custom_crs;
mod data_type;
mod dataset;
mod directory;
mod fetch;
mod gdal_metadata;
mod geokeys;
mod grid;
mod header;
mod jpeg;
mod level;
mod opening;
mod pixels;
mod place;
mod preview;
mod profile;
mod read;
mod region;
mod resample;
mod sample;
mod side_files;
mod source;
mod sparse;
mod statistics;
mod wkt;
mod zstandard;

pub use affine::Affine;
pub use bounds::{Bounds, Window};
pub use check::{AssetReport, Finding, check_asset};
pub use crs::Crs;
pub use data_type::DataType;
pub use dataset::Raster;
pub use preview::Preview;
pub use profile::Profile;
pub use read::{Read, ReadMask};
pub use resample::Resampling;
pub use sample::Sample;
pub use statistics::{BandStatistics, Histogram, Statistics};
