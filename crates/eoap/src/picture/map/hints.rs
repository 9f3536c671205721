//! Strange places on a map: latitude and longitude that seem to be swapped, and things without a place.
//!
//! [`of`] puts it into sentences. Nothing is drawn here.

use super::layer::{Kind, Layer, listed};
use crate::draw::geography::Outline;

/// A sentence for each area that makes no sense as it is.
pub(super) fn of(layers: &[Layer], nowhere: &[String]) -> Vec<String> {
    let mut hints: Vec<String> = layers.iter().filter_map(|layer| swapped(layer, layers)).collect();
    if !hints.is_empty() {
        hints.push("An area has to be west, south, east, north.".to_owned());
    }
    if !nowhere.is_empty() {
        let verb = if nowhere.len() == 1 { "has" } else { "have" };
        hints.push(format!("Not on the map: {} {verb} no place.", listed(nowhere)));
    }
    hints
}

/// Whether a rectangle lies on the globe.
pub(super) fn is_on_the_globe([west, south, east, north]: [f64; 4]) -> bool {
    south.abs() <= 90.0 && north.abs() <= 90.0 && west.abs() <= 540.0 && east.abs() <= 540.0
}

/// The same rectangle with latitude and longitude in each other's place.
fn exchanged([west, south, east, north]: [f64; 4]) -> [f64; 4] {
    [south, west, north, east]
}

/// The sentence about an area that would make sense if latitude and longitude were swapped.
fn swapped(layer: &Layer, layers: &[Layer]) -> Option<String> {
    if !matches!(layer.kind, Kind::Area) {
        return None;
    }
    let bounds = layer.outline.bounds()?;
    let others = || layers.iter().filter(|other| !matches!(other.kind, Kind::Area));
    let meets = |bounds: [f64; 4]| others().any(|other| other.outline.bounds().is_some_and(|other| overlap(bounds, other)));
    let other_way = exchanged(bounds);
    let name = &layer.name;
    match (is_on_the_globe(bounds), is_on_the_globe(other_way)) {
        (false, true) => Some(format!("{name}: are latitude and longitude swapped?")),
        (false, false) => Some(format!("{name}: there is no such latitude.")),
        (true, true) if !meets(bounds) && meets(other_way) => {
            Some(format!("{name} meets nothing: are latitude and longitude swapped?"))
        }
        _ => None,
    }
}

/// Whether two rectangles have something in common, however often one goes around the globe.
fn overlap(one: [f64; 4], other: [f64; 4]) -> bool {
    let one = Outline::of_bounds(one).east_of(other[0] - 360.0).bounds();
    let overlaps = |one: [f64; 4]| one[0] <= other[2] && one[2] >= other[0] && one[1] <= other[3] && one[3] >= other[1];
    one.is_some_and(|[west, south, east, north]| {
        [0.0, 360.0].into_iter().any(|turn| overlaps([west + turn, south, east + turn, north]))
    })
}
