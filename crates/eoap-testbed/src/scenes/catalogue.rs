//! The scenes of a scenario: `scenes/scenes.toml`, read and checked, and which of them a search finds.
//!
//! [`Scenes`] knows which scenes there are, when and where. It does not know how a catalogue describes them.

use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use eoap_testbed_scenes::{Frame, Grid, Landscape, Scene, Water};
use http::Uri;
use serde::Deserialize;
use toml::Spanned;

use super::masks;
use super::projection::{Projection, WGS84};
use crate::error::Error;
use crate::fixture::{Folder, Toml};

const FILE: &str = "scenes/scenes.toml";

/// A satellite returns after this many days. The two of them alternate.
const PERIOD: i64 = 16;

/// All scenes of a scenario, the newest first.
#[derive(Debug)]
pub(crate) struct Scenes {
    pub(crate) collection: String,
    pub(crate) description: String,
    pub(crate) api: Address,
    pub(crate) files: Address,
    pub(crate) all: Vec<Scene>,
    plane: Plane,
    projection: Projection,
    degrees: Projection,
}

/// Host and path of a documented address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) path: String,
}

/// The position of the landscape.
#[derive(Debug, Clone, Copy)]
struct Plane {
    epsg: u16,
    easting: f64,
    northing: f64,
    pixel: f64,
}

