//! The process `water-bodies`: where is water in scenes of an area?
//!
//! [`WaterBodies::run`] follows the steps of its package. It crops two bands of each scene to the area,
//! computes their normalised difference, divides it at Otsu's threshold, and describes the masks. It works
//! on the scenes of the testbed.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::thread;

use chrono::SecondsFormat;
use eoap_testbed_scenes::{Band, Grid, Scene, above, band, mask, threshold};
use serde_json::{Map, Value};

use super::outcome::Outcome;
use super::references::resolved;
use super::staged::{Mask, Storage, collect};
use super::workers::Cancelled;
use crate::scenes::{Projection, Scenes};

/// What the process says where an area and a scene have nothing in common.
const NO_OVERLAP: &str = "The area of interest does not overlap the item.";

/// The process, with what the scenario says of it.
#[derive(Debug, Clone)]
pub(crate) struct WaterBodies {
    pub(crate) scenes: Arc<Scenes>,
    /// The description in the file of a mask.
    pub(crate) description: String,
    /// Blanks behind it, by item: a documented file is as long as it is documented.
    pub(crate) blanks: BTreeMap<String, u16>,
    pub(crate) region: String,
    /// The store's address, as assets say it.
    pub(crate) endpoint: String,
}

/// What a client asks for.
struct Asked<'a> {
    scenes: Vec<&'a Scene>,
    bands: [String; 2],
    /// Two opposite corners of the area, in the scenes' reference system.
    area: Option<((f64, f64), (f64, f64))>,
}

impl WaterBodies {
    /// Carries it out for a job; the error says why it failed.
    pub(crate) fn run(&self, job: &str, inputs: &Map<String, Value>, cancelled: &Cancelled) -> Result<Outcome, String> {
        let inputs = resolved(inputs, |address| self.scenes.at(address).is_some())?;
        let asked = self.asked(&inputs)?;
        let masks: Result<Vec<Mask>, String> = asked.scenes.iter().map(|scene| self.mask(scene, &asked, cancelled)).collect();
        let storage = Storage { region: self.region.clone(), endpoint: self.endpoint.clone() };
        Ok(collect(job, masks?, &storage))
    }

    fn asked(&self, inputs: &Map<String, Value>) -> Result<Asked<'_>, String> {
        let text = |name: &str| match texts(inputs, name).as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        };
        let addresses = texts(inputs, "stac_items");
        let mut scenes: Vec<&Scene> = Vec::with_capacity(addresses.len());
        for address in &addresses {
            let scene = self.scenes.at(address).ok_or_else(|| format!("Could not read uri {address}: there is no such item."))?;
            scenes.push(scene);
        }
        if scenes.is_empty() {
            return Err("There is no item to look for water in: stac_items is empty.".to_owned());
        }
        let bands = match texts(inputs, "bands") {
            bands if bands.is_empty() => ["green", "nir"].map(str::to_owned),
            bands => <[String; 2]>::try_from(bands)
                .map_err(|bands| format!("A normalized difference is one of two bands, and not of {}.", bands.len()))?,
        };
        let aoi = text("aoi").ok_or("The area of interest has to be one text: min lon, min lat, max lon, max lat.")?;
        let numbers: Result<Vec<f64>, String> = aoi
            .split(',')
            .map(|number| number.trim().parse::<f64>().map_err(|_| format!("could not convert string to float: {number:?}")))
            .collect();
        let [west, south, east, north] = <[f64; 4]>::try_from(numbers?)
            .map_err(|numbers| format!("The area of interest has to be four numbers, and not {}: {aoi}", numbers.len()))?;
        let epsg = text("epsg").unwrap_or_else(|| "EPSG:4326".to_owned());
        let system = Projection::named(&epsg).ok_or_else(|| format!("Invalid projection: {epsg}: crs not found"))?;
        let corner = |place| self.scenes.project(&system, place);
        Ok(Asked { scenes, bands, area: corner((west, south)).zip(corner((east, north))) })
    }

    /// The mask of one scene.
    fn mask(&self, scene: &Scene, asked: &Asked<'_>, cancelled: &Cancelled) -> Result<Mask, String> {
        let named = |name: &str| Band::named(name).ok_or_else(|| format!("Common band name {name} not found in the assets"));
        let [one, other] = &asked.bands;
        let bands = [named(one)?, named(other)?];
        let (from, to) = asked.area.ok_or(NO_OVERLAP)?;
        let (columns, rows) = self.scenes.touched(from, to);
        let frame = &scene.frame;
        let columns = columns.start.max(frame.columns.start)..columns.end.min(frame.columns.end);
        let rows = rows.start.max(frame.rows.start)..rows.end.min(frame.rows.end);
        if columns.is_empty() || rows.is_empty() {
            return Err(NO_OVERLAP.to_owned());
        }
        let grid = self.scenes.grid(&columns, &rows);
        let index = index(scene, &columns, &rows, bands, cancelled)?;
        let limit = threshold(&index).ok_or("The scene has no data in the area of interest.")?;
        let water = above(&index, limit);
        drop(index);
        cancelled.check()?;
        Ok(self.described(scene, &grid, &water))
    }

    fn described(&self, scene: &Scene, grid: &Grid, water: &[u8]) -> Mask {
        let blanks = self.blanks.get(&scene.id).copied().unwrap_or_default();
        let description = format!("{}{}", self.description, " ".repeat(blanks.into()));
        let (corners, bbox) = self.scenes.outline(grid);
        Mask {
            item: scene.id.clone(),
            date: scene.date.to_rfc3339_opts(SecondsFormat::Micros, true),
            file: mask(grid, water, &description),
            band: band(grid.width, grid.height, water),
            epsg: grid.epsg,
            shape: [grid.height, grid.width],
            size: grid.size,
            bounds: grid.bounds(),
            corners,
            bbox,
        }
    }
}

/// The normalised difference of two bands, row by row: the upper half on this thread, and the lower one on
/// another, unless other works want a thread.
fn index(
    scene: &Scene,
    columns: &Range<i32>,
    rows: &Range<i32>,
    bands: [Band; 2],
    cancelled: &Cancelled,
) -> Result<Vec<f32>, String> {
    let part = |rows: Range<i32>, capacity: usize| {
        let mut part = Vec::with_capacity(capacity);
        for row in rows {
            cancelled.check()?;
            scene.normalised_difference(columns.clone(), row, bands, &mut part);
        }
        Ok::<_, String>(part)
    };
    let middle = rows.start + (rows.end - rows.start) / 2;
    let pixels = columns.len() * rows.len();
    if !cancelled.is_alone() {
        return part(rows.clone(), pixels);
    }
    let (upper, lower) = thread::scope(|scope| {
        let lower = scope.spawn(|| part(middle..rows.end, pixels / 2 + columns.len()));
        (part(rows.start..middle, pixels), lower.join())
    });
    let mut all = upper?;
    all.extend(lower.map_err(|_| "The work ended too early.".to_owned())??);
    Ok(all)
}

/// The values of an input that is one text or several: plain, as references, or qualified.
fn texts(inputs: &Map<String, Value>, name: &str) -> Vec<String> {
    let one = |value: &Value| {
        let value = value.get("href").or_else(|| value.get("value")).unwrap_or(value);
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    };
    match inputs.get(name).map(|input| input.get("value").unwrap_or(input)) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(values)) => values.iter().map(one).collect(),
        Some(value) => vec![one(value)],
    }
}
