//! Coordinate reference systems: the name in a file, the definition in the EPSG registry, and the way from
//! one system to another.
//!
//! Definitions come from the crate `crs-definitions` (the registry as PostGIS has it), projections from
//! `proj4rs`. Coordinates are always x and y, or longitude and latitude in degrees, as in rasterio, whatever
//! order the registry gives the axes.

use std::{fmt, str::FromStr};

use proj4rs::{Proj, transform::transform};

use super::{
    bounds::Bounds,
    wkt::{Node, as_gdal},
};
use crate::error::{Error, Result};

/// Points on each edge of a rectangle that is transformed, as in rasterio.
const EDGE_POINTS: u32 = 21;

/// Semi-major axis of the Earth in metres, for systems that name their ellipsoid.
const EARTH_RADIUS: f64 = 6_378_137.0;

/// A coordinate reference system as a GeoTIFF names it.
///
/// ```
/// use eoap::Crs;
///
/// let utm: Crs = "EPSG:32610".parse()?;
/// assert_eq!(utm.name.as_deref(), Some("WGS 84 / UTM zone 10N"));
/// # Ok::<(), eoap::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Crs {
    /// Code in the EPSG registry, if the file gives one.
    pub epsg: Option<u32>,
    /// Definition in WKT 1 as GDAL writes it; nothing for a code that is not known, or keys that are not
    /// understood.
    pub wkt: Option<String>,
    /// Name in the registry, or that the file gives.
    pub name: Option<String>,
    /// Definition as PROJ has it (`+proj=utm +zone=10 +datum=WGS84 …`), from which coordinates are computed.
    pub proj: Option<String>,
}

impl Crs {
    /// The system with this EPSG code.
    ///
    /// ```
    /// let crs = eoap::Crs::from_epsg(32610);
    /// assert_eq!(crs.name.as_deref(), Some("WGS 84 / UTM zone 10N"));
    /// assert!(crs.wkt.unwrap().starts_with(r#"PROJCS["WGS 84 / UTM zone 10N","#));
    /// ```
    pub fn from_epsg(epsg: u32) -> Self {
        let definition = u16::try_from(epsg).ok().and_then(crs_definitions::from_code);
        let node = definition.and_then(|definition| Node::parse(definition.wkt)).map(as_gdal);
        Self {
            epsg: Some(epsg),
            name: node.as_ref().and_then(Node::name).map(str::to_owned),
            wkt: node.map(|node| node.to_string()),
            proj: definition.map(|definition| definition.proj4.to_owned()).filter(|proj| !proj.is_empty()),
        }
    }

    /// Longitude and latitude in WGS 84 (EPSG:4326), the system of GeoJSON and STAC.
    pub fn wgs84() -> Self {
        Self::from_epsg(4326)
    }

    pub(crate) fn named(name: String) -> Self {
        Self { epsg: None, wkt: None, name: Some(name), proj: None }
    }

    /// The text that rasterio shows for the system: `CRS.from_wkt('…')`, or `CRS.from_epsg(…)` where the
    /// definition is not known here.
    pub(crate) fn to_python(&self) -> String {
        match (&self.wkt, self.epsg) {
            (Some(wkt), _) => format!("CRS.from_wkt('{wkt}')"),
            (None, Some(epsg)) => format!("CRS.from_epsg({epsg})"),
            (None, None) => format!("CRS({:?})", self.name.as_deref().unwrap_or("unknown")),
        }
    }

