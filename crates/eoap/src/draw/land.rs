//! Coasts and borders of the world, coarse: those of Natural Earth at 1:110 million, which are in the public
//! domain.
//!
//! [`paths`] draws those that lie in a [`Frame`]. `data/make_land.py` has written them, and says how; what
//! else is on a map is not known here.

use std::fmt::Write;

use super::{
    geography::{Frame, Place},
    svg::number,
};

/// The lines, as `make_land.py` writes them.
const LINES: &[u8] = include_bytes!("../../data/land.bin");

/// Degrees to a step.
const STEP: f64 = 0.05;

/// Points that lie closer on paper than this many pixels are one.
const CLOSE: f64 = 1.5;

/// Coasts and borders as two paths of SVG, empty where there are none.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    pub(crate) coasts: String,
    pub(crate) borders: String,
}

/// What of coasts and borders lies in a frame. Lines go on for a point beyond it: what is too much is cut off
/// by the window that they are drawn in.
pub(crate) fn paths(frame: &Frame) -> Paths {
    let mut paths = Paths::default();
    let mut numbers = Numbers(LINES);
    while let Some(head) = numbers.next() {
        let (mut x, mut y) = (0, 0);
        let mut line: Vec<Place> = Vec::new();
        for _ in 0..head >> 1 {
            x += numbers.signed();
            y += numbers.signed();
            line.push((f64::from(x) * STEP, f64::from(y) * STEP));
        }
        let path = if head & 1 == 1 { &mut paths.borders } else { &mut paths.coasts };
        // A frame may lie across the antimeridian, or once more around.
        for turn in [-360.0, 0.0, 360.0] {
            add(path, frame, line.iter().map(|(longitude, latitude)| (longitude + turn, *latitude)));
        }
    }
    paths
}

/// Adds what of a line lies in the frame.
fn add(path: &mut String, frame: &Frame, line: impl Iterator<Item = Place>) {
    let mut before: Option<Place> = None;
    let mut pen: Option<(f64, f64)> = None;
    for place in line {
        let is_near = before.is_some_and(|before| touches(frame, before, place));
        if let (true, Some(before)) = (is_near, before) {
            let start = *pen.get_or_insert_with(|| {
                let start = rounded(frame.place(before));
                let _ = write!(path, "M{} {}", number(start.0), number(start.1));
                start
            });
            let end = rounded(frame.place(place));
            let (across, down) = (end.0 - start.0, end.1 - start.1);
            if across.hypot(down) >= CLOSE {
                // From the point before: that is shorter.
                let _ = write!(path, "l{} {}", number(across), number(down));
                pen = Some(end);
            }
        } else {
            pen = None;
        }
        before = Some(place);
    }
}

/// Whether the rectangle around two places has something in common with the frame.
fn touches(frame: &Frame, one: Place, other: Place) -> bool {
    one.0.min(other.0) <= frame.east
        && one.0.max(other.0) >= frame.west
        && one.1.min(other.1) <= frame.north
        && one.1.max(other.1) >= frame.south
}

/// A place on paper, to a tenth of a pixel.
fn rounded((x, y): (f64, f64)) -> (f64, f64) {
    ((x * 10.0).round() / 10.0, (y * 10.0).round() / 10.0)
}

/// Numbers in groups of seven bits.
struct Numbers(&'static [u8]);

impl Numbers {
    /// The next difference.
    fn signed(&mut self) -> i32 {
        let number = self.next().unwrap_or_default() as i32;
        (number >> 1) ^ -(number & 1)
    }
}

impl Iterator for Numbers {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let mut number = 0;
        for shift in (0..28).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u32::from(byte & 127) << shift;
            if byte & 128 == 0 {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(paths: &Paths) -> (usize, usize) {
        (paths.coasts.matches('M').count(), paths.borders.matches('M').count())
    }

    #[test]
    fn coasts_and_borders_are_where_they_are() {
        let of = |bounds| paths(&Frame::around(bounds, (0.0, 0.0), 400.0, 300.0));
        let (coasts, borders) = count(&of([-180.0, -90.0, 180.0, 90.0]));
        assert!(coasts > 100 && borders > 200, "{coasts} coasts, {borders} borders");
        // In the middle of the Pacific there is neither, and between Germany and Poland no coast.
        assert_eq!(count(&of([-140.0, -2.0, -135.0, 2.0])), (0, 0));
        let (coasts, borders) = count(&of([14.0, 51.0, 15.5, 52.5]));
        assert!(coasts == 0 && borders > 0, "{coasts} coasts, {borders} borders");
        // Fiji, from either side of the antimeridian.
        assert_eq!(count(&of([176.0, -19.0, 184.0, -15.0])), count(&of([-184.0, -19.0, -176.0, -15.0])));
        assert!(count(&of([176.0, -19.0, 184.0, -15.0])).0 > 0);
    }

    #[test]
    fn a_picture_of_the_world_stays_small() {
        let world = paths(&Frame::around([-180.0, -90.0, 180.0, 90.0], (0.0, 0.0), 400.0, 300.0));
        let size = world.coasts.len() + world.borders.len();
        assert!(size < 40_000, "{size} bytes");
    }
}
