//! Colours that are stored otherwise than as red, green and blue, and what GDAL makes of them: amounts of
//! four inks (CMYK, TIFF 6.0 section 16), and brightness with two differences of colour (YCbCr, section
//! 21).
//!
//! GDAL gives both as red, green and blue, by libtiff's arithmetic in whole numbers; so does this, to the
//! last digit. Differences in JPEGs are `jpeg`'s.

use tiff::tags::{CompressionMethod, PhotometricInterpretation, Tag};

use super::directory::{Directory, Halt, Outcome, Tiff};

const INK_SET: u16 = 332;
const COEFFICIENTS: u16 = 529;
const SUBSAMPLING: u16 = 530;
const REFERENCE_BLACK_WHITE: u16 = 532;
/// How libtiff has fractions in whole numbers.
const SHIFT: i32 = 16;

/// What the values of an image become.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Colours {
    /// They stay as they are stored.
    AsStored,
    /// Amounts of cyan, magenta, yellow and black become red, green, blue, and an opacity that is full.
    Inks,
    Differences(Differences),
}

/// Brightness and two differences of colour: how many pixels share the differences, and what the numbers
/// mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Differences {
    across: u32,
    down: u32,
    luma: [f32; 3],
    /// Black and white of the brightness, then nothing and all of each difference.
    range: [f32; 6],
}

/// What decides how colours are stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    pub(super) photometric: Option<PhotometricInterpretation>,
    pub(super) compression: CompressionMethod,
    pub(super) samples: u16,
    pub(super) bits: u16,
    pub(super) is_planar: bool,
}

impl Colours {
    /// Refuses what GDAL converts and this does not: without that conversion, numbers would be taken for
    /// other colours.
    pub(super) fn read(tiff: &Tiff<'_>, directory: &Directory, stored: Stored) -> Outcome<Self> {
        let is_jpeg = stored.compression == CompressionMethod::ModernJPEG;
        let refuse = |colours: &str| {
            Err(Halt::Broken(format!(
                "its values are {colours}, which this library does not convert to red, green and blue; convert it with `gdal_translate`"
            )))
        };
        match stored.photometric {
            // Other numbers are left as they are, by GDAL as well.
            _ if stored.bits != 8 => Ok(Self::AsStored),
            Some(PhotometricInterpretation::CMYK) => {
                let are_four_inks = tiff.first(directory, Tag::from_u16_exhaustive(INK_SET))?.is_none_or(|set| set == 1);
                let extra = tiff.numbers(directory, Tag::ExtraSamples)?.len();
                match (are_four_inks, usize::from(stored.samples).saturating_sub(extra)) {
                    (true, 4) if stored.is_planar => refuse("amounts of four inks (CMYK) in bands that lie apart"),
                    (true, 4) if extra > 0 => refuse("amounts of four inks (CMYK) with a further band"),
                    (true, 4) => Ok(Self::Inks),
                    _ => Ok(Self::AsStored),
                }
            }
            Some(PhotometricInterpretation::YCbCr) if !is_jpeg && stored.samples == 3 => {
                let differences = Differences::read(tiff, directory)?;
                match stored.is_planar {
                    true => refuse("brightness and two differences of colour (YCbCr) in bands that lie apart"),
                    false if !differences.is_known() => refuse(&format!(
                        "brightness and two differences of colour (YCbCr) for {} × {} pixels at once",
                        differences.across, differences.down
                    )),
                    false => Ok(Self::Differences(differences)),
                }
            }
            Some(PhotometricInterpretation::CIELab) if stored.samples == 3 => refuse("colours in CIE L*a*b*"),
            _ => Ok(Self::AsStored),
        }
    }

    /// The differences, if several pixels share them.
    pub(crate) fn shared(&self) -> Option<&Differences> {
        match self {
            Self::Differences(differences) if (differences.across, differences.down) != (1, 1) => Some(differences),
            _ => None,
        }
    }

    /// Makes red, green and blue of pixels side by side.
    pub(crate) fn convert(&self, pixels: &mut [u8]) {
        match self {
            Self::AsStored => {}
            Self::Inks => pixels.as_chunks_mut::<4>().0.iter_mut().for_each(|pixel| {
                let light = |ink: u8| (u32::from(255 - pixel[3]) * u32::from(255 - ink) / 255) as u8;
                *pixel = [light(pixel[0]), light(pixel[1]), light(pixel[2]), 255];
            }),
            Self::Differences(differences) => differences.convert(pixels),
        }
    }
}

impl Differences {
    fn read(tiff: &Tiff<'_>, directory: &Directory) -> Outcome<Self> {
        let numbers = tiff.numbers(directory, Tag::from_u16_exhaustive(SUBSAMPLING))?;
        let (across, down) = match numbers[..] {
            [across, down] => (across.try_into().unwrap_or(u32::MAX), down.try_into().unwrap_or(u32::MAX)),
            _ => (2, 2),
        };
        let luma = floats(tiff, directory, COEFFICIENTS)?.unwrap_or([0.299, 0.587, 0.114]);
        let range = floats(tiff, directory, REFERENCE_BLACK_WHITE)?.unwrap_or([0.0, 255.0, 128.0, 255.0, 128.0, 255.0]);
        Ok(Self { across, down, luma, range })
    }

    /// Whether GDAL reads such differences.
    fn is_known(&self) -> bool {
        matches!((self.across, self.down), (1, 1) | (1, 2) | (2, 1) | (2, 2) | (4, 1) | (4, 2) | (4, 4))
    }

