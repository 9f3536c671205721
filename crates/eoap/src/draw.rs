//! What pictures are made of: marks, scales, colours, outlines of the earth, and their encoding as SVG and
//! PNG.
//!
//! Knows no raster, no job and no item: what is drawn is given as numbers and text.

pub(crate) mod colour_map;
pub(crate) mod geography;
pub(crate) mod land;
#[cfg(feature = "raster")]
pub(crate) mod png;
pub(crate) mod scale;
pub(crate) mod svg;
pub(crate) mod theme;

pub use colour_map::ColourMap;
