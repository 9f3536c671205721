//! A small picture of a raster.
//!
//! Turns grids of values into colours: masks in blue, palettes as the file has them, three bands as red, green and blue,
//! everything else in grey. Invalid pixels are transparent.

use std::fmt;

use super::{grid::Grid, png};
use crate::display::Bundle;

/// A blue for water and other ones of a mask, readable on white and on dark.
const MASK_COLOUR: [u8; 3] = [38, 131, 198];
/// Share of the values at each end that may be cut off, so that a few outliers do not make the rest flat.
const CUT: f64 = 0.02;

/// A picture of a raster, from [`Raster::preview`](crate::Raster::preview). In a notebook it shows as an image.
#[derive(Clone, PartialEq)]
pub struct Preview {
    width: u32,
    height: u32,
    png: Vec<u8>,
    text: String,
}

/// How values become colours.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Colours<'a> {
    /// By the table of the file.
    Palette(&'a [[u8; 3]]),
    /// One band, or the first three of several; whether the values are bytes, which are taken as they are in colours.
    Bands { bytes: bool },
}

impl Preview {
    /// A picture of these bands, all of the same size; `subject` says what it shows.
    pub(crate) fn of(grids: &[Grid], colours: Colours<'_>, subject: &str) -> Self {
        let (width, height) = (grids[0].width, grids[0].height);
        let (pixels, manner) = match (colours, grids) {
            (Colours::Palette(palette), [grid, ..]) => (by_palette(grid, palette), "colours of the file"),
            (Colours::Bands { bytes }, [red, green, blue, ..]) => (colour([red, green, blue], bytes), "red, green, blue"),
            (Colours::Bands { bytes: true }, [grid, ..]) if is_mask(grid) => (mask(grid), "1 is blue"),
            _ => (grey(&grids[0]), "dark is low, bright is high"),
        };
        let valid = pixels.iter().filter(|pixel| pixel[3] != 0).count();
        let share = valid as f64 / pixels.len().max(1) as f64 * 100.0;
        let text = format!("preview of {subject}: {width} × {height} pixels, {manner}, {share:.1} % shown");
        Self { width, height, png: png::encode(width, height, &pixels), text }
    }

    /// Columns of the picture.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows of the picture.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The bytes of a PNG file.
    pub fn png(&self) -> &[u8] {
        &self.png
    }

    /// Shows the picture in a notebook, and its description as text.
    pub fn evcxr_display(&self) {
        Bundle::text(self.to_string()).png(&self.png).emit();
    }
}

impl fmt::Display for Preview {
    /// What the picture shows, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn is_mask(grid: &Grid) -> bool {
    grid.values.iter().all(|value| *value == 0.0 || *value == 1.0)
}

fn mask(grid: &Grid) -> Vec<[u8; 4]> {
    let [red, green, blue] = MASK_COLOUR;
    let is_shown = |(value, valid): (&f64, &bool)| *valid && *value == 1.0;
    let pixels = grid.values.iter().zip(&grid.valid).map(is_shown);
    pixels.map(|shown| if shown { [red, green, blue, 255] } else { [0; 4] }).collect()
}

fn by_palette(grid: &Grid, palette: &[[u8; 3]]) -> Vec<[u8; 4]> {
    let pixel = |(value, valid): (&f64, &bool)| match palette.get(*value as usize) {
        Some([red, green, blue]) if *valid => [*red, *green, *blue, 255],
        _ => [0; 4],
    };
    grid.values.iter().zip(&grid.valid).map(pixel).collect()
}

fn grey(grid: &Grid) -> Vec<[u8; 4]> {
    let range = value_range(&[grid]);
    let pixel = |index: usize| {
        let value = stretch(grid.values[index], range);
        if is_shown(grid, index) { [value, value, value, 255] } else { [0; 4] }
    };
    (0..grid.values.len()).map(pixel).collect()
}

fn colour(bands: [&Grid; 3], bytes: bool) -> Vec<[u8; 4]> {
    let range = if bytes { (0.0, 255.0) } else { value_range(&bands) };
    let pixel = |index: usize| {
        let [red, green, blue] = bands.map(|band| stretch(band.values[index], range));
        if bands.iter().all(|band| is_shown(band, index)) { [red, green, blue, 255] } else { [0; 4] }
    };
    (0..bands[0].values.len()).map(pixel).collect()
}

fn is_shown(grid: &Grid, index: usize) -> bool {
    grid.valid[index] && grid.values[index].is_finite()
}

/// The values between which nearly all valid ones lie.
fn value_range(grids: &[&Grid]) -> (f64, f64) {
    let shown = |grid: &&Grid| {
        (0..grid.values.len()).filter(|index| is_shown(grid, *index)).map(|index| grid.values[index]).collect::<Vec<_>>()
    };
    let mut values: Vec<f64> = grids.iter().flat_map(shown).collect();
    if values.is_empty() {
        return (0.0, 1.0);
    }
    values.sort_by(f64::total_cmp);
    let last = values.len() - 1;
    let cut = (last as f64 * CUT) as usize;
    match (values[cut], values[last - cut]) {
        (low, high) if low < high => (low, high),
        _ => (values[0], values[last]),
    }
}

fn stretch(value: f64, (low, high): (f64, f64)) -> u8 {
    if low == high {
        return 128;
    }
    // The conversion saturates, and turns "not a number" into 0.
    ((value - low) / (high - low) * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(values: &[f64], nodata: f64) -> Grid {
        let valid = values.iter().map(|value| *value != nodata).collect();
        Grid { width: values.len() as u32, height: 1, values: values.to_vec(), valid }
    }

    #[test]
    fn masks_are_blue_and_transparent() {
        assert_eq!(mask(&grid(&[0.0, 1.0], 0.0)), [[0; 4], [38, 131, 198, 255]]);
        let preview = Preview::of(&[grid(&[0.0, 1.0], 0.0)], Colours::Bands { bytes: true }, "x");
        assert_eq!(preview.to_string(), "preview of x: 2 × 1 pixels, 1 is blue, 50.0 % shown");
    }

    #[test]
    fn grey_is_stretched_between_the_ends() {
        assert_eq!(grey(&grid(&[-5.0, 0.0, 5.0, -99.0], -99.0)), [[0, 0, 0, 255], [128, 128, 128, 255], [255; 4], [0; 4]]);
        assert_eq!(grey(&grid(&[7.0, f64::NAN], 0.0)), [[128, 128, 128, 255], [0; 4]]);
    }

    #[test]
    fn bytes_in_colour_stay_as_they_are() {
        let bands = [grid(&[10.0], 0.0), grid(&[20.0], 0.0), grid(&[255.0], 0.0)];
        assert_eq!(colour([&bands[0], &bands[1], &bands[2]], true), [[10, 20, 255, 255]]);
        assert_eq!(by_palette(&grid(&[1.0, 9.0], 0.0), &[[0; 3], [1, 2, 3]]), [[1, 2, 3, 255], [0; 4]]);
    }
}
