//! Reference systems that a file defines itself, key by key, instead of naming a code (OGC 19-008r4 clauses 7.5 and 7.6).
//!
//! Writes them in GDAL's words (WKT 1) and in PROJ's. Projections that are not in the table here remain a name.

use super::{
    crs::Crs,
    geokeys::{GeoTags, USER_DEFINED},
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

/// The keys that may give a parameter, of which a file has one.
const LATITUDE: &[u16] = &[3081, 3085, 3089];
const LONGITUDE: &[u16] = &[3080, 3084, 3088, 3095];
const EASTING: &[u16] = &[3082, 3086, 3090];
const NORTHING: &[u16] = &[3083, 3087, 3091];
const PARALLEL_1: &[u16] = &[3078];
const PARALLEL_2: &[u16] = &[3079];
const SCALE: &[u16] = &[3092, 3093];

/// A projection method: its code, its names in WKT and PROJ, and for each parameter its names in WKT and PROJ, and its keys.
struct Method {
    code: u16,
    wkt: &'static str,
    proj: &'static str,
    parameters: &'static [(&'static str, &'static str, &'static [u16])],
    /// GDAL writes the unit of some methods with its code, of others without.
    unit_has_code: bool,
}

const TRANSVERSE_MERCATOR: Method = Method {
    code: 1,
    wkt: "Transverse_Mercator",
    proj: "tmerc",
    parameters: &[
        ("latitude_of_origin", "lat_0", LATITUDE),
        ("central_meridian", "lon_0", LONGITUDE),
        ("scale_factor", "k", SCALE),
    ],
    unit_has_code: true,
};

const METHODS: [Method; 13] = [
    TRANSVERSE_MERCATOR,
    Method {
        code: 7,
        wkt: "Mercator_2SP",
        proj: "merc",
        parameters: &[("standard_parallel_1", "lat_ts", PARALLEL_1), ("central_meridian", "lon_0", LONGITUDE)],
        unit_has_code: true,
    },
    Method {
        code: 8,
        wkt: "Lambert_Conformal_Conic_2SP",
        proj: "lcc",
        parameters: &[
            ("latitude_of_origin", "lat_0", LATITUDE),
            ("central_meridian", "lon_0", LONGITUDE),
            ("standard_parallel_1", "lat_1", PARALLEL_1),
            ("standard_parallel_2", "lat_2", PARALLEL_2),
        ],
        unit_has_code: true,
    },
    Method {
        code: 9,
        wkt: "Lambert_Conformal_Conic_1SP",
        proj: "lcc",
        parameters: &[
            ("latitude_of_origin", "lat_1", LATITUDE),
            ("central_meridian", "lon_0", LONGITUDE),
            ("scale_factor", "k_0", SCALE),
        ],
        unit_has_code: true,
    },
    Method {
        code: 10,
        wkt: "Lambert_Azimuthal_Equal_Area",
        proj: "laea",
        parameters: &[("latitude_of_center", "lat_0", LATITUDE), ("longitude_of_center", "lon_0", LONGITUDE)],
        unit_has_code: false,
    },
    Method {
        code: 11,
        wkt: "Albers_Conic_Equal_Area",
        proj: "aea",
        parameters: &[
            ("latitude_of_center", "lat_0", LATITUDE),
            ("longitude_of_center", "lon_0", LONGITUDE),
            ("standard_parallel_1", "lat_1", PARALLEL_1),
            ("standard_parallel_2", "lat_2", PARALLEL_2),
        ],
        unit_has_code: true,
    },
    Method {
        code: 12,
        wkt: "Azimuthal_Equidistant",
        proj: "aeqd",
        parameters: &[("latitude_of_center", "lat_0", LATITUDE), ("longitude_of_center", "lon_0", LONGITUDE)],
        unit_has_code: true,
    },
    Method {
        code: 15,
        wkt: "Polar_Stereographic",
        proj: "stere",
        parameters: &[("latitude_of_origin", "lat_ts", LATITUDE), ("central_meridian", "lon_0", LONGITUDE)],
        unit_has_code: false,
    },
    Method {
        code: 16,
        wkt: "Oblique_Stereographic",
        proj: "sterea",
        parameters: &[
            ("latitude_of_origin", "lat_0", LATITUDE),
            ("central_meridian", "lon_0", LONGITUDE),
            ("scale_factor", "k", SCALE),
        ],
        unit_has_code: true,
    },
    Method {
        code: 17,
        wkt: "Equirectangular",
        proj: "eqc",
        parameters: &[("standard_parallel_1", "lat_ts", PARALLEL_1), ("central_meridian", "lon_0", LONGITUDE)],
        unit_has_code: true,
    },
    Method {
        code: 23,
        wkt: "Robinson",
        proj: "robin",
        parameters: &[("longitude_of_center", "lon_0", LONGITUDE)],
        unit_has_code: true,
    },
    Method {
        code: 24,
        wkt: "Sinusoidal",
        proj: "sinu",
        parameters: &[("longitude_of_center", "lon_0", LONGITUDE)],
        unit_has_code: true,
    },
    Method {
        code: 28,
        wkt: "Cylindrical_Equal_Area",
        proj: "cea",
        parameters: &[("standard_parallel_1", "lat_ts", PARALLEL_1), ("central_meridian", "lon_0", LONGITUDE)],
        unit_has_code: true,
    },
];