/// A rectangle in degrees: west, south, east, north.
pub(crate) type Bounds = [f64; 4];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    collection: String,
    api: Spanned<String>,
    files: Spanned<String>,
    description: String,
    from: Spanned<String>,
    to: Spanned<String>,
    landscape: LandscapeTable,
    frame: Vec<FrameTable>,
    #[serde(default)]
    documented: Vec<DocumentedTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LandscapeTable {
    file: Spanned<String>,
    epsg: Spanned<u16>,
    easting: f64,
    northing: f64,
    pixel: Spanned<f64>,
    width: u32,
    height: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrameTable {
    path: u32,
    row: u32,
    columns: Spanned<[i32; 2]>,
    rows: Spanned<[i32; 2]>,
    first: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentedTable {
    item: Spanned<String>,
    level: f32,
    shade: f32,
    mask: Spanned<String>,
}

/// Reads and checks the scenes, where the scenario has any.
pub(crate) fn load(folder: &mut Folder) -> Result<Option<Arc<Scenes>>, Error> {
    if !folder.exists(FILE) {
        return Ok(None);
    }
    let file: Toml<File> = folder.toml(FILE)?;
    let table = &file.value.landscape;
    let unknown = || file.wrong(&table.epsg, "landscape.epsg", format!("{} is not a zone of UTM", table.epsg.get_ref()));
    let epsg = *table.epsg.get_ref();
    if !matches!(epsg, 32601..=32660) {
        return Err(unknown());
    }
    let (Some(projection), Some(degrees)) = (Projection::new(epsg), Projection::new(WGS84)) else { return Err(unknown()) };
    if table.pixel.get_ref().is_nan() || *table.pixel.get_ref() <= 0.0 {
        return Err(file.wrong(&table.pixel, "landscape.pixel", "it has to be more than 0"));
    }
    let graymap = bytes(folder, &file, &table.file, "landscape.file")?;
    let landscape = Landscape::read(&graymap, table.width, table.height)
        .map_err(|error| file.wrong(&table.file, "landscape.file", error.to_string()))?;
    let plane = Plane { epsg, easting: table.easting, northing: table.northing, pixel: *table.pixel.get_ref() };
    let mut all = scenes(&file, &Arc::new(landscape))?;
    for documented in &file.value.documented {
        let id = documented.item.get_ref();
        let Some(scene) = all.iter_mut().find(|scene| scene.id == *id) else {
            return Err(file.wrong(
                &documented.item,
                "documented.item",
                format!("no frame has a scene {id:?} between these days"),
            ));
        };
        let mask = bytes(folder, &file, &documented.mask, "documented.mask")?;
        let mask = masks::read(&mask, |easting, northing| plane.pixel(easting, northing))
            .map_err(|error| file.wrong(&documented.mask, "documented.mask", error.to_string()))?;
        scene.water = Water { level: documented.level, shade: documented.shade };
        scene.documented = Some(mask);
    }
    all.sort_by(|one, other| other.date.cmp(&one.date).then_with(|| one.id.cmp(&other.id)));
    Ok(Some(Arc::new(Scenes {
        collection: file.value.collection.clone(),
        description: file.value.description.clone(),
        api: address(&file, &file.value.api, "api")?,
        files: address(&file, &file.value.files, "files")?,
        all,
        plane,
        projection,
        degrees,
    })))
}

fn bytes(folder: &mut Folder, file: &Toml<File>, name: &Spanned<String>, field: &str) -> Result<Vec<u8>, Error> {
    if !folder.exists(name.get_ref()) {
        return Err(file.wrong(name, field, format!("there is no file {}", name.get_ref())));
    }
    folder.bytes(name.get_ref())
}

fn address(file: &Toml<File>, text: &Spanned<String>, field: &str) -> Result<Address, Error> {
    let uri: Option<Uri> = text.get_ref().parse().ok();
    match uri.as_ref().and_then(|uri| Some((uri.authority()?, uri.path()))) {
        Some((authority, path)) => Ok(Address { host: authority.to_string(), path: path.trim_end_matches('/').to_owned() }),
        None => Err(file.wrong(text, field, format!("{:?} is not an address", text.get_ref()))),
    }
}

/// The scenes of every frame: each satellite comes every 16 days, and the second one 8 days after the first.
fn scenes(file: &Toml<File>, landscape: &Arc<Landscape>) -> Result<Vec<Scene>, Error> {
    let day = |field: &str, text: &Spanned<String>| {
        let day = text.get_ref().parse::<NaiveDate>();
        day.map_err(|error| file.wrong(text, field, format!("{:?} is not a day like \"2023-12-08\": {error}", text.get_ref())))
    };
    let days = day("from", &file.value.from)?..=day("to", &file.value.to)?;
    if days.is_empty() {
        return Err(file.wrong(&file.value.to, "to", "the last day comes before the first one"));
    }
    let mut all = Vec::new();
    for table in &file.value.frame {
        let range = |field: &str, range: &Spanned<[i32; 2]>| -> Result<Range<i32>, Error> {
            match *range.get_ref() {
                [start, end] if start < end && end.abs_diff(start) <= 8000 => Ok(start..end),
                _ => Err(file.wrong(range, field, "it has to be a first and a last pixel, at most 8000 apart")),
            }
        };
        let frame = Arc::new(Frame {
            path: table.path,
            row: table.row,
            columns: range("frame.columns", &table.columns)?,
            rows: range("frame.rows", &table.rows)?,
        });
        let first: DateTime<Utc> = table.first.get_ref().parse().map_err(|error| {
            file.wrong(&table.first, "frame.first", format!("{:?} is not a date: {error}", table.first.get_ref()))
        })?;
        for (satellite, offset) in [("LC08", 0), ("LC09", PERIOD / 2)] {
            let start = (*days.start() - first.date_naive()).num_days() - offset;
            let mut date = first + TimeDelta::days(offset + start.div_euclid(PERIOD) * PERIOD);
            while date.date_naive() <= *days.end() {
                if days.contains(&date.date_naive()) {
                    let id = format!("{satellite}_L2SP_{:03}{:03}_{}_02_T1", table.path, table.row, date.format("%Y%m%d"));
                    all.push(Scene::new(id, date, Arc::clone(&frame), Arc::clone(landscape)));
                }
                date += TimeDelta::days(PERIOD);
            }
        }
    }
    Ok(all)
}

impl Plane {
    /// Column and row of the pixel that begins at a place.
    fn pixel(&self, easting: f64, northing: f64) -> (i32, i32) {
        // A place that is further away than an `i32` counts is as good as its end.
        (((easting - self.easting) / self.pixel).round() as i32, ((self.northing - northing) / self.pixel).round() as i32)
    }
}

impl Scenes {
    pub(crate) fn find(&self, id: &str) -> Option<&Scene> {
        self.all.iter().find(|scene| scene.id == id)
    }

    /// The scene of an item's address, whatever its scheme.
    pub(crate) fn at(&self, url: &str) -> Option<&Scene> {
        let uri: Uri = url.parse().ok()?;
        let inside = uri.path().strip_prefix(self.api.path.as_str()).filter(|_| uri.host() == Some(&self.api.host))?;
        self.find(inside.trim_matches('/').strip_prefix(&format!("collections/{}/items/", self.collection))?)
    }

    /// The position of some pixels of the landscape.
    pub(crate) fn grid(&self, columns: &Range<i32>, rows: &Range<i32>) -> Grid {
        let plane = &self.plane;
        Grid {
            width: columns.end.abs_diff(columns.start),
            height: rows.end.abs_diff(rows.start),
            easting: plane.easting + f64::from(columns.start) * plane.pixel,
            northing: plane.northing - f64::from(rows.start) * plane.pixel,
            size: plane.pixel,
            epsg: plane.epsg,
        }
    }

    /// The pixels of the landscape that a rectangle of its reference system touches, within the range of
    /// `i32`.
    pub(crate) fn touched(&self, one: (f64, f64), other: (f64, f64)) -> (Range<i32>, Range<i32>) {
        let plane = &self.plane;
        let column = |easting: f64| (easting - plane.easting) / plane.pixel;
        let row = |northing: f64| (plane.northing - northing) / plane.pixel;
        let range = |one: f64, other: f64| one.min(other).floor() as i32..one.max(other).ceil() as i32;
        (range(column(one.0), column(other.0)), range(row(one.1), row(other.1)))
    }

    /// A place of another reference system in that of the landscape.
    pub(crate) fn project(&self, from: &Projection, place: (f64, f64)) -> Option<(f64, f64)> {
        from.to(&self.projection, place)
    }

    /// The corners of a grid in degrees, counter-clockwise from the south-west, and the rectangle around
    /// them.
    pub(crate) fn outline(&self, grid: &Grid) -> ([(f64, f64); 4], Bounds) {
        let [west, south, east, north] = grid.bounds();
        let corner = |place| self.projection.to(&self.degrees, place).unwrap_or((f64::NAN, f64::NAN));
        let corners = [(west, south), (east, south), (east, north), (west, north)].map(corner);
        let around = corners.iter().fold([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], |all, (x, y)| {
            [all[0].min(*x), all[1].min(*y), all[2].max(*x), all[3].max(*y)]
        });
        (corners, around)
    }

    /// The position of a scene.
    pub(crate) fn grid_of(&self, scene: &Scene) -> Grid {
        self.grid(&scene.frame.columns, &scene.frame.rows)
    }
}
