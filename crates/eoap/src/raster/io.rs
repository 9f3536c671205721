//! Where a raster's bytes come from, and how chunks of them become pixels: the asynchronous part.
//!
//! Knows files, servers and stores, and how much of them is kept. What bytes mean is decided in `tiff`.

pub(crate) mod fetch;
mod http_file;
pub(crate) mod parts;
pub(crate) mod pixels;
pub(crate) mod side_files;
pub(crate) mod source;
