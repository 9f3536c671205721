//! Landsat scenes that are drawn, and what finds water in them: the pixel work of the testbed.
//!
//! A [`Scene`] shows a [`Landscape`] at one moment, pixel by pixel, and keeps none of it. [`threshold`] parts
//! values as scikit-image does, [`mask`] writes a file as GDAL does, and [`band`] counts as rio-stac does.
//! Nothing here opens a file or a connection.

mod band;
mod geotiff;
mod landscape;
mod lzw;
mod mask;
mod noise;
mod otsu;
mod scene;
mod statistics;

pub use band::{Band, Cover};
pub use geotiff::{Directory, Grid, TILE_LENGTHS, TILE_OFFSETS, Values, encoded, image, mask, place};
pub use landscape::{Ground, Landscape, NoGraymap};
pub use mask::{Mask, MaskError};
pub use otsu::{above, threshold};
pub use scene::{Frame, Pixel, Scene, Water};
pub use statistics::band;