    /// Computes where places lie in another system: x and y, or longitude and latitude in degrees.
    ///
    /// # Errors
    ///
    /// [`Error::ReferenceSystem`] if one of the systems is not known or its projection is not, or if a place
    /// lies where the projection has no answer.
    ///
    /// ```
    /// use eoap::Crs;
    /// let place = Crs::from_epsg(32610).transform(&Crs::wgs84(), &[(636975.0, 4410555.0)])?;
    /// assert!((place[0].0 - -121.39922829056682).abs() < 1e-9 && (place[0].1 - 39.83396419450036).abs() < 1e-9);
    /// # Ok::<(), eoap::Error>(())
    /// ```
    pub fn transform(&self, to: &Self, places: &[(f64, f64)]) -> Result<Vec<(f64, f64)>> {
        if self == to {
            return Ok(places.to_vec());
        }
        let projector = Projector::new(self, to)?;
        let place = |&(x, y): &(f64, f64)| {
            let nowhere = |why: String| to.unusable(format!("{x}, {y} of {self} has no place in it{why}"));
            match projector.compute((x, y)) {
                Ok(Some(found)) => Ok(found),
                Ok(None) => Err(nowhere(String::new())),
                Err(error) => Err(nowhere(format!(": {error}"))),
            }
        };
        places.iter().map(place).collect()
    }

    /// The rectangle that holds another one of this system, with 21 points on each edge, as rasterio's
    /// `transform_bounds`.
    ///
    /// # Errors
    ///
    /// Those of [`Crs::transform`].
    pub fn transform_bounds(&self, to: &Self, bounds: Bounds) -> Result<Bounds> {
        if self == to {
            return Ok(bounds);
        }
        let corners = bounds.corners();
        let edge = |index: usize| {
            let ((x, y), (to_x, to_y)) = (corners[index], corners[(index + 1) % 4]);
            let share = move |step: u32| f64::from(step) / f64::from(EDGE_POINTS + 1);
            (0..=EDGE_POINTS).map(move |step| (x + (to_x - x) * share(step), y + (to_y - y) * share(step)))
        };
        let places: Vec<(f64, f64)> = (0..4).flat_map(edge).collect();
        Ok(Bounds::around(self.transform(to, &places)?).unwrap_or(bounds))
    }

    fn projection(&self) -> Result<Proj> {
        let Some(proj) = &self.proj else {
            return Err(self.unusable("its definition is not known here".to_owned()));
        };
        // There are no grids of datum shifts here: the mean of the conterminous United States is right to
        // about 10 m (EPSG:1173).
        let words = proj.replace("+datum=NAD27", "+ellps=clrk66 +towgs84=-8,160,176,0,0,0,0");
        Proj::from_proj_string(&words).map_err(|error| self.unusable(format!("{error} ({proj})")))
    }

    /// Refuses to go from one celestial body to another: a place at 5° east on Mars has no longitude on
    /// Earth.
    fn same_body(&self, to: &Self) -> Result<()> {
        let radius = |crs: &Self| {
            let words = crs.proj.as_deref().unwrap_or_default().split(' ');
            let stated = words.filter_map(|word| word.strip_prefix("+R=").or_else(|| word.strip_prefix("+a=")));
            stated.filter_map(|number| number.parse::<f64>().ok()).next().unwrap_or(EARTH_RADIUS)
        };
        let (here, there) = (radius(self), radius(to));
        if (here / there - 1.0).abs() < 0.01 {
            return Ok(());
        }
        Err(self.unusable(format!("it is of a body with a radius of {here} m, and {to} is of one with {there} m")))
    }

    fn unusable(&self, reason: String) -> Error {
        Error::ReferenceSystem { crs: self.to_string(), reason }
    }
}

/// The way from one system to another, for many places.
pub(crate) struct Projector {
    from: Proj,
    to: Proj,
}

impl Projector {
    pub(crate) fn new(from: &Crs, to: &Crs) -> Result<Self> {
        from.same_body(to)?;
        Ok(Self { from: from.projection()?, to: to.projection()? })
    }

    /// Where a place lies in the other system; nothing if it has no place there.
    pub(crate) fn project(&self, place: (f64, f64)) -> Option<(f64, f64)> {
        self.compute(place).ok().flatten()
    }

