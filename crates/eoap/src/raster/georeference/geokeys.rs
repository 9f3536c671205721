//! The geographic part of a GeoTIFF: keys and coordinates (OGC 19-008r4 clauses 7.1 and 7.2; TIFF tags 33550,
//! 33922, 34264, 34735, 34737).
//!
//! Turns the values of tags into a reference system and a transformation. Does not read files.

use super::{affine::Affine, crs::Crs, custom_crs, esri, ground::GroundControlPoint};

const MODEL_TYPE: u16 = 1024;
const GEOGRAPHIC_MODEL: u16 = 2;
const GT_RASTER_TYPE: u16 = 1025;
const GEODETIC_CRS: u16 = 2048;
const GEODETIC_CITATION: u16 = 2049;
const PROJECTED_CRS: u16 = 3072;
pub(crate) const USER_DEFINED: u16 = 32767;
const DOUBLE_PARAMS: u16 = 34736;
const ASCII_PARAMS: u16 = 34737;
/// Codes of ESRI's own systems, which are not in the EPSG registry (those above 65535 do not fit into a key).
const ESRI_CODES: std::ops::RangeInclusive<u16> = 53001..=54099;

/// Values of the GeoTIFF tags; empty where the file has none.
#[derive(Debug, Default)]
pub(crate) struct GeoTags {
    /// GeoKeyDirectoryTag, 34735.
    pub(crate) keys: Vec<u16>,
    /// GeoDoubleParamsTag, 34736.
    pub(crate) doubles: Vec<f64>,
    /// GeoAsciiParamsTag, 34737.
    pub(crate) ascii: String,
    /// ModelPixelScaleTag, 33550.
    pub(crate) scale: Vec<f64>,
    /// ModelTiepointTag, 33922.
    pub(crate) tiepoints: Vec<f64>,
    /// ModelTransformationTag, 34264.
    pub(crate) matrix: Vec<f64>,
}

/// What a coordinate of the file belongs to: the area of a pixel or its centre (GTRasterTypeGeoKey).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sampling {
    Area,
    Point,
}

impl Sampling {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Area => "area",
            Self::Point => "point",
        }
    }
}

impl GeoTags {
    /// Area or point; nothing for a file without keys.
    pub(crate) fn sampling(&self) -> Option<Sampling> {
        match self.short(GT_RASTER_TYPE) {
            Some(2) => Some(Sampling::Point),
            _ if self.keys.is_empty() => None,
            _ => Some(Sampling::Area),
        }
    }

    /// The reference system: the projected one if there is one, else the geographic one, else the name that
    /// is given.
    ///
    /// With ground control points instead of a transformation the system is that of the points, not that of
    /// the raster.
    pub(crate) fn crs(&self) -> Option<Crs> {
        if self.has_control_points() {
            return None;
        }
        self.control_crs()
    }

    /// Whether there are points with known places, and no transformation.
    fn has_control_points(&self) -> bool {
        self.matrix.len() != 16 && self.pixel_size().is_none() && self.tiepoints.len() >= 6
    }

    /// The points with known places: column, row, one that is not used, x, y, z. Those of centres are half a
    /// pixel further, as in GDAL.
    pub(crate) fn control_points(&self) -> Vec<GroundControlPoint> {
        if !self.has_control_points() {
            return Vec::new();
        }
        let half = if self.sampling() == Some(Sampling::Point) { 0.5 } else { 0.0 };
        let point = |[column, row, _, x, y, z]: &[f64; 6]| GroundControlPoint {
            column: column + half,
            row: row + half,
            x: *x,
            y: *y,
            z: *z,
        };
        self.tiepoints.as_chunks::<6>().0.iter().map(point).collect()
    }

    /// The reference system of the coordinates, of points as well.
    pub(crate) fn control_crs(&self) -> Option<Crs> {
        if let Some(crs) = esri::of_citation(self) {
            return Some(crs);
        }
        let code = |key| self.short(key).filter(|code| !matches!(*code, 0 | USER_DEFINED));
        let geographic = || match (code(GEODETIC_CRS), self.short(GEODETIC_CRS)) {
            (Some(code), _) => Some(Crs::from_epsg(code.into())),
            (None, Some(_)) => custom_crs::geographic(self).or_else(|| self.text(GEODETIC_CITATION).map(Crs::named)),
            _ => None,
        };
        if self.short(MODEL_TYPE) == Some(GEOGRAPHIC_MODEL)
            && let Some(crs) = geographic()
        {
            return Some(crs);
        }
        match (code(PROJECTED_CRS), self.short(PROJECTED_CRS)) {
            (Some(code), _) if ESRI_CODES.contains(&code) => Some(Crs::named(format!("ESRI:{code}"))),
            (Some(code), _) => Some(custom_crs::in_units(Crs::from_epsg(code.into()), self)),
            // A projected system that is not in the registry is based on a geographic one that may be.
            (None, Some(_)) => Some(custom_crs::projected(self)),
            _ => geographic().or_else(|| (self.keys.len() > 4).then(|| custom_crs::local(self))),
        }
    }

