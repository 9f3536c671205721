//! Reference systems that a file defines itself, key by key, instead of naming a code (OGC 19-008r4 clauses
//! 7.5 and 7.6).
//!
//! Writes them in GDAL's spelling (WKT 1) and in PROJ's. Projections that are not in the table here remain a
//! name.

use super::{
    crs::Crs,
    esri::is_web_mercator,
    geokeys::{GeoTags, USER_DEFINED},
    projection_methods::{EASTING, LATITUDE, METHODS, Method, NORTHING, PARALLEL_1, SCALE, TRANSVERSE_MERCATOR},
    wkt::{Node, Value},
};

const CITATION: u16 = 1026;
const GEODETIC_CRS: u16 = 2048;
const GEODETIC_CITATION: u16 = 2049;
const GEODETIC_DATUM: u16 = 2050;
const PRIME_MERIDIAN_LONGITUDE: u16 = 2061;
const ELLIPSOID: u16 = 2056;
const SEMI_MAJOR_AXIS: u16 = 2057;
const SEMI_MINOR_AXIS: u16 = 2058;
const INVERSE_FLATTENING: u16 = 2059;
const PROJECTED_CITATION: u16 = 3073;
const PROJECTION: u16 = 3074;
const METHOD: u16 = 3075;
const LINEAR_UNITS: u16 = 3076;
const UNNAMED: &str = "unnamed";
/// WGS 84 of a file that names only its datum: GDAL gives it the datum's name.
const NAMELESS_WGS84: &str = r#"GEOGCS["World Geodetic System 1984",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]]]"#;

/// The projected system that the keys of a file define.
pub(crate) fn projected(tags: &GeoTags) -> Crs {
    let name = [PROJECTED_CITATION, CITATION].into_iter().find_map(|key| tags.text(key)).unwrap_or_else(|| UNNAMED.to_owned());
    if is_web_mercator(&name) {
        return Crs::from_epsg(3857);
    }
    let defined = Projection::of(tags).and_then(|projection| projection.system(tags, &name));
    defined.unwrap_or_else(|| Crs { wkt: Some(local_wkt(&name, tags.is_projected())), ..Crs::named(name.clone()) })
}

/// A method with the values of its parameters.
struct Projection {
    method: &'static Method,
    values: Vec<f64>,
    false_easting: f64,
    false_northing: f64,
    /// The scale at the equator of a Mercator that has one.
    scale: Option<f64>,
    /// A latitude of origin other than the equator.
    origin: Option<f64>,
}

/// The first of these keys that a file has.
fn number(tags: &GeoTags, keys: &[u16]) -> Option<f64> {
    keys.iter().find_map(|key| tags.double(*key))
}

impl Projection {
    fn of(tags: &GeoTags) -> Option<Self> {
        let number = |keys: &[u16]| number(tags, keys);
        let (method, values, false_easting, false_northing) = match tags.short(PROJECTION)? {
            // Zones of UTM, north and south (OGC 19-008r4 clause 7.5.4).
            zone @ (16001..=16060 | 16101..=16160) => {
                let meridian = f64::from(zone % 100) * 6.0 - 183.0;
                (&TRANSVERSE_MERCATOR, vec![0.0, meridian, 0.9996], 500_000.0, if zone > 16100 { 10_000_000.0 } else { 0.0 })
            }
            _ => {
                let code = tags.short(METHOD)?;
                let method = METHODS.iter().find(|method| method.code == code)?;
                let value = |(name, _, keys): &(&str, &str, &[u16])| {
                    number(keys).unwrap_or(match *name {
                        "scale_factor" => 1.0,
                        "rectified_grid_angle" => 90.0,
                        _ => 0.0,
                    })
                };
                let values = method.parameters.iter().map(value).collect();
                (method, values, number(EASTING).unwrap_or(0.0), number(NORTHING).unwrap_or(0.0))
            }
        };
        let scale = number(SCALE).filter(|_| method.code == 7 && number(PARALLEL_1).is_none());
        // The standard has a latitude of origin for these, too, and few files do.
        let origin = number(LATITUDE).filter(|latitude| *latitude != 0.0);
        Some(Self { method, values, false_easting, false_northing, scale, origin })
    }

