//! A map of footprints, areas and rasters, with graticule, scale and legend. It fetches nothing.

use stac::Item;

use super::Picture;
use crate::{
    draw::{
        geography::{Outline, gap_end},
        svg::{Anchor, Svg, fitted},
        theme::{LINE, MARGIN, Paint, WIDTH},
    },
    items::ItemCollection,
};

mod extent;
mod hints;
mod layer;
mod overview;
#[cfg(feature = "raster")]
mod raster;
mod sheet;

use extent::Extent;
use layer::{Kind, Layer, listed};
use sheet::Sheet;

/// A map, made layer by layer; in a notebook it shows as a picture.
///
/// ```
/// # fn map(items: eoap::ItemCollection) {
/// let map = items.map().area("area of interest", [-121.399, 39.834, -120.74, 40.472]);
/// println!("{}", map.picture());
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a map shows nothing until it is displayed"]
pub struct Map {
    title: Option<String>,
    layers: Vec<Layer>,
    /// Names of things without a place.
    nowhere: Vec<String>,
}

impl ItemCollection {
    /// A map with the footprints of all items, to which more can be added.
    pub fn map(&self) -> Map {
        Map::new().items(self)
    }
}

impl Map {
    /// A map with nothing on it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the heading, in place of one that counts what is shown.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Adds the footprint of an item: its geometry, else its bounding box. An item without either (STAC
    /// allows it) is only named.
    pub fn item(mut self, item: &Item) -> Self {
        let outline = item.geometry.as_ref().map(Outline::of_geometry).filter(|outline| outline.bounds().is_some());
        let bounds = |bbox: stac::Bbox| match bbox {
            stac::Bbox::TwoDimensional(bounds) => bounds,
            stac::Bbox::ThreeDimensional([west, south, _, east, north, _]) => [west, south, east, north],
        };
        let Some(outline) = outline.or_else(|| item.bbox.map(|bbox| Outline::of_bounds(bounds(bbox)))) else {
            self.nowhere.push(item.id.clone());
            return self;
        };
        let number = self.layers.iter().filter(|layer| matches!(layer.kind, Kind::Footprint(_))).count();
        let note = item.properties.datetime.map(|time| time.format("%Y-%m-%d").to_string()).unwrap_or_default();
        self.layers.push(Layer { name: item.id.clone(), note, outline, kind: Kind::Footprint(number) });
        self
    }

    /// Adds the footprints of all items of a collection.
    pub fn items(self, items: &ItemCollection) -> Self {
        items.iter().fold(self, Self::item)
    }

    /// Adds a rectangle of `[west, south, east, north]` in degrees, such as an area of interest.
    /// [`Bounds`](crate::Bounds) are accepted, too.
    pub fn area(mut self, name: impl Into<String>, bounds: impl Into<[f64; 4]>) -> Self {
        self.add_area(name.into(), bounds.into());
        self
    }

    fn add_area(&mut self, name: String, bounds: [f64; 4]) {
        let outline = Outline::of_bounds(bounds);
        if outline.bounds().is_none() {
            self.nowhere.push(name);
            return;
        }
        self.layers.push(Layer { name, note: String::new(), outline, kind: Kind::Area });
    }

    /// The map as a picture. Things that are far apart are shown in groups: the largest group on the map, and
    /// all of them on a small one beside the legend. Sentences name what is not on the map, and areas whose
    /// latitude and longitude seem to be swapped.
    pub fn picture(&self) -> Picture {
        let hints = hints::of(&self.layers, &self.nowhere);
        // Anything outside of the globe would only push everything else aside.
        let on_the_globe = |layer: &&Layer| layer.outline.bounds().is_some_and(hints::is_on_the_globe);
        let layers: Vec<Layer> = self.layers.iter().filter(on_the_globe).cloned().collect();
        let spans = layers.iter().filter_map(|layer| layer.outline.bounds()).map(|bounds| (bounds[0], bounds[2]));
        let Some(west) = gap_end(spans) else { return nothing(self.title.as_deref(), &hints) };
        let layers: Vec<Layer> =
            layers.into_iter().map(|layer| Layer { outline: layer.outline.east_of(west), ..layer }).collect();
        match Extent::of(&layers) {
            Some(extent) => Sheet::new(self.heading(&layers), layers, extent, hints).picture(),
            None => nothing(self.title.as_deref(), &hints),
        }
    }

    /// Shows the map in a notebook, and its text.
    pub fn evcxr_display(&self) {
        self.picture().evcxr_display();
    }

    fn heading(&self, layers: &[Layer]) -> String {
        let count = |is_counted: fn(&Kind) -> bool, one: &str, many: &str| match layers
            .iter()
            .filter(|layer| is_counted(&layer.kind))
            .count()
        {
            0 => None,
            1 => Some(one.to_owned()),
            count => Some(format!("{count} {many}")),
        };
        let parts = [
            count(|kind| matches!(kind, Kind::Raster(_)), "a raster", "rasters"),
            count(|kind| matches!(kind, Kind::Footprint(_)), "a footprint", "footprints"),
            count(|kind| matches!(kind, Kind::Area), "an area", "areas"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        self.title.clone().unwrap_or_else(|| format!("Map of {}", listed(&parts)))
    }
}

/// The picture of a map on which nothing has a place.
fn nothing(title: Option<&str>, hints: &[String]) -> Picture {
    let mut text = "map: there is nothing with a place".to_owned();
    let height = (3.0 + hints.len() as f64) * LINE + 2.0 * MARGIN;
    let mut svg = Svg::new(WIDTH, height, title.unwrap_or("Map"), &text);
    let y = svg.heading(MARGIN, MARGIN, title.unwrap_or("Map"));
    svg.text(MARGIN, y + LINE, Anchor::Start, Paint::Quiet, "There is nothing with a place.");
    for (row, hint) in hints.iter().enumerate() {
        let y = y + (row as f64 + 2.0) * LINE;
        svg.text(MARGIN, y, Anchor::Start, Paint::Quiet, &fitted(hint, WIDTH - 2.0 * MARGIN));
        text = format!("{text}\n{hint}");
    }
    Picture::new(svg.finish(), text)
}