/// The projected system that the keys of a file define.
pub(crate) fn projected(tags: &GeoTags) -> Option<Crs> {
    let name = [PROJECTED_CITATION, CITATION].into_iter().find_map(|key| tags.text(key))?;
    let define = || {
        let (base, ellipsoid) = geographic_node(tags)?;
        let number = |keys: &[u16]| keys.iter().find_map(|key| tags.double(*key));
        let (unit, unit_code, metres) = match tags.short(LINEAR_UNITS)? {
            9001 => ("metre", "9001", 1.0),
            9002 => ("foot", "9002", 0.3048),
            9003 => ("US survey foot", "9003", 0.304800609601219),
            _ => return None,
        };
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
                    number(keys).unwrap_or(if *name == "scale_factor" { 1.0 } else { 0.0 })
                };
                (
                    method,
                    method.parameters.iter().map(value).collect(),
                    number(EASTING).unwrap_or(0.0),
                    number(NORTHING).unwrap_or(0.0),
                )
            }
        };
        // A Mercator with a scale at the equator has a name of its own.
        let with_scale = number(SCALE).filter(|_| method.code == 7 && number(PARALLEL_1).is_none());
        let mut names: Vec<(&str, &str, f64)> =
            method.parameters.iter().zip(&values).map(|((wkt, proj, _), value)| (*wkt, *proj, *value)).collect();
        if let Some(scale) = with_scale {
            names = vec![("central_meridian", "lon_0", values[1]), ("scale_factor", "k", scale)];
        }
        let parameter = |name: &str, value: f64| Value::from(Node::new("PARAMETER", [Value::text(name), Value::number(value)]));
        let mut nodes = vec![Value::text(&name), base.into()];
        let wkt = if with_scale.is_some() { "Mercator_1SP" } else { method.wkt };
        nodes.push(Node::new("PROJECTION", [Value::text(wkt)]).into());
        nodes.extend(names.iter().map(|(name, _, value)| parameter(name, *value)));
        nodes.extend([parameter("false_easting", false_easting), parameter("false_northing", false_northing)]);
        let code = method.unit_has_code.then_some(unit_code);
        nodes.push(with_code(Node::new("UNIT", [Value::text(unit), Value::number(metres)]), code).into());
        let pole = (method.code == 15).then_some(if values[0] > 0.0 { "SOUTH" } else { "NORTH" });
        nodes.extend(axes([("Easting", pole.unwrap_or("EAST")), ("Northing", pole.unwrap_or("NORTH"))]));

        let mut proj = format!("+proj={}", method.proj);
        if method.code == 15 {
            proj += if values[0] > 0.0 { " +lat_0=90" } else { " +lat_0=-90" };
        }
        for (_, name, value) in names {
            proj += &format!(" +{name}={value}");
        }
        if method.code == 9 {
            proj += &format!(" +lat_0={}", values[0]);
        }
        proj += &format!(" +x_0={} +y_0={} {ellipsoid}", false_easting * metres, false_northing * metres);
        proj += &if metres == 1.0 { " +units=m +no_defs".to_owned() } else { format!(" +to_meter={metres} +no_defs") };
        Some(Crs { epsg: None, wkt: Some(Node::new("PROJCS", nodes).to_string()), name: Some(name.clone()), proj: Some(proj) })
    };
    Some(define().unwrap_or_else(|| Crs::named(name.clone())))
}

/// The geographic system that the keys of a file define.
pub(crate) fn geographic(tags: &GeoTags) -> Option<Crs> {
    let (mut node, ellipsoid) = geographic_node(tags)?;
    node.values.extend(axes([("Latitude", "NORTH"), ("Longitude", "EAST")]));
    let name = node.name().map(str::to_owned);
    Some(Crs { epsg: None, wkt: Some(node.to_string()), name, proj: Some(format!("+proj=longlat {ellipsoid} +no_defs")) })
}

/// The geographic system below a projected one, without axes, and its ellipsoid for PROJ.
fn geographic_node(tags: &GeoTags) -> Option<(Node, String)> {
    let code = |key: u16| tags.short(key).filter(|code| !matches!(*code, 0 | USER_DEFINED));
    if let Some(epsg) = code(GEODETIC_CRS) {
        let known = Crs::from_epsg(epsg.into());
        let mut node = Node::parse(known.wkt.as_deref()?)?;
        node.values.retain(|value| !matches!(value, Value::Node(node) if node.keyword == "AXIS"));
        let words = known.proj?;
        let datum: Vec<&str> = words.split(' ').filter(|word| !word.starts_with("+proj=") && *word != "+no_defs").collect();
        return Some((node, datum.join(" ")));
    }
    // GDAL writes the names of all parts into one text: `GCS Name = …|Datum = …|Ellipsoid = …|Primem = …||`.
    let citation = tags.text(GEODETIC_CITATION).unwrap_or_default();
    let part =
        |name: &str| citation.split('|').find_map(|part| part.trim().strip_prefix(name)?.trim().strip_prefix('=').map(str::trim));
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

/// Semi-major axis and inverse flattening, 0 for a sphere. The latter goes through the semi-minor axis, as in GDAL: its last digits change.
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
