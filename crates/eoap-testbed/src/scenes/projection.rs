//! Converts positions from one reference system to another.
//!
//! [`Projection`] takes definitions from PostGIS' registry (`crs-definitions`) and computes with `proj4rs`.
//! Coordinates are x and y, or longitude and latitude in degrees.

use proj4rs::{Proj, transform::transform};

/// Longitude and latitude.
pub(crate) const WGS84: u16 = 4326;

/// A reference system of the EPSG registry.
#[derive(Debug, Clone)]
pub(crate) struct Projection {
    proj: Proj,
}

impl Projection {
    /// The system with this code, if it is supported.
    pub(crate) fn new(epsg: u16) -> Option<Self> {
        let definition = crs_definitions::from_code(epsg)?;
        Some(Self { proj: Proj::from_proj_string(definition.proj4).ok()? })
    }

    /// The system that a text like `EPSG:32610` names.
    pub(crate) fn named(text: &str) -> Option<Self> {
        let (authority, code) = text.trim().split_once(':')?;
        if !authority.eq_ignore_ascii_case("epsg") {
            return None;
        }
        Self::new(code.trim().parse().ok()?)
    }

    /// This system's position in another system. `None` where that is not defined.
    pub(crate) fn to(&self, other: &Self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        let (x, y) = if self.proj.is_latlong() { (x.to_radians(), y.to_radians()) } else { (x, y) };
        let mut place = (x, y, 0.0);
        transform(&self.proj, &other.proj, &mut place).ok()?;
        let (x, y) = if other.proj.is_latlong() { (place.0.to_degrees(), place.1.to_degrees()) } else { (place.0, place.1) };
        (x.is_finite() && y.is_finite()).then_some((x, y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The corners of the documented items, as PROJ computed them.
    #[test]
    fn places_are_those_of_proj() {
        let (utm, degrees) = (Projection::new(32610).unwrap(), Projection::new(WGS84).unwrap());
        for (place, expected) in [
            ((636_975.0, 4_410_555.0), (-121.39922829056682, 39.83396419450036)),
            ((691_605.0, 4_410_555.0), (-120.76118304700903, 39.82340258564599)),
            ((691_605.0, 4_482_615.0), (-120.73977187420928, 40.47213091315636)),
            ((636_975.0, 4_482_615.0), (-121.38391140352763, 40.482936393990066)),
            ((691_605.0, 4_425_015.0), (-120.75694206934209, 39.95358698004168)),
            ((636_975.0, 4_425_015.0), (-121.3961944444915, 39.96419715990018)),
        ] {
            let (x, y) = utm.to(&degrees, place).unwrap();
            // One of them is another number by the last bit.
            assert!((x - expected.0).abs() < 1e-13 && (y - expected.1).abs() < 1e-13, "{x} {y}");
        }
    }

    #[test]
    fn systems_have_names() {
        assert!(Projection::named("EPSG:4326").is_some() && Projection::named("epsg:3857").is_some());
        assert!(Projection::named("4326").is_none() && Projection::named("EPSG:1").is_none());
    }
}