    /// The parameters: the names of WKT and of PROJ, and the value.
    fn parameters(&self) -> Vec<(&'static str, &'static str, f64)> {
        let parameters = self.method.parameters.iter().zip(&self.values);
        let mut named: Vec<_> = parameters.map(|((wkt, proj, _), value)| (*wkt, *proj, *value)).collect();
        if let Some(scale) = self.scale {
            named = vec![("central_meridian", "lon_0", self.values[1]), ("scale_factor", "k", scale)];
        }
        match (self.method.code, self.origin) {
            (7, Some(latitude)) if self.scale.is_none() => named.insert(1, ("Latitude of natural origin", "lat_0", latitude)),
            (17, Some(latitude)) => {
                named.rotate_left(1);
                named.insert(0, ("latitude_of_origin", "lat_0", latitude));
            }
            _ => {}
        }
        named
    }

    /// The system on the geographic one of the file.
    fn system(&self, tags: &GeoTags, name: &str) -> Option<Crs> {
        let (base, ellipsoid) = geographic_node(tags)?;
        let (unit, unit_code, metres) = unit(tags.short(LINEAR_UNITS)?)?;
        let parameter = |name: &str, value: f64| Value::from(Node::new("PARAMETER", [Value::text(name), Value::number(value)]));
        let mut nodes = vec![Value::text(name), base.into()];
        // A Mercator with a scale at the equator has a name of its own.
        let method = if self.scale.is_some() { "Mercator_1SP" } else { self.method.wkt };
        nodes.push(Node::new("PROJECTION", [Value::text(method)]).into());
        nodes.extend(self.parameters().iter().map(|(name, _, value)| parameter(name, *value)));
        nodes.extend([parameter("false_easting", self.false_easting), parameter("false_northing", self.false_northing)]);
        let code = self.method.unit_has_code.then_some(unit_code);
        nodes.push(with_code(Node::new("UNIT", [Value::text(unit), Value::number(metres)]), code).into());
        let (easting, northing) = match self.method.code {
            15 if self.values[0] > 0.0 => ("SOUTH", "SOUTH"),
            15 => ("NORTH", "NORTH"),
            27 => ("WEST", "SOUTH"),
            _ => ("EAST", "NORTH"),
        };
        nodes.extend(axes([("Easting", easting), ("Northing", northing)]));
        let epsg = code_of_zone(tags).filter(|_| metres == 1.0);
        // PROJ has no Mercator that begins elsewhere than at the equator.
        let proj = Some(self.proj(&ellipsoid, metres)).filter(|_| self.method.code != 7 || self.origin.is_none());
        Some(Crs { epsg, wkt: Some(Node::new("PROJCS", nodes).to_string()), name: Some(name.to_owned()), proj })
    }

    /// The definition for PROJ, with a unit of this many metres.
    fn proj(&self, ellipsoid: &str, metres: f64) -> String {
        let mut proj = format!("+proj={}", self.method.proj);
        if self.method.code == 15 {
            proj += if self.values[0] > 0.0 { " +lat_0=90" } else { " +lat_0=-90" };
        }
        for (_, name, value) in self.parameters() {
            proj += &format!(" +{name}={value}");
        }
        if self.method.code == 9 {
            proj += &format!(" +lat_0={}", self.values[0]);
        }
        proj += &format!(" +x_0={} +y_0={} {ellipsoid}", self.false_easting * metres, self.false_northing * metres);
        proj + &if metres == 1.0 { " +units=m +no_defs".to_owned() } else { format!(" +to_meter={metres} +no_defs") }
    }
}

/// The code of a zone of UTM on a geographic system that has such zones in the registry.
fn code_of_zone(tags: &GeoTags) -> Option<u32> {
    let (zone, base) = (u32::from(tags.short(PROJECTION)?), tags.short(GEODETIC_CRS)?);
    match (zone, base) {
        (16001..=16060, 4326) => Some(32600 + zone % 100),
        (16101..=16160, 4326) => Some(32700 + zone % 100),
        (16028..=16038, 4258) => Some(25800 + zone % 100),
        (16001..=16023, 4269) => Some(26900 + zone % 100),
        _ => None,
    }
}