    fn compute(&self, (x, y): (f64, f64)) -> std::result::Result<Option<(f64, f64)>, proj4rs::errors::Error> {
        let (into, out_of) = (factor(&self.from, f64::to_radians), factor(&self.to, f64::to_degrees));
        let mut place = (into(x), into(y), 0.0);
        transform(&self.from, &self.to, &mut place)?;
        let found = (out_of(place.0), out_of(place.1));
        Ok((found.0.is_finite() && found.1.is_finite()).then_some(found))
    }
}

/// Angles are in radians for `proj4rs`; lengths are lengths.
fn factor(system: &Proj, convert: fn(f64) -> f64) -> impl Fn(f64) -> f64 {
    let is_angle = system.is_latlong();
    move |value| if is_angle { convert(value) } else { value }
}

impl FromStr for Crs {
    type Err = Error;

    /// Reads `EPSG:n`.
    fn from_str(text: &str) -> Result<Self> {
        let code = text.trim().get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("EPSG:")).map(|_| &text.trim()[5..]);
        match code.and_then(|code| code.parse().ok()) {
            Some(code) => Ok(Self::from_epsg(code)),
            None => {
                Err(Error::ReferenceSystem { crs: text.to_owned(), reason: "give an EPSG code such as `EPSG:4326`".to_owned() })
            }
        }
    }
}

impl fmt::Display for Crs {
    /// `EPSG:n`, or the name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.epsg, &self.name) {
            (Some(epsg), _) => write!(f, "EPSG:{epsg}"),
            (None, Some(name)) => f.write_str(name),
            (None, None) => f.write_str("unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by GDAL 3.10.3: `CRS.from_epsg(n).to_wkt()`, one system per line.
    const GDAL: &str = include_str!("../../../tests/data/wkt-gdal.txt");

    #[test]
    fn wkt_is_that_of_gdal() {
        let mut count = 0;
        for line in GDAL.lines() {
            let (epsg, expected) = line.split_once(' ').expect("code and definition");
            let crs = Crs::from_epsg(epsg.parse().expect("code"));
            // The one of them that the registry has renamed since the edition that the definitions are of.
            let expected = expected.replace("ETRS89-extended / LCC Europe", "ETRS89 / LCC Europe");
            assert_eq!(crs.wkt, Some(expected));
            count += 1;
        }
        assert!(count >= 10);
        assert_eq!(Crs::from_epsg(999_999).wkt, None);
    }

    #[test]
    fn texts() {
        assert_eq!("epsg:4326".parse::<Crs>().expect("CRS"), Crs::wgs84());
        assert!("WGS 84".parse::<Crs>().is_err() && "EPSG:x".parse::<Crs>().is_err());
        assert_eq!(Crs::from_epsg(32610).to_string(), "EPSG:32610");
        assert_eq!(Crs::named("Moon".into()).to_string(), "Moon");
        let error = Crs::named("Moon".into()).transform(&Crs::wgs84(), &[]).expect_err("unknown").to_string();
        assert!(error.contains("Moon"), "{error}");
    }

    /// Expectations by PROJ 9.5 (`rasterio.warp.transform` and `transform_bounds`).
    #[test]
    fn places_are_those_of_proj() {
        let expected = [
            (3857, (500_000.0, 5_000_000.0), (4.491576420597608, 40.91627447067577)),
            (3035, (4_000_000.0, 3_000_000.0), (5.517796212442043, 50.0241187616359)),
            (5070, (-2_000_000.0, 2_000_000.0), (-119.4814083845333, 38.79246534920078)),
            (3413, (1_000_000.0, -1_000_000.0), (0.0, 76.99881553168267)),
            (2154, (700_000.0, 6_600_000.0), (3.0, 46.5)),
        ];
        for (epsg, from, (longitude, latitude)) in expected {
            let found = Crs::from_epsg(epsg).transform(&Crs::wgs84(), &[from]).expect("place")[0];
            assert!((found.0 - longitude).abs() < 1e-8 && (found.1 - latitude).abs() < 1e-8, "{epsg}: {found:?}");
        }
    }
}
