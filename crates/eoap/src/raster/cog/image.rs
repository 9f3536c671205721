//! The pixels that a file is made of.

use crate::raster::tiff::data_type::DataType;

/// Pixels in their order in memory: band after band, row after row, each value as little-endian bytes.
#[derive(Clone)]
pub(super) struct Image {
    pub(super) data_type: DataType,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) bands: usize,
    pub(super) bytes: Vec<u8>,
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bands of {} × {} {}", self.bands, self.width, self.height, self.data_type)
    }
}