/// A system of the registry whose coordinates the file gives in another unit of length
/// (ProjLinearUnitsGeoKey).
pub(crate) fn in_units(crs: Crs, tags: &GeoTags) -> Crs {
    let unit = tags.short(LINEAR_UNITS).and_then(unit);
    let node = crs.wkt.as_deref().and_then(Node::parse);
    let (Some((name, code, metres)), Some(mut node)) = (unit, node) else { return crs };
    let Some(own) = node.child("UNIT").and_then(|unit| unit.number(1)).filter(|own| (own - metres).abs() > 1e-9) else {
        return crs;
    };
    for value in &mut node.values {
        let Value::Node(part) = value else { continue };
        if part.keyword == "UNIT" {
            // As GDAL writes it, authority and code the other way round.
            let authority = Node::new("AUTHORITY", [Value::text(code), Value::text("EPSG")]);
            *part = Node::new("UNIT", [Value::text(name), Value::number(metres), authority.into()]);
        } else if part.keyword == "PARAMETER" && part.name().is_some_and(|name| name.starts_with("false_")) {
            let length = part.number(1).unwrap_or(0.0);
            part.values[1] = Value::number(length * own / metres);
        }
    }
    node.values.retain(|value| !matches!(value, Value::Node(node) if node.keyword == "AUTHORITY"));
    let proj = crs.proj.map(|proj| {
        let kept =
            proj.split(' ').filter(|word| !word.starts_with("+units=") && !word.starts_with("+to_meter=") && *word != "+no_defs");
        format!("{} +to_meter={metres} +no_defs", kept.collect::<Vec<_>>().join(" "))
    });
    Crs { epsg: None, wkt: Some(node.to_string()), name: crs.name, proj }
}

/// A unit of length: name, code, metres.
fn unit(code: u16) -> Option<(&'static str, &'static str, f64)> {
    Some(match code {
        9001 => ("metre", "9001", 1.0),
        9002 => ("foot", "9002", 0.3048),
        9003 => ("US survey foot", "9003", 0.304800609601219),
        _ => return None,
    })
}

/// GDAL's system for keys that define no system at all: the text of the citation, and nothing to compute
/// with.
pub(crate) fn local(tags: &GeoTags) -> Crs {
    let name = tags.text(CITATION).unwrap_or_else(|| UNNAMED.to_owned());
    Crs { wkt: Some(local_wkt(&name, tags.is_projected())), ..Crs::named(name) }
}

fn local_wkt(name: &str, has_metres: bool) -> String {
    let unit = match has_metres {
        true => with_code(Node::new("UNIT", [Value::text("metre"), Value::word("1")]), Some("9001")),
        false => Node::new("UNIT", [Value::text("unknown"), Value::word("1")]),
    };
    let mut node = Node::new("LOCAL_CS", [Value::text(name), unit.into()]);
    node.values.extend(axes([("Easting", "EAST"), ("Northing", "NORTH")]));
    node.to_string()
}

/// The geographic system that the keys of a file define.
pub(crate) fn geographic(tags: &GeoTags) -> Option<Crs> {
    let (mut node, ellipsoid) = geographic_node(tags)?;
    node.values.extend(axes([("Latitude", "NORTH"), ("Longitude", "EAST")]));
    let name = node.name().map(str::to_owned);
    let epsg = (tags.text(GEODETIC_CITATION).is_none() && ellipsoid == "+datum=WGS84").then_some(4326);
    Some(Crs { epsg, wkt: Some(node.to_string()), name, proj: Some(format!("+proj=longlat {ellipsoid} +no_defs")) })
}

