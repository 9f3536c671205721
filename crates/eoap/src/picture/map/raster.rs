//! Rasters on maps.

use std::sync::Arc;

use super::{
    Map,
    layer::{Drawn, Kind, Layer},
};
use crate::{
    draw::geography::Outline,
    raster::{Bounds, Preview},
};

impl Map {
    /// Adds a raster's preview at its place. A preview without a known place (see [`Preview::corners`]) is
    /// only named.
    pub fn raster(mut self, name: impl Into<String>, preview: &Preview) -> Self {
        self.add_raster(name.into(), preview);
        self
    }

    fn add_raster(&mut self, name: String, preview: &Preview) {
        let Some(corners) = preview.corners() else {
            self.nowhere.push(name);
            return;
        };
        let shown = preview.clone();
        let drawn = Arc::new(move |bounds, size| shown.on_map(bounds, size));
        let outline = Outline { rings: vec![corners.to_vec()], ..Outline::default() };
        let kind = Kind::Raster(Drawn(drawn));
        self.layers.push(Layer { name, note: preview.legend_text(), outline, kind });
    }
}

impl From<Bounds> for [f64; 4] {
    fn from(bounds: Bounds) -> Self {
        bounds.to_array()
    }
}
