//! Reads GeoTIFFs (OGC 19-008r4; TIFF 6.0) in place, and fetches only the parts that are needed.
//!
//! [`Raster`] asks a source for byte ranges (asynchronously) and does everything else on bytes in memory
//! (synchronously): the modules below the source neither wait nor fetch.
//!
//! # The crate `tiff`
//!
//! | | by whom |
//! |---|---|
//! | tags, types, compressions and the like by name | `::tiff::tags` |
//! | LZW, Deflate, PackBits, WebP, fax (group 4), no compression; byte order; predictors | `::tiff::decoder`, a chunk at a time (`chunk`, `chunk_file`) |
//! | predictor 2 of one value a pixel | `chunk`: four times as fast, a fifth of the time of such a chunk |
//! | Zstandard, JPEG | `zstandard` (`tiff` brings the C library), `jpeg` (it allocates what a JPEG says of itself) |
//! | directories | `directory`: `tiff` reads the lists of all chunks before it knows a size, up to megabytes where 16 KiB are fetched here |
//!
//! The README of the crate has the figures.

mod averages;
mod band_values;
mod check;
mod cog;
mod convolution;
mod cores;
mod dataset;
mod georeference;
mod grid;
mod interpolation;
mod io;
mod kernel;
mod opening;
mod pixel_grid;
mod place;
mod points;
mod polygons;
mod positions;
mod preview;
mod profile;
mod read;
mod recorded;
mod region;
mod request;
mod resample;
mod sample;
mod statistics;
mod taps;
mod tiff;
mod validity;
mod warp;
mod weighed_sums;

pub use check::{AssetReport, Finding, check_asset};
pub use cog::Cog;
pub use dataset::Raster;
pub use georeference::affine::Affine;
pub use georeference::bounds::{Bounds, Window};
pub use georeference::crs::Crs;
pub use georeference::ground::{GroundControlPoint, RationalPolynomials};
pub use pixel_grid::PixelGrid;
pub use points::SamplePoints;
pub use polygons::Polygons;
pub use preview::Preview;
pub use profile::Profile;
pub use read::{Read, ReadMask};
pub use recorded::RecordedStatistics;
pub use resample::Resampling;
pub use sample::Sample;
pub use statistics::{BandStatistics, Histogram, Statistics};
pub use tiff::data_type::DataType;
