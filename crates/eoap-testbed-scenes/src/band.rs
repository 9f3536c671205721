//! The bands of a scene: their names, and how bright water, plants and bare soil are in them.
//!
//! Brightness is what files of Landsat's Collection 2 hold: reflectance, times 1 / 0.0000275, plus 0.2 /
//! 0.0000275. Where there is water is not known here.

/// A band of surface reflectance, as Landsat 8 and 9 have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Band {
    /// Coastal aerosol.
    Coastal,
    /// Blue.
    Blue,
    /// Green.
    Green,
    /// Red.
    Red,
    /// Near infrared.
    Nir08,
    /// Short-wave infrared, the shorter.
    Swir16,
    /// Short-wave infrared, the longer.
    Swir22,
}

/// What covers a pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cover {
    /// Water: from 0, shallow, to 1, deep.
    Water(f32),
    /// Land: from 0, green, to 1, bare.
    Land(f32),
}

impl Band {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 7] = [Self::Coastal, Self::Blue, Self::Green, Self::Red, Self::Nir08, Self::Swir16, Self::Swir22];

    /// The band of this common name, which is also the name of its asset.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|band| band.name() == name)
    }

    /// Its common name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Coastal => "coastal",
            Self::Blue => "blue",
            Self::Green => "green",
            Self::Red => "red",
            Self::Nir08 => "nir08",
            Self::Swir16 => "swir16",
            Self::Swir22 => "swir22",
        }
    }

    /// Its number on the instrument.
    pub fn number(self) -> u8 {
        self as u8 + 1
    }

    /// Centre and width in micrometres.
    pub fn wavelength(self) -> (f64, f64) {
        match self {
            Self::Coastal => (0.44, 0.02),
            Self::Blue => (0.48, 0.06),
            Self::Green => (0.56, 0.06),
            Self::Red => (0.65, 0.04),
            Self::Nir08 => (0.87, 0.03),
            Self::Swir16 => (1.61, 0.09),
            Self::Swir22 => (2.2, 0.19),
        }
    }

    /// How bright a cover is, as a file says it.
    pub fn brightness(self, cover: Cover) -> f32 {
        let [shallow, deep, green, bare] = self.reflectances();
        let between = |one: f32, other: f32, part: f32| one + (other - one) * part;
        let reflectance = match cover {
            Cover::Water(depth) => between(shallow, deep, depth),
            Cover::Land(bareness) => between(green, bare, bareness),
        };
        (reflectance + 0.2) * (1.0 / 0.000_027_5)
    }

    /// Of shallow water, deep water, plants and bare soil.
    fn reflectances(self) -> [f32; 4] {
        match self {
            Self::Coastal => [0.060, 0.045, 0.015, 0.070],
            Self::Blue => [0.065, 0.045, 0.022, 0.085],
            Self::Green => [0.072, 0.040, 0.048, 0.115],
            Self::Red => [0.060, 0.022, 0.033, 0.155],
            Self::Nir08 => [0.024, 0.010, 0.290, 0.235],
            Self::Swir16 => [0.012, 0.006, 0.140, 0.310],
            Self::Swir22 => [0.008, 0.004, 0.065, 0.265],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn water_is_darker_in_the_near_infrared_than_in_green_and_land_is_not() {
        let is_wet = |cover| Band::Green.brightness(cover) > Band::Nir08.brightness(cover);
        assert!([0.0, 0.5, 1.0].into_iter().all(|depth| is_wet(Cover::Water(depth))));
        assert!([0.0, 0.5, 1.0].into_iter().all(|bareness| !is_wet(Cover::Land(bareness))));
    }

    #[test]
    fn a_band_has_the_number_of_its_file() {
        assert_eq!(Band::named("nir08").map(Band::number), Some(5));
        assert_eq!(Band::named("nir"), None);
    }
}
