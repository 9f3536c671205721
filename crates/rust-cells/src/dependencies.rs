//! What cells depend on: read from `:dep` lines, resolved and built by Cargo, and made one dynamic library.
//!
//! With one library there is one tokio, one set of statics and thread-locals for all cells. [`DependencySet`]
//! is what is asked for, [`Library`] what cells are compiled with, [`Libraries`] makes the one from the
//! other. Nothing here knows cells.

mod build;
mod graph;
mod inputs;
mod layer;
mod library;
mod lock_file;
mod prepare;
mod set;
mod workspace;

pub(crate) use inputs::{Freshness, Inputs};
pub use library::Library;
pub use lock_file::{same_lock, without_members};
pub use prepare::{BuildEvent, BuildSettings, Libraries, Prepared};
pub use set::DependencySet;
