//! Landsat scenes that the testbed draws itself: what the processes work on, with the catalogue in which they
//! are found.
//!
//! The documented run took its scenes from the Planetary Computer. A testbed opens no connection, so it has
//! scenes of its own under the same addresses: [`Scenes`] says which, [`api`] is their STAC catalogue, and
//! [`file`] the files of their bands. What they show is drawn, and they say so.

mod api;
mod catalogue;
mod cog;
mod item;
mod masks;
mod projection;
mod search;

pub(crate) use api::Catalogue;
pub(crate) use catalogue::{Scenes, load};
pub(crate) use projection::Projection;