/// The geographic system below a projected one, without axes, and its ellipsoid for PROJ.
fn geographic_node(tags: &GeoTags) -> Option<(Node, String)> {
    let code = |key: u16| tags.short(key).filter(|code| !matches!(*code, 0 | USER_DEFINED));
    if let Some(epsg) = code(GEODETIC_CRS) {
        let known = Crs::from_epsg(epsg.into());
        let mut node = Node::parse(known.wkt.as_deref()?)?;
        node.values.retain(|value| !matches!(value, Value::Node(node) if node.keyword == "AXIS"));
        as_base(&mut node);
        let words = known.proj?;
        let datum: Vec<&str> = words.split(' ').filter(|word| !word.starts_with("+proj=") && *word != "+no_defs").collect();
        return Some((node, datum.join(" ")));
    }
    // GDAL writes the names of all parts into one text: `GCS Name = …|Datum = …|Ellipsoid = …|Primem = …||`.
    let citation = tags.text(GEODETIC_CITATION).unwrap_or_default();
    let part =
        |name: &str| citation.split('|').find_map(|part| part.trim().strip_prefix(name)?.trim().strip_prefix('=').map(str::trim));
    let is_wgs84 = code(GEODETIC_DATUM) == Some(6326);
    if citation.is_empty() && is_wgs84 {
        return Some((Node::parse(NAMELESS_WGS84)?, "+datum=WGS84".to_owned()));
    }
    let name = part("GCS Name").unwrap_or(if citation.contains('=') { "unknown" } else { citation.as_str() });
    let name = if name.is_empty() { "unknown" } else { name };
    let (a, inverse_flattening) = shape(tags)?;
    let (ellipsoid_name, ellipsoid_code) = match code(ELLIPSOID) {
        Some(7019) => ("GRS 1980", Some("7019")),
        Some(7030) => ("WGS 84", Some("7030")),
        _ => (part("Ellipsoid").unwrap_or("unknown"), None),
    };
    let spheroid = |name: &str, code| {
        with_code(Node::new("SPHEROID", [Value::text(name), Value::number(a), Value::number(inverse_flattening)]), code)
    };
    let (datum, proj) = match code(GEODETIC_DATUM) {
        Some(6326) => (named_datum("WGS_1984", spheroid("WGS 84", Some("7030")), "6326"), "+datum=WGS84".to_owned()),
        Some(6269) => {
            (named_datum("North_American_Datum_1983", spheroid("GRS 1980", Some("7019")), "6269"), "+datum=NAD83".to_owned())
        }
        _ => {
            let datum = Node::new(
                "DATUM",
                [Value::text(part("Datum").unwrap_or("unknown")), spheroid(ellipsoid_name, ellipsoid_code).into()],
            );
            let proj = if inverse_flattening == 0.0 { format!("+R={a}") } else { format!("+a={a} +rf={inverse_flattening}") };
            (datum, proj)
        }
    };
    let meridian = tags.double(PRIME_MERIDIAN_LONGITUDE).unwrap_or(0.0);
    let proj = if meridian == 0.0 { proj } else { format!("{proj} +pm={meridian}") };
    let values = [
        Value::text(name),
        datum.into(),
        Node::new("PRIMEM", [Value::text(part("Primem").unwrap_or("Greenwich")), Value::number(meridian)]).into(),
        with_code(Node::new("UNIT", [Value::text("degree"), Value::word("0.0174532925199433")]), Some("9122")).into(),
    ];
    Some((Node::new("GEOGCS", values), proj))
}

/// A system of the registry as GDAL writes it below another one. GDAL keeps the code of the meridian for
/// itself, and computes the flattening anew.
fn as_base(node: &mut Node) {
    for value in &mut node.values {
        match value {
            Value::Node(part) if part.keyword == "PRIMEM" => part.values.truncate(2),
            Value::Node(datum) if datum.keyword == "DATUM" => {
                for value in &mut datum.values {
                    if let Value::Node(spheroid) = value
                        && spheroid.keyword == "SPHEROID"
                        && let (Some(a), Some(inverse)) = (spheroid.number(1), spheroid.number(2))
                    {
                        spheroid.values[2] = Value::number(through_minor_axis(a, inverse));
                    }
                }
            }
            _ => {}
        }
    }
}

/// Inverse flattening by way of the semi-minor axis, as in GDAL. Its last digits change, except for WGS 84's,
/// which GDAL knows.
fn through_minor_axis(a: f64, inverse: f64) -> f64 {
    if inverse == 0.0 {
        return 0.0;
    }
    let b = a * (1.0 - 1.0 / inverse);
    let again = a / (a - b);
    if (again - 298.257_223_563).abs() < 1e-9 { 298.257_223_563 } else { again }
}

/// Semi-major axis and inverse flattening, 0 for a sphere. The latter goes through the semi-minor axis, as in
/// GDAL: its last digits change.
fn shape(tags: &GeoTags) -> Option<(f64, f64)> {
    let a = tags.double(SEMI_MAJOR_AXIS)?;
    let b = match (tags.double(SEMI_MINOR_AXIS), tags.double(INVERSE_FLATTENING)) {
        (Some(b), _) => b,
        (None, Some(inverse)) if inverse != 0.0 => a * (1.0 - 1.0 / inverse),
        _ => a,
    };
    let inverse = if a == b { 0.0 } else { a / (a - b) };
    let is_wgs84 = (inverse - 298.257_223_563).abs() < 1e-9;
    Some((a, if is_wgs84 { 298.257_223_563 } else { inverse }))
}

fn named_datum(name: &str, spheroid: Node, code: &str) -> Node {
    with_code(Node::new("DATUM", [Value::text(name), spheroid.into()]), Some(code))
}

fn with_code(mut node: Node, code: Option<&str>) -> Node {
    node.values.extend(code.map(|code| Node::new("AUTHORITY", [Value::text("EPSG"), Value::text(code)]).into()));
    node
}

fn axes(axes: [(&str, &str); 2]) -> [Value; 2] {
    axes.map(|(name, direction)| Node::new("AXIS", [Value::text(name), Value::word(direction)]).into())
}
