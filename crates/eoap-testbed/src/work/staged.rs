//! How `water-bodies` returns its masks: as STAC items in the results, and as a catalogue on S3.
//!
//! [`collect`] writes the documents as pystac, rio-stac and the stage-out of EOEPCA do. It does not know how
//! a mask was computed.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::outcome::{Outcome, Staged};

/// The title of the collection, and of links to it.
const TITLE: &str = "Processing results";

const BUCKET: &str = "results";

/// A mask of one scene.
#[derive(Debug)]
pub(super) struct Mask {
    pub(super) item: String,
    pub(super) date: String,
    pub(super) file: Vec<u8>,
    /// The entry of `raster:bands`.
    pub(super) band: Value,
    pub(super) epsg: u16,
    pub(super) shape: [u32; 2],
    pub(super) size: f64,
    /// West, south, east, north, in the reference system.
    pub(super) bounds: [f64; 4],
    /// Corners in degrees, from the south-western one on, against the clock.
    pub(super) corners: [(f64, f64); 4],
    /// The rectangle around them.
    pub(super) bbox: [f64; 4],
}

/// The store, in the form that assets name it.
#[derive(Debug, Clone)]
pub(super) struct Storage {
    pub(super) region: String,
    pub(super) endpoint: String,
}

/// Results and objects of a job.
pub(super) fn collect(job: &str, masks: Vec<Mask>, storage: &Storage) -> Outcome {
    let base = format!("{job}/{job}");
    let mut objects = vec![object(format!("{job}/catalog.json"), catalog(job))];
    objects.push(object(format!("{base}/collection.json"), collection(job, &masks)));
    let mut features = Vec::with_capacity(masks.len());
    for mask in masks {
        let answered = item(job, &mask, storage);
        let folder = format!("{base}/{}", mask.item);
        let stored = Bytes::from(compact(&stored(&answered)));
        objects.push(Staged { bucket: BUCKET.to_owned(), key: format!("{folder}/{}.json", mask.item), body: stored });
        objects.push(Staged { bucket: BUCKET.to_owned(), key: format!("{folder}/otsu.tif"), body: mask.file.into() });
        features.push(answered);
    }
    let collection = json!({"type": "FeatureCollection", "features": features, "id": job});
    Outcome { outputs: Map::from_iter([("stac_catalog".to_owned(), json!({"value": collection}))]), objects }
}

fn object(key: String, document: Value) -> Staged {
    // As Python writes it with an indent of two.
    Staged { bucket: BUCKET.to_owned(), key, body: Bytes::from(format!("{document:#}")) }
}

fn link(rel: &str, href: impl Into<String>) -> Value {
    json!({"rel": rel, "href": href.into(), "type": "application/json"})
}

fn titled(mut link: Value) -> Value {
    link["title"] = TITLE.into();
    link
}

/// The item, as the server answers it.
fn item(job: &str, mask: &Mask, storage: &Storage) -> Value {
    let [west, south, east, north] = mask.bounds;
    let ring = |mut corners: Vec<[f64; 2]>| {
        corners.push(corners[0]);
        json!({"type": "Polygon", "coordinates": [corners]})
    };
    let base = format!("s3://{BUCKET}/{job}");
    let folder = format!("{base}/{job}/{}", mask.item);
    let parent = format!("{base}/{job}/collection.json");
    json!({
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": mask.item,
        "properties": {
            "proj:epsg": mask.epsg,
            "proj:geometry": ring(vec![[west, south], [east, south], [east, north], [west, north]]),
            "proj:bbox": mask.bounds,
            "proj:shape": mask.shape,
            "proj:transform": [mask.size, 0.0, west, 0.0, -mask.size, north, 0.0, 0.0, 1.0],
            "datetime": mask.date,
        },
        "geometry": ring(mask.corners.iter().map(|(x, y)| [*x, *y]).collect()),
        "links": [
            titled(link("collection", parent.clone())),
            link("root", format!("{base}/catalog.json")),
            link("self", format!("{folder}/{}.json", mask.item)),
            titled(link("parent", parent)),
        ],
        "assets": {
            "data": {
                "href": format!("{folder}/otsu.tif"),
                "type": "image/tiff; application=geotiff",
                "raster:bands": [mask.band],
                "storage:platform": "eoap",
                "storage:requester_pays": false,
                "storage:tier": "Standard",
                "storage:region": storage.region,
                "storage:endpoint": storage.endpoint,
                "roles": ["data", "visual"],
            },
        },
        "bbox": mask.bbox,
        "stac_extensions": [
            "https://stac-extensions.github.io/projection/v1.1.0/schema.json",
            "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
        ],
        "collection": job,
    })
}

/// The item in the bucket: with links to the root, the parent and the collection.
fn stored(answered: &Value) -> Value {
    let mut item = answered.clone();
    let mut root = link("root", "../../catalog.json");
    root["title"] = "Root catalog".into();
    item["links"] = json!([root, titled(link("parent", "../collection.json")), answered["links"][0]]);
    item
}

/// The document on many lines, without a blank after the colon of a member. So its size is the documented
/// one.
fn compact(document: &Value) -> String {
    let lines = format!("{document:#}");
    let lines: Vec<String> = lines
        .lines()
        .map(|line| if line.trim_start().starts_with('"') { line.replacen("\": ", "\":", 1) } else { line.to_owned() })
        .collect();
    lines.join("\n")
}

fn collection(job: &str, masks: &[Mask]) -> Value {
    let around = masks
        .iter()
        .map(|mask| mask.bbox)
        .reduce(|all, one| [all[0].min(one[0]), all[1].min(one[1]), all[2].max(one[2]), all[3].max(one[3])]);
    let mut links = vec![link("root", "../catalog.json")];
    links.extend(masks.iter().map(|Mask { item, .. }| {
        let mut link = link("item", format!("./{item}/{item}.json"));
        link["type"] = "application/geo+json".into();
        link
    }));
    links.push(link("self", format!("s3://{BUCKET}/{job}/{job}/collection.json")));
    links.push(link("parent", "../catalog.json"));
    let date = |date: Option<&Mask>| date.map(|mask| mask.date.clone());
    let by_date = |one: &&Mask, other: &&Mask| one.date.cmp(&other.date);
    let interval = [date(masks.iter().min_by(by_date)), date(masks.iter().max_by(by_date))];
    json!({
        "type": "Collection",
        "id": job,
        "stac_version": "1.0.0",
        "description": TITLE,
        "links": links,
        "title": TITLE,
        "extent": {"spatial": {"bbox": [around]}, "temporal": {"interval": [interval]}},
        "license": "proprietary",
    })
}

fn catalog(job: &str) -> Value {
    json!({
        "type": "Catalog",
        "id": "catalog",
        "stac_version": "1.0.0",
        "description": "Root catalog",
        "links": [
            link("root", "./catalog.json"),
            titled(link("child", format!("./{job}/collection.json"))),
            link("self", format!("s3://{BUCKET}/{job}/catalog.json")),
        ],
    })
}
