//! From values to colours.
//!
//! [`ColourMap`] names the scales that people know from matplotlib and ColorBrewer. The colours come from
//! the crate `colorous`. The caller decides which values are at the ends.

use std::fmt;

use colorous::Gradient;

/// A scale of colours for the values of a band.
///
/// ```
/// use eoap::ColourMap;
///
/// assert_eq!(ColourMap::Grey.at(1.0), [255, 255, 255]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColourMap {
    /// From black to white.
    Grey,
    /// From dark violet through green to yellow. Also works for readers who see few colours, and in print.
    Viridis,
    /// From black through red to yellow and white.
    Inferno,
    /// From white to dark blue: depths, amounts of water.
    Blues,
    /// From white to dark green: cover, growth.
    Greens,
    /// From brown through white to blue-green, for values on both sides of a middle, such as indices of
    /// wetness.
    BrownTeal,
    /// From red through white to blue, for differences.
    RedBlue,
}

impl ColourMap {
    /// The colour at a share of the way, from 0 to 1. Beyond that, the colour of the end.
    ///
    /// ```
    /// assert_eq!(eoap::ColourMap::Grey.at(0.5), [128, 128, 128]);
    /// assert_eq!(eoap::ColourMap::Viridis.at(0.0), [68, 1, 84]);
    /// ```
    pub fn at(self, share: f64) -> [u8; 3] {
        let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        let gradient = |gradient: Gradient| {
            let colour = gradient.eval_continuous(share);
            [colour.r, colour.g, colour.b]
        };
        match self {
            Self::Grey => [(share * 255.0).round() as u8; 3],
            Self::Viridis => gradient(colorous::VIRIDIS),
            Self::Inferno => gradient(colorous::INFERNO),
            Self::Blues => gradient(colorous::BLUES),
            Self::Greens => gradient(colorous::GREENS),
            Self::BrownTeal => gradient(colorous::BROWN_GREEN),
            Self::RedBlue => gradient(colorous::RED_BLUE),
        }
    }

    /// The names of the two end colours.
    pub(crate) fn ends(self) -> (&'static str, &'static str) {
        match self {
            Self::Grey => ("dark", "bright"),
            Self::Viridis => ("violet", "yellow"),
            Self::Inferno => ("black", "white"),
            Self::Blues => ("white", "blue"),
            Self::Greens => ("white", "green"),
            Self::BrownTeal => ("brown", "blue-green"),
            Self::RedBlue => ("red", "blue"),
        }
    }
}

impl fmt::Display for ColourMap {
    /// Which end is low and which is high.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = self.ends();
        write!(f, "{low} is low, {high} is high")
    }
}

/// A colour as style sheets write it.
pub(crate) fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_has_a_colour() {
        for map in [ColourMap::Grey, ColourMap::Viridis, ColourMap::Inferno, ColourMap::Blues, ColourMap::RedBlue] {
            assert_eq!(map.at(f64::NEG_INFINITY), map.at(0.0));
            assert_eq!(map.at(f64::NAN), map.at(0.0));
            assert_eq!(map.at(7.0), map.at(1.0));
            assert_ne!(map.at(0.0), map.at(1.0));
        }
        assert_eq!(hex([1, 255, 16]), "#01ff10");
    }
}
