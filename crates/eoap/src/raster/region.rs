//! The level, the part of it, and the shape that a read is about.
//!
//! [`Region`] turns what a caller asks for into pixels of a level, as GDAL does it. Fetches nothing.

use std::sync::Arc;

use super::{
    georeference::bounds::Window,
    resample::{Area, Resampling, best_overview},
    tiff::{
        header::{Further, Header},
        level::Level,
    },
};

/// A part of a level, and the shape in which it is read.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    pub(crate) level: Arc<Level>,
    /// The part, in pixels of the level.
    pub(crate) area: Area,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) resampling: Resampling,
}

impl Region {
    /// A window of the full image in the given shape, from the overview that GDAL would take.
    pub(crate) fn new(
        header: &Header,
        further: &Further,
        window: Window,
        (width, height): (u32, u32),
        resampling: Resampling,
    ) -> Self {
        let full = &header.full;
        let wanted = (f64::from(window.width) / f64::from(width), f64::from(window.height) / f64::from(height));
        // The full image as an overview of itself would do as well.
        let usable: Vec<&Arc<Level>> =
            further.overviews.iter().filter(|level| level.samples == full.samples && level.data_type == full.data_type).collect();
        let sizes: Vec<(u32, u32)> = usable.iter().map(|level| (level.width, level.height)).collect();
        let best = best_overview((full.width, full.height), &sizes, wanted, height, resampling);
        let level = best.map_or(full, |index| usable[index]);
        let area = Area {
            column: window.column.into(),
            row: window.row.into(),
            width: window.width.into(),
            height: window.height.into(),
        };
        let area = scaled(area, full, level);
        Self { level: level.clone(), area, width, height, resampling }
    }

    /// A window of the full image as it is.
    pub(crate) fn plain(header: &Header, window: Window) -> Self {
        Self::new(header, &Further::default(), window, (window.width, window.height), Resampling::Nearest)
    }

    /// A part of a level, pixel by pixel.
    pub(crate) fn whole(level: &Arc<Level>, (column, row): (u32, u32), (width, height): (u32, u32)) -> Self {
        let area = Area { column: column.into(), row: row.into(), width: width.into(), height: height.into() };
        Self { level: level.clone(), area, width, height, resampling: Resampling::Nearest }
    }

    /// The same part of another level, such as a mask.
    pub(crate) fn of(&self, level: &Arc<Level>) -> Self {
        let area = scaled(self.area, &self.level, level);
        Self { level: level.clone(), area, ..self.clone() }
    }

    /// Whether each pixel of the result is one of the level, side by side.
    pub(crate) fn is_plain(&self) -> bool {
        let area = &self.area;
        (area.width, area.height) == (self.width.into(), self.height.into())
            && area.column.fract() == 0.0
            && area.row.fract() == 0.0
    }
}

/// A part of one level as a part of another.
fn scaled(area: Area, from: &Level, to: &Level) -> Area {
    let (x, y) = (f64::from(from.width) / f64::from(to.width), f64::from(from.height) / f64::from(to.height));
    Area { column: area.column / x, row: area.row / y, width: area.width / x, height: area.height / y }
}

/// The size that rio-stac reads an image in: at most `max_size` pixels on the longer side, never larger than
/// it is.
///
/// With a `max_size` of 0 the image keeps its size.
pub(crate) fn reduced_size(width: u32, height: u32, max_size: u32) -> (u32, u32) {
    if max_size == 0 || width.max(height) <= max_size {
        return (width, height);
    }
    let (ratio, size) = (f64::from(height) / f64::from(width), f64::from(max_size));
    if ratio > 1.0 { ((size / ratio).ceil() as u32, max_size) } else { (max_size, (size * ratio).ceil() as u32) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_rio_stac() {
        assert_eq!(reduced_size(1821, 2402, 1024), (777, 1024));
        assert_eq!(reduced_size(1821, 482, 1024), (1024, 272));
        assert_eq!(reduced_size(100, 50, 1024), (100, 50));
        assert_eq!(reduced_size(5000, 5000, 0), (5000, 5000));
        assert_eq!(reduced_size(1, 5000, 10), (1, 10));
    }
}
