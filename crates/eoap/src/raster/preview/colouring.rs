//! Values into colours: masks in blue, palettes as the file has them, three bands as red, green and blue,
//! everything else by a colour map.

use std::sync::Arc;

use crate::{draw::colour_map::ColourMap, raster::grid::Grid};

/// A blue for water and other ones of a mask, readable on white and on dark: that of the theme.
pub(super) const MASK_COLOUR: [u8; 3] = [38, 131, 198];
/// Share of the values at each end that may be cut off, so that a few outliers do not make the rest flat.
const CUT: f64 = 0.02;
/// Shades of a colour map in a picture. With transparency they fit into a table of colours, which makes small
/// files.
pub(super) const SHADES: f64 = 254.0;

/// How the values of this picture have become colours.
#[derive(Clone, Debug)]
pub(super) enum Manner {
    Mask,
    Palette(Arc<[[u8; 3]]>),
    Composite { range: (f64, f64) },
    Ramp { map: ColourMap, range: (f64, f64) },
}

impl Manner {
    pub(super) fn pixels(&self, grids: &[Grid]) -> Vec<[u8; 4]> {
        match self {
            Self::Mask => mask(&grids[0]),
            Self::Palette(palette) => by_palette(&grids[0], palette),
            Self::Composite { range } => composite([&grids[0], &grids[1], &grids[2]], *range),
            Self::Ramp { map, range } => ramp(&grids[0], *map, *range),
        }
    }
}

pub(super) fn opaque([red, green, blue]: [u8; 3]) -> [u8; 4] {
    [red, green, blue, 255]
}

pub(super) fn is_mask(grid: &Grid) -> bool {
    grid.values.iter().all(|value| *value == 0.0 || *value == 1.0)
}

fn mask(grid: &Grid) -> Vec<[u8; 4]> {
    let is_shown = |(value, valid): (&f64, &bool)| *valid && *value == 1.0;
    let pixels = grid.values.iter().zip(&grid.valid).map(is_shown);
    pixels.map(|shown| if shown { opaque(MASK_COLOUR) } else { [0; 4] }).collect()
}

fn by_palette(grid: &Grid, palette: &[[u8; 3]]) -> Vec<[u8; 4]> {
    let pixel = |(value, valid): (&f64, &bool)| match palette.get(*value as usize) {
        Some(colour) if *valid => opaque(*colour),
        _ => [0; 4],
    };
    grid.values.iter().zip(&grid.valid).map(pixel).collect()
}

fn ramp(grid: &Grid, map: ColourMap, range: (f64, f64)) -> Vec<[u8; 4]> {
    let shades: Vec<[u8; 4]> = (0..=SHADES as u32).map(|step| opaque(map.at(f64::from(step) / SHADES))).collect();
    let pixel = |index: usize| {
        let shade = (share(grid.values[index], range) * SHADES).round() as usize;
        if is_shown(grid, index) { shades[shade] } else { [0; 4] }
    };
    (0..grid.values.len()).map(pixel).collect()
}

fn composite(bands: [&Grid; 3], range: (f64, f64)) -> Vec<[u8; 4]> {
    let pixel = |index: usize| {
        let colour = bands.map(|band| (share(band.values[index], range) * 255.0).round() as u8);
        if bands.iter().all(|band| is_shown(band, index)) { opaque(colour) } else { [0; 4] }
    };
    (0..bands[0].values.len()).map(pixel).collect()
}

fn is_shown(grid: &Grid, index: usize) -> bool {
    grid.valid[index] && grid.values[index].is_finite()
}

/// The values between which nearly all valid ones lie.
pub(super) fn value_range(grids: &[&Grid]) -> (f64, f64) {
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

/// How far a value is from low to high, from 0 to 1; in the middle, if both are the same.
fn share(value: f64, (low, high): (f64, f64)) -> f64 {
    let share = if low == high { 0.5 } else { (value - low) / (high - low) };
    if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(values: &[f64], nodata: f64) -> Grid {
        let valid = values.iter().map(|value| *value != nodata).collect();
        Grid { width: values.len() as u32, height: 1, values: values.to_vec(), valid }
    }

    #[test]
    fn values_are_stretched_between_the_ends() {
        let grey = |grid: &Grid| ramp(grid, ColourMap::Grey, value_range(&[grid]));
        assert_eq!(grey(&grid(&[-5.0, 0.0, 5.0, -99.0], -99.0)), [[0, 0, 0, 255], [128, 128, 128, 255], [255; 4], [0; 4]]);
        assert_eq!(grey(&grid(&[7.0, f64::NAN], 0.0)), [[128, 128, 128, 255], [0; 4]]);
    }

    #[test]
    fn masks_and_palettes_have_their_colours() {
        assert_eq!(mask(&grid(&[0.0, 1.0], 0.0)), [[0; 4], [38, 131, 198, 255]]);
        assert_eq!(by_palette(&grid(&[1.0, 9.0], 0.0), &[[0; 3], [1, 2, 3]]), [[1, 2, 3, 255], [0; 4]]);
    }
}