    /// The transformation; the identity without a georeference or with ground control points. As in GDAL, a
    /// scale comes before a matrix, a matrix has 16 numbers, and a scale of 0 counts as missing.
    pub(crate) fn transform(&self) -> Affine {
        let affine = match (self.pixel_size(), &self.tiepoints[..], &self.matrix[..]) {
            (Some((width, height)), [i, j, _, x, y, _, ..], _) => {
                Affine { a: width, b: 0.0, c: x - i * width, d: 0.0, e: -height, f: y + j * height }
            }
            // It is not known where it begins, and whether that is a corner or a centre.
            (Some((width, height)), ..) => return Affine { a: width, e: -height, ..Affine::IDENTITY },
            (None, _, [a, b, _, c, d, e, _, f, _, _, _, _, _, _, _, _]) => Affine { a: *a, b: *b, c: *c, d: *d, e: *e, f: *f },
            _ => return Affine::IDENTITY,
        };
        match self.sampling() {
            // The file's coordinates are those of centres; half a pixel leads to the corner.
            Some(Sampling::Point) => {
                let Affine { a, b, d, e, .. } = affine;
                Affine { c: affine.c - (a * 0.5 + b * 0.5), f: affine.f - (d * 0.5 + e * 0.5), ..affine }
            }
            _ => affine,
        }
    }

    /// Width and height of a pixel, if they are given.
    fn pixel_size(&self) -> Option<(f64, f64)> {
        match self.scale[..] {
            [width, height, ..] if width != 0.0 && height != 0.0 => Some((width, height.abs())),
            _ => None,
        }
    }

    /// Keys come in fours: identifier, tag of the value (0: the value itself), count, value or offset.
    fn entry(&self, key: u16) -> Option<&[u16]> {
        self.keys.chunks_exact(4).skip(1).find(|entry| entry[0] == key)
    }

    /// The value of a key that is a short number.
    pub(crate) fn short(&self, key: u16) -> Option<u16> {
        self.entry(key).filter(|entry| entry[1] == 0).map(|entry| entry[3])
    }

    /// The value of a key that is a floating-point number.
    pub(crate) fn double(&self, key: u16) -> Option<f64> {
        let entry = self.entry(key).filter(|entry| entry[1] == DOUBLE_PARAMS)?;
        self.doubles.get(usize::from(entry[3])).copied().filter(|value| value.is_finite())
    }

    /// The value of a key that is a text.
    pub(crate) fn text(&self, key: u16) -> Option<String> {
        let entry = self.entry(key).filter(|entry| entry[1] == ASCII_PARAMS)?;
        let (start, count) = (usize::from(entry[3]), usize::from(entry[2]));
        let text = self.ascii.get(start..start + count)?.trim_end_matches(['|', '\0']).trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// As [`text`](Self::text), with the marks at its end.
    pub(crate) fn whole_text(&self, key: u16) -> Option<&str> {
        let entry = self.entry(key).filter(|entry| entry[1] == ASCII_PARAMS)?;
        let (start, count) = (usize::from(entry[3]), usize::from(entry[2]));
        self.ascii.get(start..start + count).map(str::trim)
    }

    /// Whether the file declares its coordinates as projected (GTModelTypeGeoKey).
    pub(crate) fn is_projected(&self) -> bool {
        self.short(MODEL_TYPE) == Some(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(keys: &[[u16; 4]]) -> GeoTags {
        let mut directory = vec![1, 1, 0, keys.len() as u16];
        directory.extend(keys.iter().flatten());
        GeoTags { keys: directory, ..GeoTags::default() }
    }

    #[test]
    fn centre_coordinates_are_moved_to_the_corner() {
        let mut tags = tags(&[[GT_RASTER_TYPE, 0, 1, 2]]);
        tags.scale = vec![30.0, 30.0, 0.0];
        tags.tiepoints = vec![0.0, 0.0, 0.0, 15.0, -15.0, 0.0];
        let affine = tags.transform();
        assert_eq!((affine.c, affine.f, affine.e), (0.0, 0.0, -30.0));
        assert_eq!(tags.sampling(), Some(Sampling::Point));
    }

    #[test]
    fn systems_by_code_and_by_name() {
        const GT_CITATION: u16 = 1026;
        assert_eq!(tags(&[[PROJECTED_CRS, 0, 1, 32610], [GEODETIC_CRS, 0, 1, 4326]]).crs(), Some(Crs::from_epsg(32610)));
        assert_eq!(tags(&[[GEODETIC_CRS, 0, 1, 4326]]).crs(), Some(Crs::from_epsg(4326)));
        let mut custom =
            tags(&[[GT_CITATION, ASCII_PARAMS, 5, 0], [PROJECTED_CRS, 0, 1, USER_DEFINED], [GEODETIC_CRS, 0, 1, 4326]]);
        // It has only a name, and that name means nothing.
        assert_eq!(custom.crs().map(|crs| (crs.epsg, crs.name)), Some((None, Some("unnamed".into()))));
        custom.ascii = "Moon|".into();
        assert_eq!(custom.crs().map(|crs| (crs.epsg, crs.proj, crs.name)), Some((None, None, Some("Moon".into()))));
        assert_eq!(GeoTags::default().crs(), None);
    }

    #[test]
    fn broken_keys_are_no_keys() {
        const GT_CITATION: u16 = 1026;
        let tags = GeoTags {
            keys: vec![1, 1, 0, 9, GT_CITATION, ASCII_PARAMS, 60000, 60000, 5],
            matrix: vec![1.0; 3],
            ..GeoTags::default()
        };
        // GDAL reads keys without a system as an unknown system.
        let local = r#"LOCAL_CS["unnamed",UNIT["unknown",1],AXIS["Easting",EAST],AXIS["Northing",NORTH]]"#;
        assert_eq!(tags.crs(), Some(Crs { wkt: Some(local.to_owned()), ..Crs::named("unnamed".to_owned()) }));
        assert_eq!(tags.transform(), Affine::IDENTITY);
    }
}
