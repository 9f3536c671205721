//! Which part of the globe a map shows, and which of its layers are elsewhere.
//!
//! [`Extent::of`] decides it. Two scenes on two continents do not become two dots on a map of the world, but
//! a map of one and an overview of both.

use super::layer::{Kind, Layer};

/// Things belong together if their distance is less than the whole divided by this.
const APART: f64 = 8.0;

/// A group is shown by itself if the whole is more than this many times as large.
const SMALL: f64 = 12.0;

/// West, south, east, north.
type Bounds = [f64; 4];

/// What is shown.
#[derive(Debug, PartialEq)]
pub(super) struct Extent {
    /// What the map shows.
    pub(super) bounds: Bounds,
    /// What there is.
    pub(super) all: Bounds,
    /// Of each layer, whether it is on the map.
    pub(super) is_shown: Vec<bool>,
}

impl Extent {
    /// The extent of layers; `None` where none of them has a place.
    pub(super) fn of(layers: &[Layer]) -> Option<Self> {
        let places: Vec<Option<Bounds>> = layers.iter().map(|layer| layer.outline.bounds()).collect();
        let all = places.iter().flatten().copied().reduce(around)?;
        let mut groups = groups(&places, size(all) / APART);
        // The group with most footprints and rasters, of equals the first.
        let weight = |group: &Vec<usize>| group.iter().filter(|index| !matches!(layers[**index].kind, Kind::Area)).count();
        groups.sort_by_key(|group| std::cmp::Reverse((weight(group), group.len())));
        let bounds_of = |group: &Vec<usize>| group.iter().filter_map(|index| places[*index]).reduce(around);
        let alone = groups.first().filter(|group| bounds_of(group).is_some_and(|bounds| size(bounds) * SMALL < size(all)));
        let (bounds, is_shown) = match alone {
            Some(group) => (bounds_of(group)?, (0..layers.len()).map(|index| group.contains(&index)).collect()),
            None => (all, places.iter().map(Option::is_some).collect()),
        };
        Some(Self { bounds, all, is_shown })
    }
}

/// The rectangle around two.
fn around(one: Bounds, other: Bounds) -> Bounds {
    [one[0].min(other[0]), one[1].min(other[1]), one[2].max(other[2]), one[3].max(other[3])]
}

/// The larger side in degrees.
fn size([west, south, east, north]: Bounds) -> f64 {
    (east - west).max(north - south)
}

/// Whether two rectangles are closer than this many degrees.
fn are_near(one: Bounds, other: Bounds, distance: f64) -> bool {
    let gap = |low: usize, high: usize| (one[low] - other[high]).max(other[low] - one[high]);
    gap(0, 2) < distance && gap(1, 3) < distance
}

/// Things that are close together, from neighbour to neighbour; a group by its members.
fn groups(places: &[Option<Bounds>], distance: f64) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, place) in places.iter().enumerate() {
        let Some(place) = place else { continue };
        let is_near =
            |group: &Vec<usize>| group.iter().filter_map(|other| places[*other]).any(|other| are_near(*place, other, distance));
        let (near, mut apart): (Vec<_>, Vec<_>) = groups.into_iter().partition(is_near);
        let mut joined: Vec<usize> = near.into_iter().flatten().collect();
        joined.push(index);
        joined.sort_unstable();
        apart.push(joined);
        apart.sort();
        groups = apart;
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::geography::Outline;

    fn layer(kind: Kind, bounds: Bounds) -> Layer {
        Layer { name: String::new(), note: String::new(), outline: Outline::of_bounds(bounds), kind }
    }

    #[test]
    fn what_is_far_apart_is_shown_by_groups() {
        let california = || layer(Kind::Footprint(0), [-121.4, 39.8, -120.7, 40.5]);
        let beside = || layer(Kind::Area, [-121.0, 40.0, -120.0, 41.0]);
        let paris = || layer(Kind::Area, [2.2, 48.8, 2.4, 48.9]);
        let near = Extent::of(&[california(), beside()]).expect("places");
        assert_eq!((near.bounds, near.is_shown), (near.all, vec![true, true]));
        let far = Extent::of(&[paris(), california(), beside()]).expect("places");
        assert_eq!(far.is_shown, [false, true, true]);
        assert_eq!((far.bounds, far.all), ([-121.4, 39.8, -120.0, 41.0], [-121.4, 39.8, 2.4, 48.9]));
        // Two continents beside each other still make a map of the world.
        let large = Extent::of(&[layer(Kind::Area, [-125.0, 25.0, -65.0, 50.0]), layer(Kind::Area, [-10.0, 36.0, 30.0, 60.0])]);
        assert_eq!(large.expect("places").is_shown, [true, true]);
        assert_eq!(Extent::of(&[]), None);
    }

    #[test]
    fn groups_join_from_neighbour_to_neighbour() {
        let at = |west: f64| Some([west, 0.0, west + 1.0, 1.0]);
        assert_eq!(groups(&[at(0.0), at(4.0), None, at(2.0), at(30.0)], 1.5), [vec![0, 1, 3], vec![4]]);
    }
}
