//! Names of coordinate reference systems.
//!
//! [`Crs`] holds what a file says and, for WGS 84 and its UTM zones and Web Mercator, the definition as GDAL writes it (WKT 1).
//! There is no database of systems here and no transformation between them.

use std::fmt;

const GEOGRAPHIC: &str = r#"GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]]"#;
const METRE: &str = r#"UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["Easting",EAST],AXIS["Northing",NORTH]"#;
const WEB_MERCATOR: &str = r#"PROJECTION["Mercator_1SP"],PARAMETER["central_meridian",0],PARAMETER["scale_factor",1],PARAMETER["false_easting",0],PARAMETER["false_northing",0]"#;
const WEB_MERCATOR_EXTENSION: &str = r#"EXTENSION["PROJ4","+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +wktext +no_defs"]"#;

/// A coordinate reference system as a GeoTIFF names it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Crs {
    /// Code in the EPSG registry, if the file gives one.
    pub epsg: Option<u32>,
    /// Definition in WKT 1 as GDAL writes it; for codes 4326, 3857, 32601–32660 and 32701–32760.
    pub wkt: Option<String>,
    /// The name that the file gives, if it gives one.
    pub name: Option<String>,
}

impl Crs {
    /// The system with this EPSG code.
    ///
    /// ```
    /// let crs = eoap::Crs::from_epsg(32610);
    /// assert!(crs.wkt.unwrap().starts_with(r#"PROJCS["WGS 84 / UTM zone 10N","#));
    /// ```
    pub fn from_epsg(epsg: u32) -> Self {
        Self { epsg: Some(epsg), wkt: wkt(epsg), name: None }
    }

    pub(crate) fn named(name: String) -> Self {
        Self { epsg: None, wkt: None, name: Some(name) }
    }

    /// The text that rasterio shows for the system: `CRS.from_wkt('…')`, or `CRS.from_epsg(…)` where the definition is not
    /// known here.
    pub fn to_python(&self) -> String {
        match (&self.wkt, self.epsg) {
            (Some(wkt), _) => format!("CRS.from_wkt('{wkt}')"),
            (None, Some(epsg)) => format!("CRS.from_epsg({epsg})"),
            (None, None) => format!("CRS({:?})", self.name.as_deref().unwrap_or("unknown")),
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

/// WKT 1 of GDAL 3 for the systems that are rules rather than entries of a database.
fn wkt(epsg: u32) -> Option<String> {
    let geographic = format!(r#"{GEOGRAPHIC},AUTHORITY["EPSG","4326"]]"#);
    match epsg {
        4326 => Some(format!(r#"{GEOGRAPHIC},AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]"#)),
        3857 => Some(format!(
            r#"PROJCS["WGS 84 / Pseudo-Mercator",{geographic},{WEB_MERCATOR},{METRE},{WEB_MERCATOR_EXTENSION},AUTHORITY["EPSG","3857"]]"#
        )),
        32601..=32660 | 32701..=32760 => {
            let (zone, south) = (epsg % 100, epsg >= 32700);
            let (letter, northing) = if south { ('S', 10_000_000) } else { ('N', 0) };
            let meridian = zone as i32 * 6 - 183;
            Some(format!(
                concat!(
                    r#"PROJCS["WGS 84 / UTM zone {}{}",{},PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],"#,
                    r#"PARAMETER["central_meridian",{}],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],"#,
                    r#"PARAMETER["false_northing",{}],{},AUTHORITY["EPSG","{}"]]"#
                ),
                zone, letter, geographic, meridian, northing, METRE, epsg
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by GDAL 3.10.3: `CRS.from_epsg(n).to_wkt()`, one system per line.
    const GDAL: &str = include_str!("../../tests/data/wkt-gdal.txt");

    #[test]
    fn wkt_is_that_of_gdal() {
        let mut count = 0;
        for line in GDAL.lines() {
            let (epsg, expected) = line.split_once(' ').expect("code and definition");
            let crs = Crs::from_epsg(epsg.parse().expect("code"));
            assert_eq!(crs.wkt.as_deref(), Some(expected));
            assert_eq!(crs.to_string(), format!("EPSG:{epsg}"));
            count += 1;
        }
        assert_eq!(count, 10);
    }

    #[test]
    fn other_systems_keep_their_code_or_name() {
        assert_eq!(Crs::from_epsg(26913).to_python(), "CRS.from_epsg(26913)");
        assert_eq!(Crs::named("Moon 2000".into()).to_string(), "Moon 2000");
    }
}
