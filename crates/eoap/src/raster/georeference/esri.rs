//! Definitions that ArcGIS writes into a citation, in place of keys: `ESRI PE String = PROJCS[…]`. And PROJ's
//! spelling of a definition in WKT.
//!
//! A definition that cannot be read keeps its text and gives no system, never a wrong one.

use super::{crs::Crs, geokeys::GeoTags, wkt::Node};

const MARK: &str = "ESRI PE String =";
const CITATIONS: [u16; 3] = [3073, 1026, 2049];
const WEB_MERCATOR: u32 = 3857;

/// Projections by their names in WKT, lower case: PROJ's name, and whether the first standard parallel is the
/// one of true scale.
const PROJECTIONS: [(&str, &str, bool); 44] = [
    ("albers", "aea", false),
    ("albers_conic_equal_area", "aea", false),
    ("azimuthal_equidistant", "aeqd", false),
    ("behrmann", "cea", true),
    ("cassini", "cass", false),
    ("cassini_soldner", "cass", false),
    ("cylindrical_equal_area", "cea", true),
    ("double_stereographic", "sterea", false),
    ("eckert_iv", "eck4", false),
    ("eckert_vi", "eck6", false),
    ("equidistant_conic", "eqdc", false),
    ("equidistant_cylindrical", "eqc", true),
    ("equirectangular", "eqc", true),
    ("gauss_kruger", "tmerc", false),
    ("geostationary_satellite", "geos", false),
    ("gnomonic", "gnom", false),
    ("goode_homolosine", "goode", false),
    ("interrupted_goode_homolosine", "igh", false),
    ("lambert_azimuthal_equal_area", "laea", false),
    ("lambert_conformal_conic", "lcc", false),
    ("lambert_conformal_conic_1sp", "lcc", false),
    ("lambert_conformal_conic_2sp", "lcc", false),
    ("mercator", "merc", true),
    ("mercator_1sp", "merc", false),
    ("mercator_2sp", "merc", true),
    ("miller_cylindrical", "mill", false),
    ("mollweide", "moll", false),
    ("natural_earth", "natearth", false),
    ("oblique_stereographic", "sterea", false),
    ("orthographic", "ortho", false),
    ("plate_carree", "eqc", true),
    ("polar_stereographic", "stere", true),
    ("polyconic", "poly", false),
    ("robinson", "robin", false),
    ("sinusoidal", "sinu", false),
    ("stereographic", "stere", false),
    ("stereographic_north_pole", "stere", true),
    ("stereographic_south_pole", "stere", true),
    ("transverse_mercator", "tmerc", false),
    ("van_der_grinten_i", "vandg", false),
    ("vandergrinten", "vandg", false),
    ("winkel_i", "wink1", true),
    ("winkel_ii", "wink2", true),
    ("winkel_tripel", "wintri", false),
];

/// The system that a citation of ArcGIS defines, if the file has one.
pub(crate) fn of_citation(tags: &GeoTags) -> Option<Crs> {
    let text = CITATIONS.into_iter().filter_map(|key| tags.whole_text(key)).find(|text| text.starts_with(MARK))?;
    let definition = text[MARK.len()..].trim().trim_end_matches('|').trim();
    let Some(node) = Node::parse(definition) else {
        // The text breaks off; only its name is left.
        let name = definition.split('"').nth(1).filter(|name| !name.is_empty()).unwrap_or("unknown");
        return Some(Crs::named(name.to_owned()));
    };
    let is_web_mercator =
        node.child("PROJECTION").and_then(Node::name).is_some_and(|name| name.eq_ignore_ascii_case("Mercator_Auxiliary_Sphere"));
    if is_web_mercator {
        return Some(Crs::from_epsg(WEB_MERCATOR));
    }
    let proj = proj_of(&node);
    Some(Crs { epsg: None, name: node.name().map(str::to_owned), wkt: Some(node.to_string()), proj })
}

/// Whether a name is one of Web Mercator's. Its other words claim the Mercator projection of an ellipsoid,
/// which would put places 21 km off.
pub(crate) fn is_web_mercator(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace([' ', '-', '_'], "");
    ["webmercator", "pseudomercator", "mercatorauxiliarysphere", "popularvisualisation"].iter().any(|part| name.contains(part))
}

