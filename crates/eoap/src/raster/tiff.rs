//! The content of a TIFF file (TIFF 6.0, BigTIFF, and GDAL's private tags): directories, chunks, samples.
//!
//! Parses and decodes bytes in memory. Neither waits nor fetches.

pub(crate) mod auxiliary;
pub(crate) mod chunk;
pub(crate) mod chunk_file;
pub(crate) mod colours;
pub(crate) mod compression;
pub(crate) mod data_type;
pub(crate) mod directory;
pub(crate) mod fax;
pub(crate) mod gdal_metadata;
pub(crate) mod header;
pub(crate) mod jpeg;
pub(crate) mod level;
pub(crate) mod nodata;
pub(crate) mod sparse;
mod tags;
pub(crate) mod value;
pub(crate) mod webp;
pub(crate) mod zstandard;
