//! The landscape that all scenes show: drawn, and the same wherever and whenever it is looked at.
//!
//! [`Landscape`] has the heights of one area, thinned out, as a script drew them (`make_scenes.py`). It goes
//! on in every direction without a seam: as in a bent mirror, and then as another part of it, turned. It
//! does not know what grows there, or the water level on a day.

use crate::noise::{normal, smooth};

/// How many pixels lie between two heights that are kept.
const STEP: f32 = 4.0;

/// Heights run from here ...
const LOWEST: f32 = -2.4;

/// ... to here, in 255 steps.
const HIGHEST: f32 = 6.0;

/// How rough the ground is within a pixel or two, which the thinned-out heights do not say.
const ROUGHNESS: f32 = 0.05;

/// A slope that is called steep: three of a hundred pixels have a steeper one.
const STEEP: f32 = 0.15;

/// Within so many pixels outside the area the mirror is bent more and more.
const BEND: f32 = 400.0;

/// Within so many pixels outside the area another part of it fades in ...
const FADE: f32 = 140.0;

/// ... which begins here.
const ELSEWHERE: (f32, f32) = (611.0, 1187.0);

/// Seeds: which of all landscapes it is.
const GROUND: u64 = 20_250_820;

/// Why heights cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a binary portable graymap (P5) with 255 levels")]
pub struct NoGraymap;

/// Heights of an area, from its north-western pixel on.
#[derive(Debug)]
pub struct Landscape {
    columns: usize,
    rows: usize,
    heights: Vec<u8>,
    /// Of the area, in pixels.
    width: f32,
    height: f32,
}

/// The ground of a pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ground {
    /// Above the river it drains to, in units of the relief.
    pub height: f32,
    /// From 0, flat, to 1.
    pub steepness: f32,
}

impl Landscape {
    /// Reads the heights of an area of so many pixels.
    pub fn read(graymap: &[u8], width: u32, height: u32) -> Result<Self, NoGraymap> {
        let mut rest = graymap;
        let mut word = || {
            let start = rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
            let end = start + rest[start..].iter().position(u8::is_ascii_whitespace)?;
            let word = std::str::from_utf8(&rest[start..end]).ok()?;
            rest = &rest[end + 1..];
            Some(word)
        };
        let head = [word(), word(), word(), word()];
        let [Some("P5"), Some(columns), Some(rows), Some("255")] = head else { return Err(NoGraymap) };
        let (columns, rows): (usize, usize) = (columns.parse().map_err(|_| NoGraymap)?, rows.parse().map_err(|_| NoGraymap)?);
        if columns < 2 || rows < 2 || columns.checked_mul(rows) != Some(rest.len()) {
            return Err(NoGraymap);
        }
        Ok(Self { columns, rows, heights: rest.to_vec(), width: width as f32, height: height as f32 })
    }

    /// The ground of a pixel; those of the area itself are counted from its north-western corner.
    pub fn at(&self, column: i32, row: i32) -> Ground {
        let (x, y) = (column as f32, row as f32);
        let outside = (-x).max(x - (self.width - 1.0)).max((-y).max(y - (self.height - 1.0))).max(0.0);
        let (height, across, down) = if outside > 0.0 {
            // The mirror moves by as much as half the way to it.
            let bend = outside.min(BEND) * 0.5;
            let far = (outside / (4.0 * BEND)).min(1.0) * BEND;
            let (east, south) = (smooth(x, y, 310.0, GROUND + 1), smooth(x, y, 290.0, GROUND + 2));
            let (slow_east, slow_south) = (smooth(x, y, 1300.0, GROUND + 3), smooth(x, y, 1100.0, GROUND + 4));
            let (u, v) = (x + bend * east + far * slow_east, y + bend * south + far * slow_south);
            let near = self.surface(mirrored(u, self.width), mirrored(v, self.height));
            // Further out another part of it fades in, turned by a right angle: so the mirror itself is not
            // seen.
            let share = (outside / FADE).min(1.0);
            let share = share * share * (3.0 - 2.0 * share);
            let (u, v) = (v * 0.83 + ELSEWHERE.0, u * 0.83 + ELSEWHERE.1);
            let other = self.surface(mirrored(u, self.width), mirrored(v, self.height));
            let mix = |one: f32, other: f32| one + (other - one) * share;
            (mix(near.0, other.0), mix(near.1, other.2), mix(near.2, other.1))
        } else {
            self.surface(x, y)
        };
        Ground {
            height: height + ROUGHNESS * normal(column, row, GROUND),
            steepness: ((across * across + down * down).sqrt() / STEEP).min(1.0),
        }
    }

    /// Height between the kept ones, and how it changes from pixel to pixel.
    fn surface(&self, x: f32, y: f32) -> (f32, f32, f32) {
        let (x, y) = ((x / STEP).clamp(0.0, (self.columns - 1) as f32), (y / STEP).clamp(0.0, (self.rows - 1) as f32));
        // Not negative, and smaller than the map.
        let (left, top) = ((x as usize).min(self.columns - 2), (y as usize).min(self.rows - 2));
        let (across, down) = (x - left as f32, y - top as f32);
        let at = |column: usize, row: usize| {
            LOWEST + f32::from(self.heights[row * self.columns + column]) * ((HIGHEST - LOWEST) / 255.0)
        };
        let (nw, ne, sw, se) = (at(left, top), at(left + 1, top), at(left, top + 1), at(left + 1, top + 1));
        let (north, south) = (nw + (ne - nw) * across, sw + (se - sw) * across);
        let (west, east) = (nw + (sw - nw) * down, ne + (se - ne) * down);
        (north + (south - north) * down, (east - west) / STEP, (south - north) / STEP)
    }
}

/// The coordinate within an area of this length that a place beyond it shows again.
fn mirrored(place: f32, length: f32) -> f32 {
    let last = length - 1.0;
    // Most places are within, and a remainder takes its time.
    if (0.0..=last).contains(&place) {
        return place;
    }
    if (-last..0.0).contains(&place) {
        return -place;
    }
    let there = place.rem_euclid(2.0 * last);
    if there > last { 2.0 * last - there } else { there }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_beyond_the_edge_is_seen_in_a_mirror() {
        assert_eq!([-3.0, 0.0, 9.0, 11.0, 18.0].map(|place| mirrored(place, 10.0)), [3.0, 0.0, 9.0, 7.0, 0.0]);
    }

    #[test]
    fn heights_are_read_and_go_on_without_a_seam() {
        let mut map = b"P5\n4 3\n255\n".to_vec();
        map.extend([0, 50, 100, 150, 40, 90, 140, 190, 80, 130, 180, 230]);
        let landscape = Landscape::read(&map, 13, 9).unwrap();
        let step = (-40..40).map(|column| (landscape.at(column + 1, 4).height - landscape.at(column, 4).height).abs());
        // Roughness apart, at most the slope times the bend.
        assert!(step.fold(0.0, f32::max) < 1.0);
        assert_eq!(Landscape::read(b"P6 1 1 255 a", 4, 4).err(), Some(NoGraymap));
        assert_eq!(Landscape::read(b"P5 2 2 255 abc", 4, 4).err(), Some(NoGraymap));
    }
}
