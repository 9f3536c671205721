//! A mask of the documented run, and where it lies in the landscape.
//!
//! [`Mask`] reads a GeoTIFF of one band of bytes, as the run left it. What a mask is of is not known here.

use std::io::Cursor;

use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::Tag;

/// Why a mask cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MaskError {
    /// It is not a TIFF that can be read.
    #[error("{0}")]
    Tiff(#[from] tiff::TiffError),
    /// It is another TIFF.
    #[error("not a GeoTIFF of bytes that says where it lies")]
    Other,
}

/// Pixels that are or are not, from their north-western one on.
#[derive(Debug)]
pub struct Mask {
    column: i32,
    row: i32,
    width: i32,
    height: i32,
    pixels: Vec<u8>,
}

impl Mask {
    /// Reads a mask; `grid` gives the column and the row that begin at an easting and a northing.
    pub fn read(file: &[u8], grid: impl Fn(f64, f64) -> (i32, i32)) -> Result<Self, MaskError> {
        let mut decoder = Decoder::new(Cursor::new(file))?;
        let (width, height) = decoder.dimensions()?;
        let tie = decoder.get_tag_f64_vec(Tag::ModelTiepointTag)?;
        let [_, _, _, easting, northing, ..] = tie.as_slice() else { return Err(MaskError::Other) };
        let (column, row) = grid(*easting, *northing);
        let DecodingResult::U8(pixels) = decoder.read_image()? else { return Err(MaskError::Other) };
        let size = |length: u32| i32::try_from(length).map_err(|_| MaskError::Other);
        Ok(Self { column, row, width: size(width)?, height: size(height)?, pixels })
    }

    /// What it says of a pixel of the landscape; nothing beyond its edges.
    pub fn at(&self, column: i32, row: i32) -> Option<bool> {
        let (x, y) = (column - self.column, row - self.row);
        let inside = (0..self.width).contains(&x) && (0..self.height).contains(&y);
        // Neither is negative.
        inside.then(|| self.pixels[(y as usize) * (self.width as usize) + x as usize] != 0)
    }
}
