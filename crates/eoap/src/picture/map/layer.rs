//! What a map shows: footprints, areas and rasters.

use std::{fmt, sync::Arc};

use crate::draw::{geography::Outline, theme::Paint};

/// Something on a map.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) name: String,
    pub(super) note: String,
    pub(super) outline: Outline,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Footprint(usize),
    Area,
    #[cfg_attr(not(feature = "raster"), allow(dead_code, reason = "what only rasters need"))]
    Raster(Drawn),
}

/// A raster's picture for a part of the map: bounds (west, south, east, north), and a size. It is a PNG, if
/// some of the raster is there.
pub(super) type Draw = dyn Fn([f64; 4], (f64, f64)) -> Option<Vec<u8>> + Send + Sync;

/// A raster that can be drawn on a map.
#[derive(Clone)]
pub(super) struct Drawn(pub(super) Arc<Draw>);

impl fmt::Debug for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl Kind {
    pub(super) fn paint(&self) -> Paint {
        match self {
            Self::Footprint(number) => Paint::Series(*number),
            Self::Area => Paint::Area,
            Self::Raster(_) => Paint::Water,
        }
    }
}

/// A list in words, the last after "and".
pub(super) fn listed(parts: &[String]) -> String {
    match parts {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