    /// Bytes in a row of units, each the brightness of some pixels and their differences, and how many rows.
    pub(crate) fn units(&self, width: u32, rows: u32) -> (u32, u32) {
        (width.div_ceil(self.across) * (self.across * self.down + 2), rows.div_ceil(self.down))
    }

    /// Three values for each pixel, from rows of units.
    pub(crate) fn spread(&self, units: &[u8], width: usize, rows: usize) -> Vec<u8> {
        let (across, down) = (self.across as usize, self.down as usize);
        let unit = across * down + 2;
        let row_bytes = width.div_ceil(across) * unit;
        let mut out = Vec::with_capacity(width * rows * 3);
        for row in 0..rows {
            let units = &units[row / down * row_bytes..][..row_bytes];
            for column in 0..width {
                let unit = &units[column / across * unit..][..unit];
                out.extend([unit[row % down * across + column % across], unit[unit.len() - 2], unit[unit.len() - 1]]);
            }
        }
        out
    }

    fn convert(&self, pixels: &mut [u8]) {
        let tables = Tables::of(self);
        for pixel in pixels.as_chunks_mut::<3>().0 {
            let [brightness, blue, red] = pixel.map(usize::from);
            let brightness = tables.brightness[brightness];
            let green = (tables.green_of_blue[blue] + tables.green_of_red[red]) >> SHIFT;
            *pixel = [brightness + tables.red[red], brightness + green, brightness + tables.blue[blue]]
                .map(|value| value.clamp(0, 255) as u8);
        }
    }
}

/// What each value of a brightness or a difference adds to a colour.
struct Tables {
    brightness: [i32; 256],
    red: [i32; 256],
    blue: [i32; 256],
    green_of_red: [i32; 256],
    green_of_blue: [i32; 256],
}

impl Tables {
    fn of(differences: &Differences) -> Self {
        const HALF: i32 = 1 << (SHIFT - 1);
        let [red, green, blue] = differences.luma;
        let range = differences.range;
        let fixed = |factor: f32| (f64::from(factor.clamp(0.0, 2.0) * (1 << SHIFT) as f32) + 0.5) as i32;
        let (of_red, of_blue) = (2.0 - 2.0 * red, 2.0 - 2.0 * blue);
        let (green_of_red, green_of_blue) = (-fixed(red * of_red / green), -fixed(blue * of_blue / green));
        let (of_red, of_blue) = (fixed(of_red), fixed(of_blue));
        // A value in its range, as a share of `full`.
        let share = |value: i32, low: f32, high: f32, full: f32| {
            let width = if high - low == 0.0 { 1.0 } else { high - low };
            let value = (value - low as i32) as f32 * full / width;
            value.clamp(-128.0 * 32.0, 128.0 * 32.0) as i32
        };
        let difference = |value: usize, at: usize| share(value as i32 - 128, range[at] - 128.0, range[at + 1] - 128.0, 127.0);
        Self {
            brightness: std::array::from_fn(|value| share(value as i32, range[0], range[1], 255.0)),
            red: std::array::from_fn(|value| (of_red * difference(value, 4) + HALF) >> SHIFT),
            blue: std::array::from_fn(|value| (of_blue * difference(value, 2) + HALF) >> SHIFT),
            green_of_red: std::array::from_fn(|value| green_of_red * difference(value, 4)),
            green_of_blue: std::array::from_fn(|value| green_of_blue * difference(value, 2) + HALF),
        }
    }
}

/// The floats of a tag, if they are as many.
fn floats<const N: usize>(tiff: &Tiff<'_>, directory: &Directory, tag: u16) -> Outcome<Option<[f32; N]>> {
    let floats = tiff.floats(directory, Tag::from_u16_exhaustive(tag))?;
    let floats: Vec<f32> = floats.into_iter().map(|float| float as f32).collect();
    Ok(floats.try_into().ok().filter(|floats: &[f32; N]| floats.iter().all(|float| float.is_finite())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differences(across: u32, down: u32) -> Differences {
        Differences { across, down, luma: [0.299, 0.587, 0.114], range: [0.0, 255.0, 128.0, 255.0, 128.0, 255.0] }
    }

    #[test]
    fn inks_are_subtracted_from_white() {
        let mut pixels = [191, 221, 122, 167, 0, 0, 0, 0];
        Colours::Inks.convert(&mut pixels);
        assert_eq!(pixels, [22, 11, 45, 255, 255, 255, 255, 255]);
    }

    #[test]
    fn without_a_difference_colours_are_grey() {
        let mut pixels = [0, 128, 128, 77, 128, 128, 255, 128, 128];
        differences(1, 1).convert(&mut pixels);
        assert_eq!(pixels, [0, 0, 0, 77, 77, 77, 255, 255, 255]);
    }

    #[test]
    fn differences_are_spread_over_their_pixels() {
        // Two units of 2 × 2 pixels, of which the second has one column in the image.
        let units = [1, 2, 3, 4, 50, 60, 5, 6, 7, 8, 70, 80];
        let spread = differences(2, 2).spread(&units, 3, 2);
        assert_eq!(spread, [1, 50, 60, 2, 50, 60, 5, 70, 80, 3, 50, 60, 4, 50, 60, 7, 70, 80]);
        assert_eq!(differences(2, 2).units(3, 2), (12, 1));
    }
}
