//! One scene: what the landscape looked like from above at one moment, pixel by pixel.
//!
//! [`Scene`] draws its pixels when they are asked for and keeps none. Where a mask of the documented run says
//! what is water, the scene shows just that: so a process that looks for water finds it again. Files and
//! documents of scenes are not known here.

use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, Datelike, Utc};

use crate::band::{Band, Cover};
use crate::landscape::Landscape;
use crate::mask::Mask;
use crate::noise::{even, normal, smooth};

/// Near a shore water is at least so deep, and land so high: a documented mask has the last word.
const SHORE: f32 = 0.05;

/// Which grain the pixels have. Otsu's threshold is the middle of a bin of its histogram, and the brightest
/// land may lie just above it: with this grain no pixel of the documented area does.
const TEXTURE: u64 = 1;

/// Where scenes of one place lie on the grid of the landscape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Of the worldwide reference system of Landsat.
    pub path: u32,
    /// The row of it.
    pub row: u32,
    /// From west to east.
    pub columns: Range<i32>,
    /// From north to south.
    pub rows: Range<i32>,
}

/// How much water there is on a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Water {
    /// Ground that is lower lies under it.
    pub level: f32,
    /// How many dark pixels there are on steep slopes: shade, mostly.
    pub shade: f32,
}

impl Water {
    /// As the season has it: much in spring, little in autumn, and long shadows in winter.
    pub fn of(date: DateTime<Utc>) -> Self {
        let day = date.ordinal() as f32;
        let around = |peak: f32| ((day - peak) * std::f32::consts::TAU / 365.25).cos();
        let chance = |seed: u64| even(date.num_days_from_ce(), 0, seed);
        Self {
            level: -0.85 + 0.35 * around(105.0) + 0.08 * chance(11),
            shade: 1.5 + (1.0 + around(355.0)) * (1.0 + 0.5 * chance(12)),
        }
    }
}

/// A scene.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Its name.
    pub id: String,
    /// When it was taken.
    pub date: DateTime<Utc>,
    /// Where it lies.
    pub frame: Arc<Frame>,
    /// What it shows.
    pub landscape: Arc<Landscape>,
    /// How much water there is.
    pub water: Water,
    /// Where the documented run found water.
    pub documented: Option<Arc<Mask>>,
    /// Its grain: another one every day.
    seed: u64,
}

/// A pixel of a scene: as bright in every band as its cover is there.
#[derive(Debug, Clone, Copy)]
pub struct Pixel {
    column: i32,
    row: i32,
    cover: Cover,
    seed: u64,
}

impl Scene {
    /// A scene with as much water as the season has.
    pub fn new(id: String, date: DateTime<Utc>, frame: Arc<Frame>, landscape: Arc<Landscape>) -> Self {
        let seed = u64::from(date.num_days_from_ce().unsigned_abs());
        Self { id, date, frame, landscape, water: Water::of(date), documented: None, seed }
    }

    /// A pixel by its place on the grid of the landscape.
    pub fn pixel(&self, column: i32, row: i32) -> Pixel {
        let seed = self.seed;
        let ground = self.landscape.at(column, row);
        let shade = match ground.steepness > 0.0 {
            true => self.water.shade * ground.steepness * normal(column, row, seed).max(0.0),
            false => 0.0,
        };
        let drawn = self.water.level - (ground.height - shade);
        let depth = match self.documented.as_ref().and_then(|mask| mask.at(column, row)) {
            Some(true) => drawn.max(SHORE),
            Some(false) => drawn.min(-SHORE),
            None => drawn,
        };
        let cover = if depth > 0.0 {
            Cover::Water(depth / (depth + 0.6))
        } else {
            let bareness = 0.3 + 0.07 * ground.height + 0.25 * smooth(column as f32, row as f32, 95.0, 21);
            Cover::Land(bareness.clamp(0.05, 0.75))
        };
        Pixel { column, row, cover, seed }
    }
}

impl Scene {
    /// The normalised difference of two bands in a part of a row, added to the others; where both are 0 it is
    /// not a number.
    pub fn normalised_difference(&self, columns: Range<i32>, row: i32, bands: [Band; 2], all: &mut Vec<f32>) {
        all.extend(columns.map(|column| {
            let pixel = self.pixel(column, row);
            let [one, other] = bands.map(|band| f32::from(pixel.value(band)));
            (one - other) / (one + other)
        }));
    }

    /// The values of a band in every so many columns of a row, from one of them on, as a file of
    /// little-endian numbers has them.
    pub fn values(&self, band: Band, first: i32, row: i32, step: u32, count: u32) -> Vec<u8> {
        let at = |number: u32| self.pixel(first.saturating_add_unsigned(number * step), row).value(band);
        (0..count).flat_map(|number| at(number).to_le_bytes()).collect()
    }
}

impl Pixel {
    /// What a file of this band holds there: never 0, which means that there are no data.
    pub fn value(&self, band: Band) -> u16 {
        let grain = match self.cover {
            Cover::Water(_) => 0.006,
            Cover::Land(_) => 0.035,
        };
        let own = even(self.column, self.row, (self.seed + TEXTURE) * 16 + u64::from(band.number()));
        // Between 7 000 and 20 000.
        (band.brightness(self.cover) * (1.0 + grain * own)) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spring_is_wet_and_autumn_dry() {
        let level = |date: &str| Water::of(date.parse().unwrap()).level;
        assert!(level("2024-04-14T18:00:00Z") > level("2024-10-14T18:00:00Z") + 0.4);
    }
}