/// PROJ's spelling of a definition; nothing if its projection is not in the table.
pub(crate) fn proj_of(node: &Node) -> Option<String> {
    if let Some(extension) = node.child("EXTENSION").filter(|extension| extension.name() == Some("PROJ4")) {
        return extension.text(1).map(str::to_owned);
    }
    let geographic = if node.keyword == "GEOGCS" { node } else { node.child("GEOGCS")? };
    let ellipsoid = ellipsoid_of(geographic)?;
    if node.keyword == "GEOGCS" {
        return Some(format!("+proj=longlat {ellipsoid} +no_defs"));
    }
    let projection = node.child("PROJECTION")?.name()?.to_ascii_lowercase();
    let (_, proj, is_true_scale) = PROJECTIONS.iter().find(|(name, ..)| *name == projection)?;
    let metres = node.child("UNIT")?.number(1)?;
    let mut words = vec![format!("+proj={proj}")];
    for parameter in node.children("PARAMETER") {
        let (name, value) = (parameter.name()?.to_ascii_lowercase(), parameter.number(1)?);
        let word = match name.as_str() {
            "central_meridian" | "longitude_of_center" | "longitude_of_origin" => "lon_0",
            "latitude_of_origin" | "latitude_of_center" if *proj == "stere" && *is_true_scale => "lat_ts",
            "latitude_of_origin" | "latitude_of_center" => "lat_0",
            "standard_parallel_1" if *is_true_scale => "lat_ts",
            "standard_parallel_1" => "lat_1",
            "standard_parallel_2" => "lat_2",
            "scale_factor" => "k",
            "satellite_height" => "h",
            "false_easting" => "x_0",
            "false_northing" => "y_0",
            // Without an unknown part it would be another system.
            _ => return None,
        };
        let value = if matches!(word, "x_0" | "y_0") { value * metres } else { value };
        if word == "lat_ts" && *proj == "stere" {
            words.push(format!("+lat_0={}", if value < 0.0 { -90 } else { 90 }));
        }
        words.push(format!("+{word}={value}"));
    }
    if projection == "lambert_conformal_conic_1sp" {
        let origin = words.iter().find_map(|word| word.strip_prefix("+lat_0=").map(str::to_owned))?;
        words.push(format!("+lat_1={origin}"));
    }
    words.push(ellipsoid);
    words.push(if metres == 1.0 { "+units=m".to_owned() } else { format!("+to_meter={metres}") });
    words.push("+no_defs".to_owned());
    Some(words.join(" "))
}

fn ellipsoid_of(geographic: &Node) -> Option<String> {
    let datum = geographic.child("DATUM")?;
    let meridian = geographic.child("PRIMEM").and_then(|meridian| meridian.number(1)).unwrap_or(0.0);
    let name = datum.name()?.trim_start_matches("D_").to_ascii_lowercase();
    let ellipsoid = match name.as_str() {
        "wgs_1984" => "+datum=WGS84".to_owned(),
        "north_american_1983" | "north_american_datum_1983" => "+datum=NAD83".to_owned(),
        _ => {
            let spheroid = datum.child("SPHEROID")?;
            match (spheroid.number(1)?, spheroid.number(2)?) {
                (radius, 0.0) => format!("+R={radius}"),
                (a, rf) => format!("+a={a} +rf={rf}"),
            }
        }
    };
    Some(if meridian == 0.0 { ellipsoid } else { format!("{ellipsoid} +pm={meridian}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_become_words_of_proj() {
        let proj = |text: &str| proj_of(&Node::parse(text).expect("WKT"));
        let wgs84 = r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
        let mollweide = format!(
            r#"PROJCS["World_Mollweide",{wgs84},PROJECTION["Mollweide"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",10.0],UNIT["Meter",1.0]]"#
        );
        assert_eq!(proj(&mollweide).as_deref(), Some("+proj=moll +x_0=0 +y_0=0 +lon_0=10 +datum=WGS84 +units=m +no_defs"));
        let feet =
            mollweide.replace(r#"UNIT["Meter",1.0]]"#, r#"UNIT["Foot",0.3048]]"#).replace("Easting\",0.0", "Easting\",10.0");
        assert!(proj(&feet).expect("words").contains("+x_0=3.048 ") && proj(&feet).expect("words").contains("+to_meter=0.3048"));
        assert_eq!(proj(wgs84).as_deref(), Some("+proj=longlat +datum=WGS84 +no_defs"));
        assert_eq!(proj(&mollweide.replace("Mollweide\"]", "Unheard_Of\"]")), None);
        assert_eq!(proj(&mollweide.replace("Central_Meridian", "Secret_Angle")), None);
    }

    #[test]
    fn web_mercator_is_known_by_its_names() {
        assert!(is_web_mercator("WGS_1984_Web_Mercator_Auxiliary_Sphere") && is_web_mercator("WGS 84 / Pseudo-Mercator"));
        assert!(!is_web_mercator("WGS 84 / World Mercator"));
    }
}
