//! A scene as a STAC item of the collection, with an asset for each band.
//!
//! [`item`] states in the description that the scene is drawn. It does not know who asks for it.

use chrono::{Datelike, SecondsFormat, TimeDelta};
use eoap_testbed_scenes::{Band, Scene};
use serde_json::{Map, Value, json};

use super::catalogue::Scenes;

/// Extensions that the members of an item come from.
const EXTENSIONS: [&str; 4] = [
    "https://stac-extensions.github.io/projection/v1.1.0/schema.json",
    "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
    "https://stac-extensions.github.io/eo/v1.0.0/schema.json",
    "https://landsat.usgs.gov/stac/landsat-extension/v1.1.1/schema.json",
];

/// The item; `api` and `files` are the addresses that its links begin with.
pub(super) fn item(scenes: &Scenes, scene: &Scene, api: &str, files: &str) -> Value {
    let grid = scenes.grid_of(scene);
    let (corners, bounds) = scenes.outline(&grid);
    let mut ring: Vec<[f64; 2]> = corners.iter().map(|(x, y)| [*x, *y]).collect();
    ring.push(ring[0]);
    let collection = format!("{api}/collections/{}", scenes.collection);
    let link = |rel: &str, media_type: &str, href: String| json!({"rel": rel, "type": media_type, "href": href});
    let assets: Map<String, Value> =
        Band::ALL.into_iter().map(|band| (band.name().to_owned(), asset(scene, band, files))).collect();
    let satellite = if scene.id.starts_with("LC09") { "landsat-9" } else { "landsat-8" };
    json!({
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": scene.id,
        "properties": {
            "gsd": 30,
            "datetime": scene.date.to_rfc3339_opts(SecondsFormat::Micros, true),
            "description": scenes.description,
            "platform": satellite,
            "instruments": ["oli", "tirs"],
            "eo:cloud_cover": 0.0,
            "landsat:wrs_type": "2",
            "landsat:wrs_path": format!("{:03}", scene.frame.path),
            "landsat:wrs_row": format!("{:03}", scene.frame.row),
            "landsat:correction": "L2SP",
            "landsat:collection_category": "T1",
            "landsat:collection_number": "02",
            "proj:epsg": grid.epsg,
            "proj:shape": [grid.height, grid.width],
            "proj:bbox": grid.bounds(),
            "proj:transform": [grid.size, 0.0, grid.easting, 0.0, -grid.size, grid.northing],
        },
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": bounds,
        "links": [
            link("collection", "application/json", collection.clone()),
            link("parent", "application/json", collection.clone()),
            link("root", "application/json", format!("{api}/")),
            link("self", "application/geo+json", format!("{collection}/items/{}", scene.id)),
        ],
        "assets": assets,
        "stac_extensions": EXTENSIONS,
        "collection": scenes.collection,
    })
}

fn asset(scene: &Scene, band: Band, files: &str) -> Value {
    let (center, width) = band.wavelength();
    let name = format!("OLI_B{}", band.number());
    json!({
        "href": format!("{files}{}", file(scene, band)),
        "type": "image/tiff; application=geotiff; profile=cloud-optimized",
        "title": format!("{} band (B{})", band.name(), band.number()),
        "description": "Surface reflectance, drawn by a testbed",
        "eo:bands": [{"name": name, "common_name": band.name(), "center_wavelength": center, "full_width_half_max": width}],
        "raster:bands": [{"nodata": 0, "data_type": "uint16", "spatial_resolution": 30, "scale": 0.000_027_5, "offset": -0.2, "unit": "reflectance"}],
        "roles": ["data", "reflectance"],
    })
}

/// The path of a band's file, below the address of all files.
pub(super) fn file(scene: &Scene, band: Band) -> String {
    let (path, row) = (scene.frame.path, scene.frame.row);
    // Products are made some days after a scene was taken. Their names have both dates.
    let made = (scene.date + TimeDelta::days(11)).format("%Y%m%d");
    let name = scene.id.replace("_02_T1", &format!("_{made}_02_T1"));
    format!("/{}/{path:03}/{row:03}/{name}/{name}_SR_B{}.TIF", scene.date.year(), band.number())
}
