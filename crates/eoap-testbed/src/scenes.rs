//! Landsat scenes that the testbed draws itself: the data of the processes, with the catalogue to find them.
//!
//! The documented run took its scenes from the Planetary Computer. A testbed opens no connection, so it has
//! its own scenes under the same addresses. [`Scenes`] lists them, [`api`] is their STAC catalogue, and
//! [`file`] returns the files of their bands. Their content is drawn, and their descriptions say so.

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
